"""The HTTP wire for callers that block. Nothing here ever suspends (see ``interpreter.run_inline``)."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from typing import Any, NoReturn

from pytest_agentchaos.errors import HungError, UsageError, explains_itself
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.processes import GONE, CrashedError
from pytest_agentchaos.wires.asgi import AppCrashedError, AppKilledError, AppNotStartedError, AsgiHost
from pytest_agentchaos.wires.http_transport.async_port import AsyncHttpPort
from pytest_agentchaos.wires.http_transport.body import Record, SyncBody
from pytest_agentchaos.wires.http_transport.held import Held
from pytest_agentchaos.wires.http_transport.library import headers_of
from pytest_agentchaos.wires.http_transport.port import HttpPort

__tracebackhide__ = explains_itself


class SyncHttpPort(HttpPort):
    """What a program does to a sync caller."""

    async def wait(self, seconds: float) -> None:
        """Let time pass, no longer than the caller waits."""
        self.wait_now(seconds)

    def wait_now(self, seconds: float) -> None:
        """The same, for bodies."""
        left_s = self._patience.left_s()
        if left_s is not None and seconds > left_s:
            self._active.clock.wait(left_s)
            raise self._patience.timed_out()
        self._active.clock.wait(seconds)

    async def hang(self) -> NoReturn:
        """Until the caller's timeout; without one, the caller has hung."""
        self.hang_now()

    def hang_now(self) -> NoReturn:
        """The same, for bodies."""
        left_s = self._patience.left_s()
        if left_s is None:
            msg = f"{self._flight.call} will never be answered and its caller set no timeout: it waits for ever"
            raise HungError(msg)
        self._active.clock.wait(left_s)
        raise self._patience.timed_out()

    async def stand_still(self, seconds: float) -> None:
        """The caller is blocked, and its patience with it."""
        self._active.clock.wait(seconds)
        self.renew()

    async def gone(self) -> NoReturn:
        """A stack cannot be stopped: it is unwound."""
        raise CrashedError(GONE)

    async def hold(self, calls: int, limit_s: float) -> None:
        """A blocked caller cannot be overtaken by itself: the limit passes."""
        del calls
        self.wait_now(limit_s)

    async def deliver(self, request: Request, copies: int) -> Held:
        """Hand over; on one thread, the copies arrive one after the other before any answer is back."""
        first = self._taken = self._deliver(request)
        if copies > 1:
            self._collect(first)
            for _ in range(copies - 1):
                self._collect(self._deliver(request))
        return first

    async def deliver_later(self, request: Request, seconds: float) -> None:
        """Hand over after a while, whoever still waits."""
        self._active.late.after(seconds, lambda: self._arrive(request))

    def _arrive(self, request: Request) -> None:
        upstream = self._passage.upstream
        if upstream is not None and isinstance(upstream.answer, AsgiHost) and _in_coroutine():
            # The moment came while the trial's own loop was running: the app answers there.
            port = AsyncHttpPort(self._passage, endless=True)
            self._active.late.spawn(port._deliver_whole(request))  # noqa: SLF001 - the other half of this wire
            return
        endless = SyncHttpPort(self._passage, endless=True)
        try:
            endless._collect(endless._deliver(request))
        except Exception as error:  # noqa: BLE001 - nobody waits for it, and whoever moved the clock is not to blame
            self._flight.engine.note(late_delivery=str(self._flight.call), error=told(error))

    async def collect(self, held: Held) -> Reply:
        """The whole reply."""
        return self._collect(held)

    def _collect(self, held: Held) -> Reply:
        if held.whole is not None:
            return self._whole(held, held.whole)
        parts: list[bytes] = []
        if held.source is not None:
            self.renew()
            while (chunk := self.next_block(held.source)) is not None:
                parts.append(chunk)
                self.renew()
        _close(held)
        return self._whole(held, b"".join(parts))

    def next_block(self, source: Iterator[bytes]) -> bytes | None:
        """The next chunk within the caller's patience; None at the end."""
        try:
            return self._patience.over(lambda: next(source, None))
        except AppCrashedError as error:
            self._flight.engine.note(upstream_error=str(error))
            raise self._incomplete() from None
        except AppKilledError:
            self.reset()

    def response(self, held: Held) -> Any:
        """What the caller gets."""
        if (own := self._untouched(held)) is not None:
            return own
        lib = self._lib
        if held.whole is not None:
            reply = self._whole(held, held.whole)
            if not held.shapes:
                self._flight.ok(reply)
                return lib.whole(reply.status, reply.headers, reply.body, held.extensions)
            held.source = iter((reply.body,))
        record = self._record(held)
        cut = self._cut(held, record)
        if held.shapes and held.is_compressed:
            held.source = self._decoded(held)
        body = SyncBody(held.source, self, self._shaper(held), cut, held.close, record.came)
        return lib.response(held.status, held.headers, lib.sync_stream(body, record), held.extensions)

    def abandon(self) -> None:
        """The caller will not get the reply that is in hand."""
        if self._taken is not None:
            _close(self._taken)

    def _decoded(self, held: Held) -> Iterator[bytes]:
        """A compressed body as it comes, decoded: events can be told apart only there."""
        stream = self._lib.sync_stream(_each(held.source), Record(_ignore))
        decoding = self._lib.response(held.status, held.headers, stream)
        held.forget_compression()
        return decoding.iter_bytes()  # type: ignore[no-any-return]

    def _deliver(self, request: Request) -> Held:
        passage = self._passage
        self._check_up()
        if passage.upstream is None:
            response = self._patience.over(lambda: passage.send(self._own(request)))
            return Held(
                response.status_code,
                headers_of(response),
                source=iter(response.stream),
                close=response.stream.close,
                extensions=response.extensions,
                delivered=True,
                own=response if hasattr(response, "_content") else None,
            )
        answer = passage.upstream.answer
        if isinstance(answer, AsgiHost):
            return self._ask(answer, request)
        return self._patience.over(lambda: self._answered(answer, request))

    def _ask(self, host: AsgiHost, request: Request) -> Held:
        """An async app behind a sync caller runs on the trial's own loop, turn by turn."""
        run = self._active.run_coroutine
        if run is None or _in_coroutine():
            msg = f"{self._flight.call}: {_NO_LOOP if run is None else _BUSY_LOOP}"
            raise self._flight.engine.problem(UsageError(msg))
        patience = self._patience
        try:
            reply = run(patience.within(host.request(request, self._active.late.spawn)))
        except AppCrashedError as error:
            return self._crashed(error)
        except AppNotStartedError as error:
            raise self._not_started(error) from error.__cause__
        except AppKilledError:
            self.reset()
        chunks = reply.chunks

        def blocks() -> Generator[bytes, None, None]:
            while True:
                try:
                    chunk = run(patience.within(_next(chunks)))
                except StopAsyncIteration:
                    return
                yield chunk

        return Held(reply.status, reply.headers, source=blocks(), close=reply.close, delivered=True)


_NO_LOOP = (
    "an ASGI app or MCP server cannot stand behind a sync client in live mode; start it on a port of its own,"
    " or run the trial in sim mode with agentchaos.run(...)"
)
_BUSY_LOOP = (
    "a sync client blocks the event loop that the ASGI app or MCP server behind it needs; use the async client,"
    " or call the sync one through asyncio.to_thread"
)


def _in_coroutine() -> bool:
    return asyncio._get_running_loop() is not None  # noqa: SLF001 - the public one raises


async def _next(chunks: Any) -> bytes:
    chunk: bytes = await anext(chunks)
    return chunk


def _close(held: Held) -> None:
    if isinstance(held.source, Generator):
        held.source.close()
    if held.close is not None:
        held.close()


def _each(blocks: Iterator[bytes]) -> Generator[bytes, None, None]:
    yield from blocks


def _ignore(*_: object) -> None:
    """Nobody asks what passes here."""
