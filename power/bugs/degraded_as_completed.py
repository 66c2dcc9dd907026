"""A trip from which something is missing is called complete.

Nothing false is claimed, and nothing is said: the user finds out at the door of the restaurant, and the figures of the
service are all green.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.contracts.trip import Reason
from reference_system.orchestrator.ending import Ending
from reference_system.orchestrator.orchestrator import Orchestrator
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Where nothing required is missing, nothing is."""

    def make(execute: Callable[..., Any]) -> Callable[..., Any]:
        async def content(self: Any, case: Any, story: Any, meter: Any) -> Any:
            ending = await execute(self, case, story, meter)
            return Ending(reason=Reason.COMPLETED) if ending.reason is Reason.DEGRADED else ending

        return content

    return changed(Orchestrator, "_execute", make)


BUG = Bug("degraded_as_completed", "a degraded trip is called completed", plant)
