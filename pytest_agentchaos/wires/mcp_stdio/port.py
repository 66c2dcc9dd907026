"""What a fault does to one request on the pipes: as on a message stream, on an event loop that needs nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.wires import mcp_port
from pytest_agentchaos.wires.active import Active

if TYPE_CHECKING:
    from pytest_agentchaos.wires.mcp_stdio.traffic import Traffic

Held = mcp_port.Held


class Port(mcp_port.Port):
    """The steps of a fault between two pipes. The client's timeout is its own; it tells of it, or never does."""

    def __init__(
        self, traffic: Traffic, active: Active, flight: Flight, line: bytes, changed: Callable[[], None]
    ) -> None:
        super().__init__(traffic, active, flight, line)
        self._pipes = traffic
        self._changed = changed
        self.hanging = False
        """Whether nothing will ever come of it."""
        self.asking = self.asked = False
        """Whether it has arrived, and the server has not answered; and whether it has arrived at all."""

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    async def hold(self, calls: int, limit_s: float) -> None:
        """Until further calls have begun, or the limit."""
        overtaken = asyncio.Event()
        self._flight.engine.when_overtaken(calls, overtaken.set)
        try:
            await asyncio.wait_for(overtaken.wait(), limit_s)
        except TimeoutError:
            return

    async def deliver(self, request: Request, copies: int) -> Held:
        """Until the server answers."""
        self.asking = self.asked = True
        self._changed()
        try:
            return await super().deliver(request, copies)
        finally:
            self.asking = False

    async def result(self, held: Held) -> Reply:
        """The reply, when and if it comes; of one that is cut short, the client gets the beginning."""
        if held.cut in {"end", "reset"} and held.keep_bytes:
            await self.wait(held.after_s)
            self._pipes.half_of(held.reply.body[: held.keep_bytes])
            held = replace(held, after_s=0.0)
        return await super().result(held)

    async def hang(self) -> NoReturn:
        """Until the client gives up, or is gone."""
        self.hanging = True
        self._changed()
        await asyncio.get_running_loop().create_future()
        raise AssertionError  # pragma: no cover - nobody can complete that future
