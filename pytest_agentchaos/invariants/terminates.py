"""Terminates: every run of the system came to an end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.conduct.answer import is_there, must_be_path
from pytest_agentchaos.evidence.conduct.fate import under_way
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.path import found
from pytest_agentchaos.evidence.run import LEFT_DOWN, Run, left_down, runs
from pytest_agentchaos.evidence.telling import counted, enumerated, quoted
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_ENDINGS = frozenset({"completed", "raised", "hung", "crashed"})


@register
@dataclass(frozen=True, slots=True)
class terminates:
    """Promises that each run ended, by an answer or an error; it cannot see a system that nobody ran.

    With a reason, each run also has to say in its answer why it ended: ``terminates("outcome.reason", ["completed"])``.
    A run that raised says nothing there. One whose process a fault has ended is no run that ended: what counts is the
    run in its place, and if there is none, nobody knows whether it would have ended.
    """

    reason: str | None = None
    """The place in the answer where it says why it ended."""
    among: Sequence[Any] = ()
    """The reasons that are right; any, if none is given."""

    def __post_init__(self) -> None:
        if self.reason is not None:
            must_be_path(self.reason, "terminates(reason")
        elif self.among:
            msg = f"terminates(among={quoted(self.among)}): say also where, for example reason='outcome.reason'"
            raise UsageError(msg)
        if isinstance(self.among, str) or not isinstance(self.among, Sequence):
            msg = f"terminates(among={quoted(self.among)}): a list is due; write for example among=['completed']"
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return "terminates" if self.reason is None else f"terminates(reason={self.reason})"

    def check(self, history: History) -> Verdict:  # noqa: PLR0911 - one for each way in which it can end
        """Look at how each run ended."""
        ended = history.view(runs)
        if not ended:
            return Verdict(self.name, "unknown", "no run has ended yet: call agentchaos.run(...) first")
        hung = tuple(run.op for run in ended if run.ending == "hung")
        if hung:
            return Verdict(self.name, "fail", "the system waits for something that can never come", hung)
        strange = [run for run in ended if run.ending not in _ENDINGS]
        if strange:
            reason = f"nobody knows what it means that a run ended as {quoted(strange[0].ending)}"
            return Verdict(self.name, "unknown", reason, tuple(run.op for run in strange))
        if (down := left_down(history)) is not None:
            return Verdict(self.name, "unknown", LEFT_DOWN, (down.op,))
        if going_on := history.view(under_way):
            reason = f"{counted(len(ended), 'run')} ended, and since then calls were begun that are still open"
            return Verdict(self.name, "unknown", reason, going_on)
        if self.reason is not None:
            for status in ("fail", "unknown"):
                for run in ended:
                    if (why := self._unexplained(run)) is not None and why[0] == status:
                        return Verdict(self.name, why[0], why[1], (run.op,))
        restarts = sum(run.ending == "crashed" for run in ended)
        own = len(ended) - restarts
        after = f", after {counted(restarts, 'restart')}" if restarts else ""
        return Verdict(self.name, "pass", f"{own} of {own} runs ended{after}")

    def _unexplained(self, run: Run) -> tuple[Any, str] | None:
        """What is wrong with the reason that a run gives, and how surely."""
        if run.ending == "crashed":
            return None
        if run.ending == "raised":
            return "fail", f"a run gave no reason for its end: it raised {quoted(run.error)}"
        if run.answer is None:
            return "unknown", "a run returned nothing that was recorded; in live mode, give it by live.answer(...)"
        reasons = list(found(run.answer, self.reason or ""))
        if not reasons or not all(map(is_there, reasons)):
            return "fail", f"a run gave no reason for its end: its answer has nothing at {self.reason}"
        wrong = [reason for reason in reasons if self.among and reason not in self.among]
        if wrong:
            return (
                "fail",
                f"a run ended with the reason {enumerated(wrong)}, which is not among {enumerated(self.among)}",
            )
        return None
