"""Between the look for a key and the booking there is a moment in which a copy of the request gets through.

One request after the other is safe, and that is how it was tested. A proxy that delivers twice at once gets two rooms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.system import TravelSystem
from reference_system.tools.desk import Desk

LOOK_TAKES_S = 0.005


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Who has looked books, whatever has happened since."""
    executed: set[str] = set()

    def make(write: Callable[..., Any]) -> Callable[..., Any]:
        async def racy(self: Any, call: Any, effect: Callable[..., Any]) -> Any:
            if call.key is None or call.key in executed:
                return await write(self, call, effect)
            await asyncio.sleep(LOOK_TAKES_S)
            if call.key in executed:
                return await self.store.run(self.store.write, effect)
            result = await write(self, call, effect)
            executed.add(call.key)
            return result

        return racy

    return changed(Desk, "write", make)


BUG = Bug("race_on_key", "two copies of a request that arrive at once are both executed", plant)
