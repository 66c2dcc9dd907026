"""What is missing from a trip is told as if it were there: the summary goes by the plan.

Only optional parts are told so, and only when they failed: the user stands in front of a restaurant that has no table.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.contracts.trip import Reason
from reference_system.orchestrator.summariser import Summariser, _invented
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """A degraded trip is told as it was planned."""

    def make(ask: Callable[..., Any]) -> Callable[..., Any]:
        def hopeful(self: Any, case: Any, ending: Any) -> Any:
            told = ask(self, case, ending)
            if ending.reason is not Reason.DEGRADED:
                return told
            planned = (_invented(step, case.policy.currency) for step in case.undone_steps())
            more = tuple(row for row in planned if row is not None)
            return told.model_copy(update={"bookings": told.bookings + more})

        return hopeful

    return changed(Summariser, "_ask", make)


BUG = Bug("summary_from_plan", "the summary of a degraded trip is made from the plan", plant)
