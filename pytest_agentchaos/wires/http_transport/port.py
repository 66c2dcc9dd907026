"""The HTTP wire's ports: what the steps of a fault mean to an httpx caller, async and sync.

A caller's timeout counts from its last sign of life, as on a socket: the read timeout starts when the request
is handed over, and anew with each chunk that arrives.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NoReturn

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.engine import Flight
from pytest_agentchaos.errors import HungError, UsageError
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.steps import Cut, Drip, Insert
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.asgi import AppCrashedError, AsgiHost
from pytest_agentchaos.wires.http_transport.body import Record
from pytest_agentchaos.wires.http_transport.held import Held
from pytest_agentchaos.wires.http_transport.library import Library, decoded, headers_of
from pytest_agentchaos.wires.shaping import Shaper
from pytest_agentchaos.wires.upstreams import Handler, Upstream

Send = Callable[[Any], Any]
"""The transport's own method: the library's request in, its response out (awaitable on async transports)."""


class HttpPort:
    """What both ports share: the caller's patience, the library's errors, the form of a reply."""

    def __init__(self, active: Active, lib: Library, request: Any, flight: Flight, upstream: Upstream | None) -> None:
        self._active = active
        self._lib = lib
        self._request = request
        self._flight = flight
        self._upstream = upstream
        timeout = request.extensions.get("timeout") or {}
        self._read_s: float | None = timeout.get("read")
        self._until_s: float | None = None
        self.renew()

    def renew(self) -> None:
        """The caller's read timeout starts anew."""
        self._until_s = None if self._read_s is None else self._active.clock.now_s() + self._read_s

    def _left_s(self) -> float | None:
        return None if self._until_s is None else max(0.0, self._until_s - self._active.clock.now_s())

    def _timed_out(self) -> Exception:
        return self._lib.error("ReadTimeout", "The read operation timed out", self._request)

    def refuse(self) -> NoReturn:
        """Nobody listens there."""
        raise self._lib.error("ConnectError", "[Errno 111] Connection refused", self._request)

    def reset(self) -> NoReturn:
        """The connection broke."""
        raise self._lib.error("ReadError", "[Errno 104] Connection reset by peer", self._request)

    def present(self, reply: Reply) -> Held:
        """A whole reply in the wire's own form."""
        return Held(reply.status, reply.headers, whole=reply.body)

    def shape(self, held: Held, step: Cut | Drip | Insert) -> Held:
        """The same reply, whose body will come differently."""
        held.shapes.append(step)
        return held

    def _shaper(self, held: Held) -> Shaper | None:
        return Shaper(held.shapes, events=held.is_event_stream) if held.shapes else None

    def _whole(self, held: Held, raw: bytes) -> Reply:
        reply = decoded(self._lib, held.status, held.headers, raw)
        held.whole, held.chunks, held.blocks = reply.body, None, None
        held.headers = reply.headers
        if held.delivered:
            held.delivered = False
            self._flight.delivered(reply)
        return reply

    def _record(self, held: Held) -> Record:
        def ended(raw: bytes | None, error: str | None) -> None:
            reply = Reply(held.status, held.headers) if raw is None else decoded(self._lib, held.status, held.headers, raw)
            if held.delivered:
                held.delivered = False
                self._flight.delivered(reply)
            if error is None:
                self._flight.ok(reply)
            else:
                self._flight.ended("info", error)

        return Record(ended)

    def _own(self, request: Request) -> Any:
        """The request as the library's object: the caller's own, unless a fault has rewritten it."""
        if request is self._flight.request and not self._flight.program:
            return self._request
        plain = [pair for pair in request.headers if pair[0].lower() != "accept-encoding"]
        return self._lib.rebuilt(
            Request(request.method, request.url, (*plain, ("accept-encoding", "identity")), request.body), self._request
        )


class AsyncHttpPort(HttpPort):
    """For callers that await."""

    def __init__(  # noqa: PLR0913, PLR0917 - one call and everything around it
        self, active: Active, lib: Library, request: Any, flight: Flight, upstream: Upstream | None, send: Send
    ) -> None:
        super().__init__(active, lib, request, flight, upstream)
        self._send = send

    async def wait(self, seconds: float) -> None:
        """Let time pass, no longer than the caller waits."""
        import anyio

        left_s = self._left_s()
        if left_s is not None and seconds > left_s:
            await anyio.sleep(left_s)
            raise self._timed_out()
        await anyio.sleep(seconds)

    async def hang(self) -> NoReturn:
        """Until the caller's timeout, or for as long as it lives."""
        import anyio

        left_s = self._left_s()
        if left_s is None:
            await anyio.sleep_forever()
        await anyio.sleep(left_s or 0.0)
        raise self._timed_out()

    async def hold(self, calls: int, limit_s: float) -> None:
        """Until further calls have begun, or the limit."""
        import anyio

        overtaken = anyio.Event()
        self._flight.engine.when_overtaken(calls, overtaken.set)
        left_s = self._left_s()
        with anyio.move_on_after(limit_s if left_s is None else min(limit_s, left_s)):
            await overtaken.wait()
            await anyio.sleep(0)
        if left_s is not None and not self._left_s():
            raise self._timed_out()

    async def deliver(self, request: Request, copies: int) -> Held:
        """Hand over; the copies of one delivery are in flight together."""
        if copies == 1:
            return await self._within(self._deliver(request))
        deliveries = [self._spawn(self._deliver_whole(request)) for _ in range(copies)]
        done, _ = await self._within(asyncio.wait(deliveries, return_when=asyncio.FIRST_COMPLETED))
        first = next(task for task in deliveries if task in done)
        return first.result()  # type: ignore[no-any-return] - a task of _deliver_whole

    async def deliver_later(self, request: Request, seconds: float) -> None:
        """Hand over after a while, whoever still waits."""

        async def late() -> None:
            await asyncio.sleep(seconds)
            await self._deliver_whole(request)

        self._spawn(late())

    async def collect(self, held: Held) -> Reply:
        """The whole reply."""
        if held.whole is not None:
            return self._whole(held, held.whole)
        parts: list[bytes] = []
        if held.chunks is not None:
            while (chunk := await self.next_chunk(held.chunks)) is not None:
                parts.append(chunk)
                self.renew()
        if held.close is not None:
            await held.close()
        return self._whole(held, b"".join(parts))

    async def next_chunk(self, source: AsyncIterator[bytes]) -> bytes | None:
        """The next chunk within the caller's patience; None at the end."""
        try:
            return await self._within(anext(source, None))  # type: ignore[arg-type] - anext gives an awaitable
        except AppCrashedError:
            self.reset()

    def response(self, held: Held) -> Any:
        """What the caller gets."""
        lib = self._lib
        if held.whole is not None and not held.shapes:
            reply = self._whole(held, held.whole)
            self._flight.ok(reply)
            return lib.whole(reply.status, reply.headers, reply.body)
        source = _once(held.whole) if held.whole is not None else held.chunks
        body = lib.async_body(source, self._record(held), port=self, shaper=self._shaper(held), close=held.close)
        return lib.response(held.status, held.headers, body)

    async def _deliver(self, request: Request) -> Held:
        if self._upstream is None:
            response = await self._send(self._own(request))
            source = aiter(response.stream)
            return Held(
                response.status_code, headers_of(response), chunks=source, close=response.stream.aclose, delivered=True
            )
        answer = self._upstream.answer
        if isinstance(answer, AsgiHost):
            return await self._ask(answer, request)
        return _answered(answer, request)

    async def _ask(self, host: AsgiHost, request: Request) -> Held:
        try:
            reply = await host.request(request, self._spawn)
        except AppCrashedError as error:
            self._flight.engine.note(upstream_error=str(error))
            return Held(500, (("content-type", "text/plain"),), whole=b"Internal Server Error", delivered=True)
        return Held(reply.status, reply.headers, chunks=reply.chunks, delivered=True)

    async def _deliver_whole(self, request: Request) -> Held:
        """To its end, whoever waits."""
        patient = AsyncHttpPort(self._active, self._lib, self._request, self._flight, self._upstream, self._send)
        patient._read_s = patient._until_s = None
        held = await patient._deliver(request)
        await patient.collect(held)
        return held

    async def _within(self, work: Any) -> Any:
        """Await within the caller's patience."""
        import anyio

        left_s = self._left_s()
        if left_s is None or not (self._active.sim or self._upstream):
            return await work
        with anyio.move_on_after(left_s) as scope:
            return await work
        if scope.cancelled_caught:
            raise self._timed_out()
        raise AssertionError  # pragma: no cover - a scope that ends without a result was cancelled

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        try:
            return self._active.late.spawn(work)
        except RuntimeError:
            work.close()
            msg = "copies in flight, late deliveries and ASGI upstreams need asyncio; under trio use other faults"
            raise self._flight.engine.problem(UsageError(msg)) from None


class SyncHttpPort(HttpPort):
    """For callers that block. Nothing here ever suspends (see ``interpreter.run_inline``)."""

    def __init__(  # noqa: PLR0913, PLR0917 - one call and everything around it
        self, active: Active, lib: Library, request: Any, flight: Flight, upstream: Upstream | None, send: Send
    ) -> None:
        super().__init__(active, lib, request, flight, upstream)
        self._send = send

    async def wait(self, seconds: float) -> None:
        """Let time pass, no longer than the caller waits."""
        self.wait_now(seconds)

    def wait_now(self, seconds: float) -> None:
        """The same, for bodies."""
        left_s = self._left_s()
        if left_s is not None and seconds > left_s:
            self._active.clock.wait(left_s)
            raise self._timed_out()
        self._active.clock.wait(seconds)

    async def hang(self) -> NoReturn:
        """Until the caller's timeout; without one, the caller has hung."""
        self.hang_now()

    def hang_now(self) -> NoReturn:
        """The same, for bodies."""
        left_s = self._left_s()
        if left_s is None:
            msg = f"{self._flight.call} will never be answered and its caller set no timeout: it waits for ever"
            raise HungError(msg)
        self._active.clock.wait(left_s)
        raise self._timed_out()

    async def hold(self, calls: int, limit_s: float) -> None:
        """A blocked caller cannot be overtaken by itself: the limit passes."""
        del calls
        self.wait_now(limit_s)

    async def deliver(self, request: Request, copies: int) -> Held:
        """Hand over; on one thread, the copies arrive one after the other before any answer is back."""
        first = self._deliver(request)
        if copies == 1:
            return first
        self._collect(first)
        for _ in range(copies - 1):
            self._collect(self._deliver(request))
        return first

    async def deliver_later(self, request: Request, seconds: float) -> None:
        """Hand over after a while, whoever still waits."""
        patient = SyncHttpPort(self._active, self._lib, self._request, self._flight, self._upstream, self._send)
        patient._read_s = patient._until_s = None
        self._active.late.after(seconds, lambda: patient._collect(patient._deliver(request)))

    async def collect(self, held: Held) -> Reply:
        """The whole reply."""
        return self._collect(held)

    def _collect(self, held: Held) -> Reply:
        if held.whole is not None:
            return self._whole(held, held.whole)
        parts: list[bytes] = []
        if held.blocks is not None:
            while (chunk := self.next_chunk(held.blocks)) is not None:
                parts.append(chunk)
                self.renew()
        if held.close is not None:
            held.close()
        return self._whole(held, b"".join(parts))

    def next_chunk(self, source: Iterator[bytes]) -> bytes | None:
        """The next chunk within the caller's patience; None at the end."""
        try:
            return self._timed(lambda: next(source, None))
        except AppCrashedError:
            self.reset()

    def response(self, held: Held) -> Any:
        """What the caller gets."""
        lib = self._lib
        if held.whole is not None and not held.shapes:
            reply = self._whole(held, held.whole)
            self._flight.ok(reply)
            return lib.whole(reply.status, reply.headers, reply.body)
        source = iter((held.whole,)) if held.whole is not None else held.blocks
        body = lib.sync_body(source, self._record(held), port=self, shaper=self._shaper(held), close=held.close)
        return lib.response(held.status, held.headers, body)

    def _deliver(self, request: Request) -> Held:
        if self._upstream is None:
            response = self._timed(lambda: self._send(self._own(request)))
            source = iter(response.stream)
            return Held(
                response.status_code, headers_of(response), blocks=source, close=response.stream.close, delivered=True
            )
        answer = self._upstream.answer
        if isinstance(answer, AsgiHost):
            return self._ask(answer, request)
        return self._timed(lambda: _answered(answer, request))

    def _ask(self, host: AsgiHost, request: Request) -> Held:
        """An async app behind a sync caller runs on the trial's own loop, turn by turn."""
        run = self._active.run_coroutine
        if run is None:
            msg = (
                f"{self._flight.call}: an ASGI app or MCP server cannot stand behind a sync client in live mode;"
                " start it on a port of its own, or run the trial in sim mode with agentchaos.run(...)"
            )
            raise self._flight.engine.problem(UsageError(msg))
        try:
            reply = run(self._patiently(lambda: host.request(request, self._active.late.spawn)))
        except AppCrashedError as error:
            self._flight.engine.note(upstream_error=str(error))
            return Held(500, (("content-type", "text/plain"),), whole=b"Internal Server Error", delivered=True)
        chunks = reply.chunks

        def blocks() -> Iterator[bytes]:
            while (chunk := run(self._patiently(lambda: anext(chunks, None)))) is not None:
                yield chunk

        return Held(reply.status, reply.headers, blocks=blocks(), delivered=True)

    async def _patiently(self, work: Callable[[], Any]) -> Any:
        left_s = self._left_s()
        try:
            async with asyncio.timeout(left_s) as patience:
                return await work()
        except TimeoutError:
            if not patience.expired():
                raise
            raise self._timed_out() from None

    def _timed(self, work: Callable[[], Any]) -> Any:
        """Something that runs on the caller's stack: when it took longer than the caller waits, the caller has left."""
        result = work()
        clock = self._active.clock
        if self._until_s is not None and clock.now_s() > self._until_s and isinstance(clock, VirtualClock):
            clock.rewind(self._until_s)
            raise self._timed_out()
        return result


def _answered(answer: Handler, request: Request) -> Held:
    reply = answer.handle(request)
    return Held(reply.status, reply.headers, whole=reply.body, delivered=True)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
