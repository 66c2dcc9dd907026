"""The rows of the matrix: everything that is known to be wrong with a system, one at a time."""

from __future__ import annotations

from dataclasses import dataclass

from power.bugs import bugs
from power.named import TRAVEL, named
from pytest_agentchaos.system import System
from reference_system.hardening import SWITCHES


@dataclass(frozen=True, slots=True)
class Row:
    """A planted bug, or a safeguard that is off; neither: the system as it should be."""

    bug: str = ""
    off: str = ""
    summary: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.bug or (f"without {self.off}" if self.off else "as it should be")

    @property
    def what(self) -> str:
        """The bug or the safeguard."""
        return self.bug or self.off

    def on(self, base: str = TRAVEL) -> System:
        """A system that is wrong in this way."""
        return named(base, self.bug, off=(self.off,) if self.off else ())


RIGHT = Row()


def rows() -> tuple[Row, ...]:
    """All safeguards, then all bugs."""
    without = [Row(off=switch, summary="a safeguard that is switched off") for switch in SWITCHES]
    return (*without, *(Row(bug=bug.name, summary=bug.summary) for bug in bugs().values()))
