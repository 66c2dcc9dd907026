"""Terminates: every run of the system came to an end."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register


@register
@dataclass(frozen=True, slots=True)
class terminates:  # noqa: N801 - it reads as a phrase where it is used
    """Promises that each run ended, by an answer or an error; it cannot see a system that nobody ran."""

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return "terminates"

    def check(self, history: History) -> Verdict:
        """Look at how each run ended."""
        endings = [(op.index, str(op.data["outcome"])) for op in history if op.kind == "note" and "outcome" in op.data]
        if not endings:
            return Verdict(self.name, "unknown", "no run has ended yet: call agentchaos.run(...) first")
        hung = tuple(index for index, ending in endings if ending == "hung")
        if hung:
            return Verdict(self.name, "fail", "the system waits for something that can never come", hung)
        return Verdict(self.name, "pass", f"{len(endings)} of {len(endings)} runs ended")
