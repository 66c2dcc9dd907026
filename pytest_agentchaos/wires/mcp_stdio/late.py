"""Late: requests that reach the server after their caller has stopped waiting, perhaps after it has left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from pytest_agentchaos.wires.mcp_port import TornError
from pytest_agentchaos.wires.mcp_stdio.journal import Journal

GRACE_S: Final = 3.0
"""How long an answer is waited for once the client has left, if nothing else happens."""
HURRY_S: Final = 1.0
"""The same once somebody has asked the server to end. MCP clients kill it after two seconds."""


class Late:
    """What is still on its way."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsent = 0
        self._hurry = asyncio.Event()
        self._changed = asyncio.Event()

    def send(self, seconds: float, deliver: Callable[[], Awaitable[object]]) -> None:
        """Have a request delivered after a while, at the latest when the server is to end."""
        self._unsent += 1
        task = asyncio.get_running_loop().create_task(self._send(seconds, deliver))
        self._tasks.add(task)
        task.add_done_callback(self._arrived)

    async def _send(self, seconds: float, deliver: Callable[[], Awaitable[object]]) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), seconds)
        self._unsent -= 1
        self.changed()
        try:
            await deliver()
        except TornError as error:
            self._journal.tell("late", f"a late request was not answered: {error}")

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._journal.tell("defect", f"{type(error).__name__}: {error}")
        self.changed()

    def changed(self) -> None:
        """Something has come to its end, for which somebody may wait."""
        self._changed.set()

    async def settle(self, is_sent: Callable[[], bool], is_quiet: Callable[[], bool]) -> None:
        """The client has left: wait until all has been sent, and for answers as long as they come."""
        try:
            while self._tasks or not is_quiet():
                await asyncio.wait_for(self._change(), GRACE_S if is_sent() and not self._unsent else None)
        except TimeoutError:
            self._journal.tell("late", "a request has arrived, and is not answered")

    async def hasten(self) -> None:
        """The server is to end: what is late arrives now."""
        if self._tasks:
            self._hurry.set()
            await self._answers(HURRY_S)

    def end(self) -> None:
        """The server has ended: what has not arrived never will."""
        if self._unsent:
            self._journal.tell("late", f"late requests that never arrived, since the server has ended: {self._unsent}")
        for task in self._tasks:
            task.cancel()

    async def _answers(self, limit_s: float) -> None:
        try:
            await asyncio.wait_for(self._all_answered(), limit_s)
        except TimeoutError:
            self._journal.tell("late", "a late request has arrived, and is not answered")

    async def _all_answered(self) -> None:
        while self._tasks:
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
