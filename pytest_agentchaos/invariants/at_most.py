"""At most: a number of the run stays within a limit."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.metrics import metric
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself


@register
@dataclass(frozen=True, slots=True)
class at_most:  # noqa: N801 - it reads as a phrase where it is used
    """Promises that a metric of the run is not above a limit; it sees only calls that crossed a wire."""

    metric: str
    limit: float

    def __post_init__(self) -> None:
        metric(self.metric)
        limit: object = self.limit  # whatever the caller gave
        is_number = isinstance(limit, (int, float)) and not isinstance(limit, bool)
        if not is_number or not 0 <= self.limit < inf:
            msg = (
                f"at_most({self.metric!r}, {self.limit!r}): the limit must be a number from 0 up; write for example 12"
            )
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return f"at_most({self.metric}, {_text(self.limit)})"

    def check(self, history: History) -> Verdict:
        """Count and compare."""
        measured = metric(self.metric)(history)
        told = f"{self.metric} = {_text(measured.value)}"
        if measured.value > self.limit:
            return Verdict(self.name, "fail", f"{told}, above {_text(self.limit)}", measured.ops)
        if measured.unread:
            reason = f"{told} without {len(measured.unread)} replies that say nothing about it"
            return Verdict(self.name, "unknown", reason, measured.unread)
        return Verdict(self.name, "pass", told)


def _text(number: float) -> str:
    """Whole numbers to their last digit; of others, no more digits than a history keeps."""
    return str(int(number)) if number == int(number) else str(round(number, 6))
