"""The key of the request that is to be undone is cut off on its way.

A column is thirty characters wide. The tool bars a request that nobody will ever make, and what was booked stays.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from power.bug import Bug, changed
from reference_system.compensation import Compensation
from reference_system.system import TravelSystem

WIDTH = 30


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Compensation names the first thirty characters of a key."""

    def make(cancel: Callable[..., Any]) -> Callable[..., Any]:
        async def cut(self: Any, case: Any, undoing: Any, allowance: Any) -> Any:
            key = undoing.request_key
            return await cancel(self, case, replace(undoing, request_key=key and key[:WIDTH]), allowance)

        return cut

    return changed(Compensation, "_cancel", make)


BUG = Bug("wrong_key_undone", "compensation cancels by a key that was cut off", plant)
