"""Money: what a booking will cost is set aside before it is made, and what it did cost counts afterwards."""

from __future__ import annotations

from reference_system.contracts.policy import Policy
from reference_system.contracts.tools import ToolContract
from reference_system.errors import NotAllowedError
from reference_system.resilience.budget import Budget


def set_aside(policy: Policy, budget: Budget, tool: ToolContract, amount_minor: int, *, purpose: str) -> None:
    """NotAllowedError: it is more than what is left of the trip's money, or than any trip may spend.

    The purpose is the booking's key: however often it is asked for, it is paid for once.
    """
    if not budget.reserve(amount_minor, purpose):
        left_minor = budget.left_minor()
    elif budget.spent_minor() > policy.spend_limit_minor:
        budget.release(purpose)
        left_minor = policy.spend_limit_minor - budget.spent_minor()
    else:
        return
    msg = f"{tool.name} costs {amount_minor}, and only {left_minor} may still be spent (in cents {policy.currency})"
    raise NotAllowedError(msg, rule="spend")
