"""Found: what an exploration knows in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pytest_agentchaos.errors import explains_itself
from pytest_agentchaos.evidence.grades import Grade
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.explore.asked import Asked
from pytest_agentchaos.explore.coverage import Depth
from pytest_agentchaos.explore.failures import Failure
from pytest_agentchaos.explore.menu import label
from pytest_agentchaos.explore.search import Tried, why

__tracebackhide__ = explains_itself

SCHEMA: Final = 1
EXIT_CODES: Final = {"pass": 0, "fail": 1, "unknown": 3}
_LISTED = 20

Word = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True)
class Found:
    """Coverage, the matrix, and what fails. ``print(found)`` tells it; ``found.assert_ok()`` decides on it."""

    asked: Asked
    journey: str
    depths: tuple[Depth, ...]
    tried: tuple[Tried, ...]
    """Every schedule that was run, by depth and in the order of the sites."""
    sites: tuple[str, ...]
    """Those of the clean run, in order."""
    failures: tuple[Failure, ...]
    """One for each cause."""
    reached: Mapping[str, bool]
    """What was to be true in some trial, and whether it ever was."""
    unstable: str
    """How a second run without any fault differs from the first; empty if it does not."""
    has_digest: bool
    """Whether the system tells its state."""
    trials: int
    shrinking: int

    @property
    def matrix(self) -> dict[tuple[str, str], Grade]:
        """(site, fault) -> what the fault alone did to the journey."""
        return {
            (one.spots[0].site, label(self.asked.menu[one.spots[0].fault])): one.grade
            for one in self.tried
            if len(one.spots) == 1
        }

    @property
    def unknown(self) -> tuple[Tried, ...]:
        """Trials of which nobody can say what they show."""
        return tuple(one for one in self.tried if one.grade == "unknown")

    @property
    def undelivered(self) -> tuple[Tried, ...]:
        """Planned, and a fault found nothing to act on."""
        return tuple(one for one in self.tried if one.grade == "not applicable")

    @property
    def over_budget(self) -> int:
        """How much was left out since the budget was used up."""
        return sum(depth.over_budget for depth in self.depths)

    @property
    def unmet(self) -> tuple[str, ...]:
        """What was to be true in some trial, and never was."""
        return tuple(name for name, met in self.reached.items() if not met)

    @property
    def ok(self) -> bool:
        """Nothing fails and nothing is unknown, in all that was run."""
        return not self.failures and not self.unknown and not self.unstable and not self.unmet

    @property
    def verdict(self) -> Word:
        """Unknown is no pass, and neither is what a budget has left out."""
        if self.failures:
            return "fail"
        return "pass" if self.ok and not self.over_budget else "unknown"

    @property
    def exit_code(self) -> int:
        """0 all holds, 1 something fails, 3 nothing fails and not everything is known."""
        return EXIT_CODES[self.verdict]

    @property
    def reason(self) -> str:
        """The verdict in one sentence."""
        run = sum(depth.run for depth in self.depths)
        if self.failures:
            schedules = sum(one.schedules for one in self.failures)
            causes = counted(len(self.failures), "cause")
            return f"{schedules} of {counted(run, 'schedule')} violate an invariant, by {causes}"
        causes_of_doubt = [
            f"{counted(len(self.unknown), 'trial')} could not be judged" if self.unknown else "",
            "two runs without any fault differ" if self.unstable else "",
            f"{len(self.unmet)} of what was to be true in some trial never was" if self.unmet else "",
            f"{counted(self.over_budget, 'schedule')} left out by the budget" if self.over_budget else "",
        ]
        if doubts := [doubt for doubt in causes_of_doubt if doubt]:
            return f"nothing fails in {counted(run, 'schedule')}, but {' and '.join(doubts)}"
        return f"everything holds in {counted(run, 'schedule')}"

    def assert_ok(self) -> None:
        """Fail unless everything holds in all that was run. What a budget has left out is printed, and no failure."""
        __tracebackhide__ = True
        if not self.ok:
            raise AssertionError(str(self))

    def __str__(self) -> str:
        from pytest_agentchaos.explore.report import lines

        return "\n".join(lines(self))

    def to_data(self) -> dict[str, Any]:
        """As JSON, secrets hidden; nothing in it depends on who ran the trials, or how fast."""
        data = {
            "schema": SCHEMA,
            "system": self.asked.system.text,
            "journey": self.journey,
            "seed": self.asked.seed,
            "faults": [label(fault) for fault in self.asked.menu],
            "sites": list(self.sites),
            "trials": self.trials,
            "shrinking": self.shrinking,
            "state_digest": self.has_digest,
            "depths": [depth.to_data() for depth in self.depths],
            "matrix": [{"site": site, "fault": fault, "grade": grade} for (site, fault), grade in self.matrix.items()],
            "undelivered": [
                [[spot.site, label(self.asked.menu[spot.fault])] for spot in one.spots] for one in self.undelivered
            ],
            "unknown": [{"trial": one.result.trial, "why": why(one.result)} for one in self.unknown[:_LISTED]],
            "unmet": list(self.unmet),
            "unstable": self.unstable,
            "failures": [failure.to_data() for failure in self.failures],
            "verdict": self.verdict,
            "reason": self.reason,
        }
        hidden: dict[str, Any] = redact(data)
        return hidden
