"""What compensation could not undo is forgotten.

It takes two troubles: a trip that fails, and a cancellation that does. The user reads that nothing is booked, and no
person is told of the room that still is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.compensation import Compensation
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Compensation never fails."""

    def make(undo: Callable[..., Any]) -> Callable[..., Any]:
        async def cheerful(self: Any, case: Any, what: Any, allowance: Any) -> tuple[()]:
            await undo(self, case, what, allowance)
            return ()

        return cheerful

    return changed(Compensation, "undo", make)


BUG = Bug("leftovers_dropped", "what could not be undone is forgotten", plant)
