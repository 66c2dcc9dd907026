"""The trend: earlier runs, and this one at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final

from pytest_agentchaos.evidence.decision import Decision
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.evidence.trend import Remembered
from pytest_agentchaos.reporting.making.rates import rate
from pytest_agentchaos.reporting.report import Point, Provenance, Rate

_SECONDS: Final = len("2026-01-01T00:00:00")
_FIGURES: Final = ("cost", "duration_s", "steps", "calls", "recovery_s")


def trend(earlier: Sequence[Point], this: Point) -> tuple[Point, ...]:
    """With this run as the last point; nothing if there is no earlier one. A history may have this run already."""
    before = [point for point in earlier if not _is_same(point, this)]
    return (*before, this) if before else ()


def _is_same(one: Point, other: Point) -> bool:
    return bool(one.at) and one.at[:_SECONDS] == other.at[:_SECONDS] and one.rate == other.rate


def points(history: Iterable[Remembered]) -> list[Point]:
    """The runs that a history remembers."""
    return [Point(one.at, one.label, rate(one.successes, one.runs), one.decision, one.figures) for one in history]


def point(rows: Sequence[Row], observed: Rate, provenance: Provenance, decision: Decision | None) -> Point:
    """These results as one point of a trend."""
    labels = provenance.labels
    label = labels.get("release") or labels.get("commit") or next(iter(labels.values()), "")
    word = "" if decision is None else decision.decision
    return Point(provenance.at, label, observed, word, figures(rows))


def figures(rows: Sequence[Row]) -> dict[str, float]:
    """Medians over the trials that say something of the system."""
    found: dict[str, float] = {}
    for name in _FIGURES:
        values = [one for row in rows if row.counted and isinstance(one := row.measures.get(name), (int, float))]
        if values:
            found[name] = round(median(values), 9)
    return found
