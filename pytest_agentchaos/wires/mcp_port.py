"""What a fault does to one request on an MCP stream."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, NoReturn, Protocol

from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.steps import Cut, Drip, Insert
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.wires.active import Active


class Carrier(Protocol):
    """What is under way on a connection, as far as one request needs it."""

    async def deliver(self, item: Any, body: bytes | None) -> Reply:
        """Hand a request to the server, or another body in its place, and wait for the reply to it."""

    def deliver_later(self, active: Active, seconds: float, deliver: Callable[[], Awaitable[object]]) -> None:
        """Have a request delivered after a while, whoever still waits."""


class TornError(Exception):
    """The connection ends under a request, of which nobody knows whether it happened."""

    kind: Literal["fail", "info"] = "info"


class RefusedError(TornError):
    """The request surely did not happen."""

    kind = "fail"


@dataclass(frozen=True, slots=True)
class Held:
    """A reply, and how it will come."""

    reply: Reply
    after_s: float = 0.0
    cut: Literal["end", "reset", "hang"] | None = None
    keep_bytes: int | None = None
    """So much of it is on the line before it is cut."""


class Port:
    """The steps of a fault on an MCP stream. The client's timeout is its own: it cancels the task that waits here."""

    def __init__(self, traffic: Carrier, active: Active, flight: Flight, item: Any) -> None:
        self._traffic = traffic
        self._active = active
        self._flight = flight
        self._item = item
        self.callee_gone = False
        """Whether the connection breaks as soon as the client has its answer."""

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        import anyio

        await anyio.sleep(seconds)

    async def hold(self, calls: int, limit_s: float) -> None:
        """Until further calls have begun, or the limit."""
        import anyio

        overtaken = anyio.Event()
        self._flight.engine.when_overtaken(calls, overtaken.set)
        with anyio.move_on_after(limit_s):
            await overtaken.wait()

    async def deliver(self, request: Request, copies: int) -> Held:
        """Of copies in flight the first answer counts; the others arrive by themselves."""
        for _ in range(copies - 1):
            self._traffic.deliver_later(self._active, 0.0, partial(self._deliver, request))
        return await self._deliver(request)

    async def _deliver(self, request: Request) -> Held:
        body = None if request is self._flight.request else request.body
        reply = await self._traffic.deliver(self._item, body)
        self._flight.delivered(reply)
        return Held(reply)

    async def deliver_later(self, request: Request, seconds: float) -> None:
        """Hand over after a while, whoever still waits."""
        self._traffic.deliver_later(self._active, seconds, partial(self._deliver, request))

    async def collect(self, held: Held) -> Reply:
        """The reply is whole."""
        return held.reply

    def present(self, reply: Reply) -> Held:
        """A reply of the fault's making."""
        return Held(reply)

    def shape(self, held: Held, step: Cut | Drip | Insert) -> Held:
        """A message is there when its last byte is; one that is cut short never is."""
        size = len(held.reply.body)
        if isinstance(step, Drip):
            pieces = math.ceil(size / step.piece_bytes) if step.piece_bytes else 1
            more_s = step.first_s + step.interval_s * max(0, pieces - 1)
            if more_s:
                step.acted()
            return replace(held, after_s=held.after_s + more_s)
        if isinstance(step, Cut) and step.limit_bytes is not None and step.limit_bytes < size:
            step.acted()
            return replace(held, cut=step.then, keep_bytes=step.limit_bytes)
        return held

    async def result(self, held: Held) -> Reply:
        """The reply, when and if it comes."""
        await self.wait(held.after_s)
        if held.cut == "hang":
            await self.hang()
        if held.cut is not None:
            why = "the connection ended in the middle of the answer"
            raise TornError(why)
        return held.reply

    async def hang(self) -> NoReturn:
        """Until the client gives up."""
        import anyio

        await anyio.sleep_forever()
        raise AssertionError  # pragma: no cover - sleep_forever ends by cancellation only

    def hang_up(self) -> None:
        """The server at the other end is gone."""
        self.callee_gone = True

    async def stand_still(self, seconds: float) -> None:
        """The loop does not go on with this task before the time is over; the client's patience is its own."""
        del seconds
        await asyncio.sleep(0)

    async def gone(self) -> NoReturn:
        """The loop never goes on with this task."""
        await self.hang()

    def refuse(self) -> NoReturn:
        """As if nobody listened any more."""
        why = "connection refused"
        raise RefusedError(why)

    def reset(self) -> NoReturn:
        """As a broken pipe."""
        why = "connection reset"
        raise TornError(why)
