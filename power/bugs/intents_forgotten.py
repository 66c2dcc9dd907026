"""A resumed trip does not know what it had begun.

It asks the model again what to do, in a world that has changed: the last room was sold (to this very trip), so it takes
the next best, and the first one is paid by somebody who never hears of it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system import checkpoints
from reference_system.orchestrator.orchestrator import Orchestrator
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """It goes by its checkpoint alone."""

    def make(open_: Callable[..., Any]) -> Callable[..., Any]:
        async def forgetful(self: Any, row: Any, *, shadow: bool) -> Any:
            case = await open_(self, row, shadow=shadow)
            if case.checkpoints:
                _, checkpoint = await self._journal.last(row.trip)
                checkpoints.restore(case, checkpoint)
                case.begun = ()
            return case

        return forgetful

    return changed(Orchestrator, "_open", make)


BUG = Bug("intents_forgotten", "a resumed trip forgets what it had begun to write", plant)
