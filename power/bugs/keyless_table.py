"""One of the write paths keeps no keys, and is retried like the others.

The restaurants' server was written before the others. A reservation whose answer is lost is made twice, and a table
stays empty that evening.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.system import TravelSystem
from reference_system.tools import desk


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """``reserve_table`` writes the key down, and does not look for it."""

    def make(once: Callable[..., Any]) -> Callable[..., Any]:
        def careless(call: Any, effect: Callable[..., Any], writing: Any) -> Any:
            return effect(writing) if call.tool.name == "reserve_table" else once(call, effect, writing)

        return careless

    return changed(desk, "_once", make)


BUG = Bug("keyless_table", "a write path without keys is retried like the others", plant)
