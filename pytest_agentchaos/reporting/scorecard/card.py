"""A scorecard, as plain frozen data: what its table and its page show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any, Final, Literal

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.trend import Remembered, Trend
from pytest_agentchaos.reporting.report import Budget, Rate
from pytest_agentchaos.statistics.fisher import fisher
from pytest_agentchaos.statistics.holm import holm
from pytest_agentchaos.statistics.intervals import clopper_pearson

SCHEMA: Final = 1
ALPHA: Final = 0.05

Change = Literal["first", "chance", "better", "worse", "unproven", "other suite", "other system"]
"""Against the line before it of the same system. ``chance``: what is seen is no more than that can be.
``unproven``: one of them has no trial that counts. ``other suite``: other questions were asked, so that rates cannot be
compared."""


@dataclass(frozen=True, slots=True)
class Line:
    """A run, or all runs of a week."""

    when: str
    """``2026-07-27``, ``2026-W31``."""
    label: str
    system: str
    suite_sha256: str
    rate: Rate
    statuses: Mapping[str, int]
    decision: str
    """Of the last of them."""
    figures: Mapping[str, float]
    faults: Mapping[str, tuple[int, int]]
    members: int = 1
    change: Change = "first"
    p_value: float | None = None
    """Of so large a difference by chance, either way; all lines together (Holm)."""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """A fault under which the last line differs from the one that it is compared with."""

    fault: str
    before: Rate
    now: Rate
    change: Literal["better", "worse"]
    p_value: float


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All of it."""

    weekly: bool
    lines: tuple[Line, ...]
    """Oldest first."""
    moved: tuple[Moved, ...] = ()
    """Faults of the last line; the chance of one false alarm among all of them is 5 %."""
    budget: Budget | None = None
    window_days: int = 0
    newer: int = 0
    damaged: int = 0
    notes: tuple[str, ...] = field(default=())

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        told = asdict(self)
        return {"schema": SCHEMA} | {name: list(one) if isinstance(one, tuple) else one for name, one in told.items()}


def make(
    trend: Trend,
    *,
    weekly: bool = False,
    objective: float | None = None,
    window_days: int = 28,
    last: int | None = None,
) -> Scorecard:
    """Of a history that has at least one run."""
    if not trend.runs:
        said = f"; {trend.newer} lines are of a newer version: install it to see them" if trend.newer else ""
        msg = f"the history has no run that can be shown{said or '; add one with --add RESULTS'}"
        raise UsageError(msg)
    lines = _compared(_weeks(trend.runs) if weekly else [_line(one.at[:10], [one]) for one in trend.runs])
    moved = _moved(lines)
    budget = None if objective is None else _budget(objective, trend.runs, window_days)
    shown = lines[-last:] if last else lines
    return Scorecard(
        weekly, tuple(shown), moved, budget, window_days if budget else 0, trend.newer, trend.damaged, _notes(trend)
    )


def _weeks(runs: Iterable[Remembered]) -> list[Line]:
    """By ISO week in UTC; runs of other systems or other suites are lines of their own."""
    found: dict[tuple[str, tuple[str, ...], str], list[Remembered]] = {}
    for one in runs:
        year, week, _ = one.day.isocalendar()
        found.setdefault((f"{year}-W{week:02}", one.systems, one.suite_sha256), []).append(one)
    return [_line(when, members) for (when, _, _), members in found.items()]


def _line(when: str, members: Sequence[Remembered]) -> Line:
    last = members[-1]
    names = sorted({name for one in members for name in one.figures})
    labels = list(dict.fromkeys(one.label for one in members if one.label))
    return Line(
        when,
        labels[0] if len(labels) == 1 else f"{labels[0]} … {labels[-1]}" if labels else "",
        ", ".join(last.systems),
        last.suite_sha256,
        _rate(sum(one.successes for one in members), sum(one.runs for one in members)),
        _added(one.statuses for one in members),
        last.decision,
        {name: median(one.figures[name] for one in members if name in one.figures) for name in names},
        _summed(members),
        len(members),
        currency=last.currency,
    )


def _compared(lines: Sequence[Line]) -> list[Line]:
    """Each with the one before it of the same system; together, so that many looks do not make a false alarm."""
    p_values: dict[int, float] = {}
    judged: list[Line] = []
    for at, line in enumerate(lines):
        before = _before(lines, at)
        if before is None:
            judged.append(replace(line, change="first" if at == 0 else "other system"))
        elif before.suite_sha256 != line.suite_sha256:
            judged.append(replace(line, change="other suite"))
        elif not before.rate.runs or not line.rate.runs:
            judged.append(replace(line, change="unproven"))
        else:
            p_values[at] = _p(before.rate, line.rate)
            judged.append(line)
    for at, p_value in zip(p_values, holm(list(p_values.values())), strict=True):
        before = _before(lines, at)
        change: Change = "chance" if before is None or p_value > ALPHA else _direction(before.rate, lines[at].rate)
        judged[at] = replace(lines[at], change=change, p_value=p_value)
    return judged


def _before(lines: Sequence[Line], at: int) -> Line | None:
    return next((one for one in reversed(lines[:at]) if one.system == lines[at].system), None)


def _moved(lines: Sequence[Line]) -> tuple[Moved, ...]:
    now, before = lines[-1], _before(lines, len(lines) - 1)
    if before is None or before.suite_sha256 != now.suite_sha256:
        return ()
    names = [name for name in now.faults if name in before.faults]
    pairs = [(_rate(*before.faults[name]), _rate(*now.faults[name])) for name in names]
    p_values = holm([_p(*pair) for pair in pairs])
    found = [
        Moved(name, *pair, _direction(*pair), p_value)
        for name, pair, p_value in zip(names, pairs, p_values, strict=True)
        if p_value <= ALPHA
    ]
    return tuple(sorted(found, key=lambda one: (one.change == "better", one.p_value, one.fault)))


def _p(before: Rate, now: Rate) -> float:
    return fisher(now.successes, now.runs, before.successes, before.runs, sides=2)


def _direction(before: Rate, now: Rate) -> Literal["better", "worse"]:
    return "better" if now.successes * before.runs > before.successes * now.runs else "worse"


def _budget(objective: float, runs: Sequence[Remembered], window_days: int) -> Budget:
    """Over the days that end with the last run."""
    if not 0 < objective <= 1:
        msg = f"objective {objective!r}: give the share of trials that have to hold, for example 0.95"
        raise UsageError(msg)
    last = runs[-1]
    inside = [one for one in runs if (last.day - one.day).days < window_days and one.systems == last.systems]
    rate = _rate(sum(one.successes for one in inside), sum(one.runs for one in inside))
    failures, allowance = rate.runs - rate.successes, round((1 - objective) * rate.runs, 9)
    return Budget(objective, rate.runs, failures, allowance, rate, failures / allowance if allowance else None)


def _notes(trend: Trend) -> tuple[str, ...]:
    told = []
    if trend.newer:
        told.append(f"{_lines_of(trend.newer)} of a newer version of pytest-agentchaos; kept, and not shown")
    if trend.damaged:
        told.append(f"{_lines_of(trend.damaged)} that nobody can read; kept, and not shown")
    return tuple(told)


def _lines_of(count: int) -> str:
    return "1 line of the history is" if count == 1 else f"{count} lines of the history are"


def _rate(successes: int, runs: int) -> Rate:
    return Rate(successes, runs, *clopper_pearson(successes, runs))


def _added(told: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in told:
        for name, count in one.items():
            found[name] = found.get(name, 0) + count
    return dict(sorted(found.items()))


def _summed(members: Iterable[Remembered]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for one in members:
        for name, (successes, runs) in one.faults.items():
            before = found.get(name, (0, 0))
            found[name] = (before[0] + successes, before[1] + runs)
    return dict(sorted(found.items()))
