"""The error budget: failures against what an objective allows."""

from __future__ import annotations

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.reporting.report import Budget, Rate


def budget(objective: float | None, observed: Rate) -> Budget | None:
    """How much of it is used up; None if nobody has set an objective."""
    if objective is None:
        return None
    if not 0 < objective <= 1:
        msg = f"the objective is {objective!r}; it is the share of trials that have to hold, for example 0.95"
        raise UsageError(msg)
    failures = observed.runs - observed.successes
    allowance = round((1 - objective) * observed.runs, 9)
    burn = failures / allowance if allowance else None
    return Budget(objective, observed.runs, failures, allowance, observed, burn)
