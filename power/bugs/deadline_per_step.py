"""Each step of a trip has the time of the whole trip.

The user left after three minutes. The trip goes on, step by step, and books for somebody who has gone elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from power.bug import Bug, changed
from reference_system.orchestrator.executor import Executor
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance
from reference_system.system import TravelSystem

TRIP_S = 180.0


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """The clock is started anew with each step."""

    def make(work: Callable[..., Any]) -> Callable[..., Any]:
        async def anew(self: Any, case: Any, step: Any, story: Any) -> Any:
            own = Allowance(Deadline.after(TRIP_S), case.allowance.budget)
            return await work(self, replace(case, allowance=own), step, story)

        return anew

    return changed(Executor, "_do", make)


BUG = Bug("deadline_per_step", "the deadline begins anew with each step", plant)
