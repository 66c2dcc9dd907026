"""An escalated trip is handed over to nobody.

The user is told that a person will see to it. The queue was full, the error was swallowed, and no person ever hears of
the trip.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.orchestrator.journal import Journal
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """What is to be escalated is dropped."""

    def make(_escalate: Callable[..., Any]) -> Callable[..., Any]:
        async def dropped(self: Any, row: Any) -> None:
            """Nobody is told."""

        return dropped

    return changed(Journal, "escalate", make)


BUG = Bug("silent_escalation", "an escalation reaches no queue", plant)
