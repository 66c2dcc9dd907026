"""Coverage: of what could be reached, how much was run, and why the rest was not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pytest_agentchaos.explore.audit import Audit


@dataclass(slots=True)
class Depth:
    """All schedules of so many faults."""

    faults: int
    run: int = 0
    converged: int = 0
    """Left out by R1: strikes where the faults before it have been masked already."""
    alike: int = 0
    """Left out by R2: another fault that makes the same of the call stands for it."""
    contained: int = 0
    """Left out since a part of it fails by itself; it would fail, and not be minimal."""
    over_budget: int = 0
    grades: Counter[str] = field(default_factory=Counter)
    """What was run, by how it ended."""
    audit: Audit | None = None

    @property
    def reachable(self) -> int:
        """Everything that could be done: all of it is in one of the figures above."""
        return self.run + self.converged + self.alike + self.contained + self.over_budget

    def to_data(self) -> dict[str, object]:
        """As JSON."""
        return {
            "faults": self.faults,
            "reachable": self.reachable,
            "run": self.run,
            "pruned_converged": self.converged,
            "pruned_alike": self.alike,
            "contain_a_failure": self.contained,
            "over_budget": self.over_budget,
            "grades": dict(sorted(self.grades.items())),
            "audit": None if self.audit is None else self.audit.to_data(),
        }
