"""Who fails while it holds the lock of a key never gives it back.

The first attempt of a booking fails, and the second waits for the first for ever: a trip that was to go on by rules
stands still, and no timeout is around it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any

from power.bug import Bug, changed
from reference_system.gateway.intents import Intents
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """The lock is released behind the work, and not in a ``finally``."""

    def make(_alone: Callable[..., Any]) -> Callable[..., Any]:
        locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

        @asynccontextmanager
        async def alone(self: Any, key: str) -> AsyncIterator[None]:  # noqa: ARG001 - the signature of the real one
            await locks[key].acquire()
            yield
            locks[key].release()

        return alone

    return changed(Intents, "alone", make)


BUG = Bug("lock_kept", "a write that fails keeps the lock of its key", plant)
