"""The budget is counted for each agent, and not for the trip.

Five agents may use five times what a trip may cost, and nobody notices before everything fails at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from power.bug import Bug, changed
from reference_system.orchestrator.executor import Executor
from reference_system.resilience.budget import Budget
from reference_system.resilience.interface import Allowance
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Each step begins with a budget of which nothing is used."""

    def make(work: Callable[..., Any]) -> Callable[..., Any]:
        async def alone(self: Any, case: Any, step: Any, story: Any) -> Any:
            limits = case.allowance.budget.limits
            own = Allowance(case.allowance.deadline, Budget.resume(limits, Budget().used()))
            return await work(self, replace(case, allowance=own), step, story)

        return alone

    return changed(Executor, "_do", make)


BUG = Bug("budget_per_agent", "the budget is counted for each agent, not for the trip", plant)
