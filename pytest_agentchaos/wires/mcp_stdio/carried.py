"""Carried: requests under a fault, each by a task of its own, so that others overtake them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from pytest_agentchaos.wires.mcp_stdio.journal import Journal
from pytest_agentchaos.wires.mcp_stdio.late import Late
from pytest_agentchaos.wires.mcp_stdio.port import Port

MOST: Final = 1_024
"""Clients may forget what hangs without a word: of more than so many, the oldest are carried no further."""


class Carried:
    """Who carries what, in the order in which they set out."""

    def __init__(self, journal: Journal, late: Late) -> None:
        self._journal = journal
        self._late = late
        self._ports: dict[asyncio.Task[None], Port] = {}
        self._by_id: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._ports)

    def carry(self, key: str, port: Port, work: Coroutine[Any, Any, None]) -> None:
        """A request sets out."""
        if len(self._ports) >= MOST:
            why = f"more than {MOST} requests are under a fault; the oldest of them is carried no further"
            self._journal.once("carried too long", why)
            next(iter(self._ports)).cancel()
        task = asyncio.get_running_loop().create_task(work, name=key)
        self._ports[task] = port
        self._by_id[key] = task
        task.add_done_callback(self._landed)

    def given_up(self, key: str) -> None:
        """The client waits no longer."""
        if (task := self._by_id.get(key)) is not None:
            task.cancel()

    def end(self) -> None:
        """Nobody waits any longer."""
        for task in [*self._ports]:
            task.cancel()

    async def told(self, limit_s: float) -> None:
        """The server is gone: what it has answered reaches the client, within a limit. The rest is over."""
        answered = [task for task, port in self._ports.items() if port.asked and not port.hanging]
        if answered:
            await asyncio.wait(answered, timeout=limit_s)
        self.end()

    @property
    def only_hang(self) -> bool:
        """Whether nothing will come of any of them."""
        return all(port.hanging for port in self._ports.values())

    @property
    def all_sent(self) -> bool:
        """Whether it is the server's turn, if anybody's."""
        return all(port.hanging or port.asking for port in self._ports.values())

    def _landed(self, task: asyncio.Task[None]) -> None:
        del self._ports[task]
        if self._by_id.get(task.get_name()) is task:
            del self._by_id[task.get_name()]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._journal.tell("defect", f"{type(error).__name__}: {error}")
        self._late.changed()
