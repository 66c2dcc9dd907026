"""Recovers within: once the last fault has acted, the run ends well, and soon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.conduct.answer import misses, must_be_wanted
from pytest_agentchaos.evidence.figures.recovery import Recovery, recoveries
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.telling import quoted
from pytest_agentchaos.evidence.verdict import Status, Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_MOST_S = 1e9
_BADLY = frozenset({"raised", "hung"})


@register
@dataclass(frozen=True, slots=True)
class recovers_within:
    """Promises that a run completes soon after its last fault began to act; it cannot see whether its answer is right.

    Unless ``answer`` says what a right one says. What a fault itself takes (a delay, a hang until the caller gives up)
    counts: ``recovers_within(30)``.
    """

    seconds: float
    """On the clock of the history."""
    answer: Mapping[str, Any] | None = None
    """What a right answer says, as places and values: ``{"reason": ["completed", "degraded"]}``."""

    def __post_init__(self) -> None:
        seconds: object = self.seconds  # whatever the caller gave
        if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 <= seconds <= _MOST_S:
            msg = f"recovers_within({quoted(seconds)}): a number of seconds, 0 to 1e9, is due; write for example 30"
            raise UsageError(msg)
        if self.answer is not None:
            must_be_wanted(self.answer, "recovers_within(answer")

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return f"recovers_within({self.seconds:g} s)"

    def check(self, history: History) -> Verdict:
        """Look from each run's last fault to its end."""
        found = [(*self._judge(recovery), recovery) for recovery in history.view(recoveries)]
        for status in ("fail", "unknown", "pass"):
            for judged, reason, recovery in found:
                if judged == status:
                    end = () if recovery.run is None else (recovery.run.op,)
                    return Verdict(self.name, judged, reason, () if judged == "pass" else (recovery.fault.index, *end))
        remedy = "no fault acted, so there was nothing to recover from: inject one that fires"
        return Verdict(self.name, "unknown", remedy)

    def _judge(self, recovery: Recovery) -> tuple[Status, str]:
        fault, run = recovery
        took_s = recovery.took_s
        told = f"the last fault, {quoted(fault.data.get('fault'))}, acted at {fault.at_s:g} s"
        if run is None:
            return "unknown", f"{told}, and no run has ended since"
        if run.ending != "completed":
            error = f": {quoted(run.error)}" if run.error is not None else ""
            return (
                "fail" if run.ending in _BADLY else "unknown",
                f"{told}, and the run {quoted(run.ending)[1:-1]}{error}",
            )
        if took_s is None:
            return "unknown", f"{told} and the run ended at {run.at_s:g} s: the clock of this history is no clock"
        if took_s > self.seconds:
            return "fail", f"{told}, and the run completed {took_s:g} s later, not within {self.seconds:g} s"
        status, but = self._answered(run.answer)
        return status, f"{told}, and the run completed {took_s:g} s later{but}"

    def _answered(self, answer: Any) -> tuple[Status, str]:
        if self.answer is None:
            return "pass", ""
        if answer is None:
            return "unknown", ", but what it answered was not recorded"
        wrong = misses(answer, self.answer)
        return ("pass", "") if wrong is None else ("fail", f", but {wrong}")
