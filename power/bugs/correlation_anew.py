"""A trip that is resumed gets a new correlation id.

The support desk has the id that the user was told, and finds the half of the trip before the crash. The half that
booked stands under an id that nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from power.bug import Bug, changed
from reference_system.service.runner import Runner
from reference_system.system import TravelSystem
from reference_system.telemetry.correlation import new_correlation


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """What a start finds running is worked on under a fresh id."""

    def make(_resume: Callable[..., Any]) -> Callable[..., Any]:
        async def resume(self: Any) -> int:
            rows = await self._store.run(self._store.trips, "running")
            for row in rows:
                self.work_on(replace(row, correlation=new_correlation()))
            return len(rows)

        return resume

    return changed(Runner, "resume", make)


BUG = Bug("correlation_anew", "a resumed trip gets a new correlation id", plant)
