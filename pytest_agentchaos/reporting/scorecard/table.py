"""The scorecard as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.reporting.report import Rate
from pytest_agentchaos.reporting.scorecard.card import Line, Scorecard

BLOCKS: Final = "▁▂▃▄▅▆▇█"
ASCII: Final = "_.-=+*#@"
CHANGES: Final = {
    "first": "",
    "chance": "no more than chance",
    "better": "better",
    "worse": "WORSE",
    "unproven": "nothing to compare",
    "other suite": "another suite",
    "other system": "another system",
}
HEADS: Final = ("when", "run", "passed", "rate", "95 % bounds", "decision", "duration", "cost", "steps", "change")
_RIGHT: Final = frozenset({"passed", "rate", "duration", "cost", "steps"})
_WIDEST: Final = 32
_NARROW: Final = 0.2
"""A sparkline spans at least so much: a change of a point must not look like a fall."""


def lines(card: Scorecard, inks: str = BLOCKS) -> Iterator[str]:
    """The table, the sparkline under it, and what is to be said."""
    dash = "-"
    rows = [HEADS, *(_cells(line, dash) for line in card.lines)]
    kept = [at for at, _ in enumerate(HEADS) if any(row[at] not in {"", dash} for row in rows[1:])]
    widths = {at: max(len(row[at]) for row in rows) for at in kept}
    for row in rows:
        cells = (row[at].rjust(widths[at]) if HEADS[at] in _RIGHT else row[at].ljust(widths[at]) for at in kept)
        yield "  ".join(cells).rstrip()
    yield ""
    rates = [line.rate.value for line in card.lines]
    if len(rates) > 1:
        what = "weeks" if card.weekly else "runs"
        yield f"{sparkline(rates, inks)}  pass rate of {len(rates)} {what}, scale {_scale(rates)[0]:.0%} to 100 %"
    yield from sentences(card)


def sentences(card: Scorecard) -> Iterator[str]:
    """What the figures say, and what they do not."""
    last = card.lines[-1]
    if last.change == "chance":
        yield f"Against the one before, the last is no more than chance (p = {last.p_value:.2g})."
    elif last.change in {"better", "worse"}:
        yield f"The last is {last.change} than the one before by more than chance (p = {last.p_value:.2g})."
    elif last.change == "other system":
        yield "The last is the first of its system: there is nothing to compare it with."
    elif last.change == "other suite":
        yield "The last asked other questions than the one before: the two rates cannot be compared."
    for one in card.moved:
        name = printable(one.fault)
        yield f"  {one.change} under {name}: {told(one.before)} before, {told(one.now)} now (p = {one.p_value:.2g})"
    if card.budget is not None:
        budget = card.budget
        yield (
            f"Error budget at {budget.objective:.4g} over {card.window_days} days:"
            f" {counted(budget.failures, 'failure')}"
            f" in {counted(budget.runs, 'trial')}, allowance {budget.allowance:.4g}; the true rate is"
            f" {bounds(budget.rate)}."
        )
    for note in card.notes:
        yield f"Note: {note}."


def sparkline(values: Sequence[float | None], inks: str = BLOCKS) -> str:
    """One character a value; a gap where there is none."""
    low, high = _scale(values)
    step = (high - low) / len(inks)
    return "".join(" " if one is None else inks[min(len(inks) - 1, int((one - low) / step))] for one in values)


def told(rate: Rate) -> str:
    """``97 of 100``."""
    return f"{rate.successes} of {rate.runs}"


def bounds(rate: Rate) -> str:
    """``93 % to 99 %``: as many digits as so many runs can tell."""
    digits = 1 if rate.runs >= 1000 else 0  # noqa: PLR2004 - from there a tenth of a percent is more than noise
    return f"{rate.lower * 100:.{digits}f} % to {rate.upper * 100:.{digits}f} %"


def _scale(values: Sequence[float | None]) -> tuple[float, float]:
    least = min((one for one in values if one is not None), default=1.0)
    return max(0.0, min(1 - _NARROW, int(least * 10) / 10)), 1.0


def _cells(line: Line, dash: str) -> tuple[str, ...]:
    rate, figures = line.rate, line.figures
    count = f" ({line.members} runs)" if line.members > 1 else ""
    name = printable(line.label or line.system, _WIDEST) + count
    return (
        line.when,
        name,
        f"{rate.successes}/{rate.runs}",
        dash if rate.value is None else _percent(rate),
        dash if rate.value is None else bounds(rate),
        printable(line.decision) or dash,
        f"{figures['duration_s']:.3g} s" if "duration_s" in figures else dash,
        f"{figures['cost']:.3g} {printable(line.currency, 8)}".strip() if "cost" in figures else dash,
        f"{figures['steps']:.4g}" if "steps" in figures else dash,
        CHANGES[line.change],
    )


def _percent(rate: Rate) -> str:
    """Never 100 % for what is not all."""
    digits = 1 if rate.runs >= 1000 else 0  # noqa: PLR2004 - as above
    share = f"{100 * rate.successes / rate.runs:.{digits}f} %"
    is_rounded = rate.successes < rate.runs and share.startswith("100")
    return share.replace("100", "> 99", 1).replace(".0", ".9") if is_rounded else share
