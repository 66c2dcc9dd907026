"""Lets so many in at a time; those who wait are let in user by user, in turn."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FairGate:
    """A user who asks for a hundred things delays another's one thing by one thing, not by a hundred."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.waiting = 0

    @asynccontextmanager
    async def place(self, user: str) -> AsyncIterator[None]:
        """Wait for a place, and keep it while inside."""
        await self._enter(user)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, user: str) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(user, deque()).append(turn)
        self.waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the place was given in the same moment: pass it on
                self._leave()
            raise
        finally:
            self.waiting -= 1

    def _leave(self) -> None:
        while self._queues:
            user, queue = self._queues.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._queues[user] = queue
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
