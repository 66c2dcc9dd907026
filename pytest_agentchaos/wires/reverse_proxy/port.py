"""What the steps of a fault mean to a client of the proxy: whatever can be seen on its connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from functools import partial
from typing import Any, Final, NoReturn, TypeVar

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.wires.http_transport.async_port import AsyncHttpPort, from_any_thread
from pytest_agentchaos.wires.http_transport.held import Held
from pytest_agentchaos.wires.http_transport.library import text_of
from pytest_agentchaos.wires.http_transport.port import Passage
from pytest_agentchaos.wires.reverse_proxy.client import Incoming, TornError
from pytest_agentchaos.wires.reverse_proxy.head import passed_on
from pytest_agentchaos.wires.reverse_proxy.joined import HealedError, Joined
from pytest_agentchaos.wires.reverse_proxy.upstream import Connection, Origin, RawHeaders

T = TypeVar("T")
KEEP_BYTES: Final = 64 * 1024 * 1024
"""More of an answer than this is not kept for a fault that needs all of it."""


class ProxyPort(AsyncHttpPort):
    """The port of httpx callers, for callers whose patience only shows when they hang up.

    Replies are held, shaped and told to the history as they are there, so that a fault means the same on both wires.
    """

    def __init__(self, passage: Passage, joined: Joined, incoming: Incoming, to: Origin) -> None:
        super().__init__(passage, endless=True)
        self._joined = joined
        self._incoming = incoming
        self._to = to
        self._used_up = False

    async def wait(self, seconds: float) -> None:
        """Let time pass; a client that has enough of it ends the task."""
        await self._joined.sleep(seconds)

    async def hang(self) -> NoReturn:
        """Until the client hangs up, or the trial is over."""
        await self._joined.over.wait()
        raise HealedError

    async def stand_still(self, seconds: float) -> None:
        """The client's process is stopped; what it has sent already sets out when it goes on."""
        await self.wait(seconds)

    async def gone(self) -> NoReturn:
        """There is nobody at the other end."""
        raise TornError

    def hang_up(self) -> None:
        """The connection ends with this answer."""
        self._incoming.client.is_last = True

    async def hold(self, calls: int, limit_s: float) -> None:
        """Until further calls have begun, over whichever wire and in whichever thread."""
        overtaken = asyncio.Event()
        self._flight.engine.when_overtaken(calls, from_any_thread(overtaken.set))
        waiting = [asyncio.create_task(event.wait()) for event in (overtaken, self._joined.over)]
        try:
            await asyncio.wait(waiting, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def deliver_later(self, request: Request, seconds: float) -> None:
        """Hand over after a while, whoever still waits."""
        if self._incoming.whole is None:
            raise self._too_large()
        self._joined.after(seconds, partial(self._deliver_whole, request))

    async def collect(self, held: Held) -> Reply:
        """The whole reply, of which there is an end."""
        if held.source is not None:
            held.source = self._measured(held.source)
        return await super().collect(held)

    async def _deliver(self, request: Request) -> Held:
        return await self._hand_over(self._incoming.client.upstream, request)

    async def _deliver_whole(self, request: Request) -> Held:
        """To its end, on a connection of its own: the client's may be gone by then."""
        connection = Connection(self._to)
        try:
            held = await self._hand_over(connection, request)
            await self.collect(held)
        finally:
            connection.close()
        return held

    async def _hand_over(self, connection: Connection, request: Request) -> Held:
        incoming = self._incoming
        untouched = request is self._flight.request
        headers = incoming.headers if untouched else _raw(request)
        if incoming.whole is None:
            body: Any = self._once()
            length = incoming.length
        else:
            body = request.body
            length = len(body)
        target = incoming.target if untouched else _target(request)
        method = incoming.method if untouched else request.method.encode("latin-1")
        answer = await connection.send(method, target, framed(passed_on(headers), length), body)

        async def close() -> None:
            if not answer.done:
                connection.close()

        return Held(answer.status, text_of(answer.headers), source=answer.chunks(), close=close, delivered=True)

    def _once(self) -> Any:
        """A body that is too large to be kept is there only once."""
        if self._used_up:
            raise self._too_large()
        self._used_up = True
        return self._incoming.chunks()

    def _too_large(self) -> Exception:
        msg = (
            f"{self._flight.call}: its body is larger than a proxy keeps, so that it cannot be delivered twice or"
            " later; choose another fault for it, or another call for the fault"
        )
        return self._flight.engine.problem(UsageError(msg))

    async def _measured(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        left = KEEP_BYTES
        async for chunk in chunks:
            left -= len(chunk)
            if left < 0:
                msg = (
                    f"{self._flight.call}: its answer has more than the {KEEP_BYTES:,} bytes that a proxy keeps for a"
                    " fault that needs all of it; choose another fault for it, or another call for the fault"
                )
                raise self._flight.engine.problem(UsageError(msg))
            yield chunk

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        return self._joined.spawn(work)

    def _tell_delivered(self, held: Held, reply: Reply) -> None:
        if not self._joined.over.is_set():
            super()._tell_delivered(held, reply)


def framed(headers: RawHeaders, length: int | None) -> RawHeaders:
    """Headers that say truly how long the body of a request is; None: nobody knows."""
    kept = [pair for pair in headers if pair[0].lower() != b"content-length"]
    if length is None:
        return [*kept, (b"Transfer-Encoding", b"chunked")]
    had = len(kept) != len(headers)
    return [*kept, (b"Content-Length", b"%d" % length)] if length or had else kept


def _raw(request: Request) -> RawHeaders:
    return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in request.headers]


def _target(request: Request) -> bytes:
    from urllib.parse import urlsplit

    parts = urlsplit(request.url)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}".encode("latin-1", "replace")
