"""A tool keeps its idempotency keys in its memory, and not with the bookings.

As long as it runs all is well. The process dies between the booking and its answer, comes back, and books again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.system import TravelSystem
from reference_system.tools.desk import Desk


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """A desk of a new process asks no records for keys that it has not seen itself."""
    memories: dict[int, tuple[Any, set[str]]] = {}
    executed: set[str] = set()

    def make(write: Callable[..., Any]) -> Callable[..., Any]:
        async def forgetful(self: Any, call: Any, effect: Callable[..., Any]) -> Any:
            _, memory = memories.setdefault(id(self), (self, set()))  # kept, so that no other desk gets its id
            if call.key in executed and call.key not in memory:
                memory.add(call.key)
                return await self.store.run(self.store.write, effect)
            result = await write(self, call, effect)
            if call.key is not None:
                memory.add(call.key)
                executed.add(call.key)
            return result

        return forgetful

    return changed(Desk, "write", make)


BUG = Bug("keys_in_memory", "a tool that is restarted has forgotten its keys", plant)
