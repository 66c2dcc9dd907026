"""The window of the idempotency keys is too short: a tool forgets a key after eight seconds.

A client that waits ten seconds for an answer and asks again is no longer known, and pays for a second room.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.system import TravelSystem
from reference_system.tools import desk

WINDOW_S = 8.0
"""Shorter than the patience of a client."""


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """The memory of a key is not asked when it is older than the window."""
    executed_s: dict[str, float] = {}

    def make(once: Callable[..., Any]) -> Callable[..., Any]:
        def forgetful(call: Any, effect: Callable[..., Any], writing: Any) -> Any:
            now_s = time.monotonic()
            if call.key is None or now_s - executed_s.setdefault(call.key, now_s) <= WINDOW_S:
                return once(call, effect, writing)
            executed_s[call.key] = now_s
            return effect(writing)

        return forgetful

    return changed(desk, "_once", make)


BUG = Bug("short_window", "a tool forgets idempotency keys after eight seconds", plant)
