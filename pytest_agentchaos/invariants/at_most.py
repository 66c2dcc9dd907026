"""At most: a number of the run stays within a limit."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.metrics import metric
from pytest_agentchaos.invariants.registry import register


@register
@dataclass(frozen=True, slots=True)
class at_most:  # noqa: N801 - it reads as a phrase where it is used
    """Promises that a metric of the run is not above a limit; it sees only calls that crossed a wire."""

    metric: str
    limit: float

    def __post_init__(self) -> None:
        metric(self.metric)
        if isinstance(self.limit, bool) or not isinstance(self.limit, (int, float)) or not isfinite(self.limit) or self.limit < 0:
            msg = f"at_most({self.metric!r}, {self.limit!r}): the limit must be a number from 0 up"
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return f"at_most({self.metric}, {self.limit:g})"

    def check(self, history: History) -> Verdict:
        """Count and compare."""
        value, ops = metric(self.metric)(history)
        if value <= self.limit:
            return Verdict(self.name, "pass", f"{self.metric} = {value:g}")
        return Verdict(self.name, "fail", f"{self.metric} = {value:g}, above {self.limit:g}", ops)
