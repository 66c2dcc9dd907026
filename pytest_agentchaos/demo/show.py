"""The small bundled agent under every fault, as a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pytest_agentchaos.demo.agent import Safeguards
from pytest_agentchaos.demo.trials import quiet, rules, run
from pytest_agentchaos.evidence.outcome import Outcome
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.schedule import Rule


@dataclass(frozen=True, slots=True)
class Row:
    """What one fault at one place did to the trip."""

    line: Rule
    sold: int
    outcome: Outcome

    @property
    def harmless(self) -> bool:
        """Whether the user has exactly one seat and was told which."""
        told = re.search(r"\bB1\b", str(self.outcome.value)) is not None
        return self.sold == 1 and self.outcome.ending == "completed" and told

    def __str__(self) -> str:
        fault, outcome = self.line.fault, self.outcome
        mark = "ok " if self.harmless else "BAD"
        seats = f"{self.sold} seat{'' if self.sold == 1 else 's'}"
        told = (
            str(outcome.value) if outcome.ending == "completed" else f"{outcome.ending}: {type(outcome.error).__name__}"
        )
        place = self.line.selector.kind
        return f"  {mark} {fault.family:9}{fault.name:21}{place:6} {seats:8} {outcome.virtual_s:8.1f} s  {told[:60]}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of the trip, under every fault."""

    rows: tuple[Row, ...]
    without: str | None

    @property
    def bad(self) -> tuple[Row, ...]:
        """Where it went wrong."""
        return tuple(row for row in self.rows if not row.harmless)

    @property
    def spent(self) -> str:
        """How much time it took, theirs and ours."""
        virtual_s, wall_s = (sum(getattr(row.outcome, name) for row in self.rows) for name in ("virtual_s", "wall_s"))
        return f"{len(self.rows)} kinds of trouble, {virtual_s:,.0f} s of the agent's time in {wall_s:.1f} s of yours."

    @property
    def verdict(self) -> str:
        """What to take home."""
        bad = self.bad
        if not bad:
            return "One trip was booked every time, and the user was told which."
        twice = sum(1 for row in bad if row.sold > 1)
        none = sum(1 for row in bad if row.sold == 0)
        parts = {
            "two seats or more": twice,
            "none": none,
            "one seat, and a user who heard something else": len(bad) - twice - none,
        }
        told = ", ".join(f"{counted(count, 'time')} {what}" for what, count in parts.items() if count)
        return f"{counted(len(bad), 'time')} it went wrong{f' without {self.without}' if self.without else ''}: {told}."


def shown(without: str | None, *, seed: int, told: Callable[[Row], None]) -> Shown:
    """Run the agent under every fault, with all safeguards or without one; ``told`` is told of each trial."""
    rows = []
    for row in _rows(Safeguards(**{without: False}) if without else Safeguards(), seed):
        told(row)
        rows.append(row)
    return Shown(tuple(rows), without)


def _rows(safeguards: Safeguards, seed: int) -> Iterator[Row]:
    with quiet():
        for line in rules():
            trial, airline = run(line, seed=seed, safeguards=safeguards)
            if trial.unproven() is None and trial.outcome is not None:
                yield Row(line, len(airline.sold), trial.outcome)
