"""The HTTP wire for callers that await."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn, TypeVar

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.processes import WIRE, within
from pytest_agentchaos.wires.asgi import AppCrashedError, AppKilledError, AppNotStartedError, AsgiHost
from pytest_agentchaos.wires.http_transport.body import AsyncBody, Record, once
from pytest_agentchaos.wires.http_transport.held import Held
from pytest_agentchaos.wires.http_transport.library import headers_of
from pytest_agentchaos.wires.http_transport.port import HttpPort

__tracebackhide__ = explains_itself

T = TypeVar("T")


class AsyncHttpPort(HttpPort):
    """What a program does to an async caller."""

    async def wait(self, seconds: float) -> None:
        """Let time pass, no longer than the caller waits."""
        import anyio

        left_s = self._patience.left_s()
        if left_s is not None and seconds > left_s:
            await anyio.sleep(left_s)
            raise self._patience.timed_out()
        await anyio.sleep(seconds)

    async def hang(self) -> NoReturn:
        """Until the caller's timeout, or for as long as it lives."""
        import anyio

        left_s = self._patience.left_s()
        if left_s is None:
            # The report of a hang shows what stands in this name, in whatever frame waits.
            agentchaos_waits_for = f"{self._flight.call} will never be answered and its caller set no timeout"
            await anyio.sleep_forever()
            raise AssertionError(agentchaos_waits_for)  # pragma: no cover - for ever has no end
        await anyio.sleep(left_s)
        raise self._patience.timed_out()

    async def stand_still(self, seconds: float) -> None:
        """The loop does not go on with this task before the time is over."""
        del seconds
        await asyncio.sleep(0)
        self.renew()

    async def gone(self) -> NoReturn:
        """The loop never goes on with this task."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError  # pragma: no cover - nobody can complete that future

    async def hold(self, calls: int, limit_s: float) -> None:
        """Until further calls have begun, or the limit."""
        import anyio
        import anyio.lowlevel

        overtaken = anyio.Event()
        # In live mode the call that overtakes may be made in another thread.
        then = overtaken.set if self._active.sim else from_any_thread(overtaken.set)
        self._flight.engine.when_overtaken(calls, then)
        left_s = self._patience.left_s()
        patient = left_s is None or limit_s <= left_s
        with anyio.move_on_after(limit_s if patient else left_s) as scope:
            await overtaken.wait()
            await anyio.lowlevel.checkpoint()
        if scope.cancelled_caught and not patient:
            raise self._patience.timed_out()

    async def deliver(self, request: Request, copies: int) -> Held:
        """Hand over; the copies of one delivery are in flight together."""
        if copies == 1:
            held = self._taken = await self._within(self._deliver(request))
            return held
        on_its_way = within(WIRE)
        deliveries = [on_its_way.run(self._spawn, self._deliver_whole(request)) for _ in range(copies)]
        done, _ = await self._within(asyncio.wait(deliveries, return_when=asyncio.FIRST_COMPLETED))
        return next(task for task in deliveries if task in done).result()

    async def deliver_later(self, request: Request, seconds: float) -> None:
        """Hand over after a while, whoever still waits."""
        active = self._active
        try:
            active.late.begin_after(seconds, partial(self._deliver_whole, request), active.run_coroutine)
        except RuntimeError:
            raise self._no_asyncio() from None

    async def collect(self, held: Held) -> Reply:
        """The whole reply."""
        if held.whole is not None:
            return self._whole(held, held.whole)
        parts: list[bytes] = []
        if held.source is not None:
            self.renew()
            while (chunk := await self.next_chunk(held.source)) is not None:
                parts.append(chunk)
                self.renew()
        await _close(held)
        return self._whole(held, b"".join(parts))

    async def next_chunk(self, source: AsyncIterator[bytes]) -> bytes | None:
        """The next chunk within the caller's patience; None at the end."""
        try:
            return await self._within(anext(source))
        except StopAsyncIteration:
            return None
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
            held.source = once(reply.body)
        record = self._record(held)
        cut = self._cut(held, record)
        if held.shapes and held.is_compressed:
            held.source = self._decoded(held)
        body = AsyncBody(held.source, self, self._shaper(held), cut, held.close, record.came)
        return lib.response(held.status, held.headers, lib.async_stream(body, record), held.extensions)

    async def abandon(self) -> None:
        """The caller will not get the reply that is in hand."""
        if self._taken is not None:
            await _close(self._taken)

    def _decoded(self, held: Held) -> AsyncIterator[bytes]:
        """A compressed body as it comes, decoded: events can be told apart only there."""
        stream = self._lib.async_stream(_each(held.source), Record(_ignore))
        decoding = self._lib.response(held.status, held.headers, stream)
        held.forget_compression()
        return decoding.aiter_bytes()  # type: ignore[no-any-return]

    async def _deliver(self, request: Request) -> Held:
        passage = self._passage
        self._check_up()
        if passage.upstream is None:
            response = await passage.send(self._own(request))
            return Held(
                response.status_code,
                headers_of(response),
                source=aiter(response.stream),
                close=response.stream.aclose,
                extensions=response.extensions,
                delivered=True,
                own=response if hasattr(response, "_content") else None,
            )
        answer = passage.upstream.answer
        if isinstance(answer, AsgiHost):
            return await self._ask(answer, request)
        return self._answered(answer, request)

    async def _ask(self, host: AsgiHost, request: Request) -> Held:
        try:
            reply = await host.request(request, self._spawn)
        except AppCrashedError as error:
            return self._crashed(error)
        except AppNotStartedError as error:
            raise self._not_started(error) from error.__cause__
        except AppKilledError:
            self.reset()
        return Held(reply.status, reply.headers, source=reply.chunks, close=reply.aclose, delivered=True)

    async def _deliver_whole(self, request: Request) -> Held:
        """To its end, whoever waits."""
        endless = AsyncHttpPort(self._passage, endless=True)
        held = await endless._deliver(request)
        await endless.collect(held)
        return held

    async def _within(self, work: Awaitable[T]) -> T:
        return await (self._patience.within(work) if self._enforced else work)

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        try:
            return self._active.late.spawn(work)
        except RuntimeError:
            work.close()
            raise self._no_asyncio() from None

    def _no_asyncio(self) -> Exception:
        msg = "copies in flight, late deliveries and ASGI upstreams need asyncio; under trio use other faults"
        return self._flight.engine.problem(UsageError(msg))


def from_any_thread(then: Callable[[], object]) -> Callable[[], None]:
    """The same, on the loop that runs here, which may be gone by then."""
    try:
        schedule: Callable[..., object] = asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:
        import trio

        schedule = trio.lowlevel.current_trio_token().run_sync_soon

    def soon() -> None:
        with suppress(RuntimeError):
            schedule(then)

    return soon


async def _close(held: Held) -> None:
    if isinstance(held.source, AsyncGenerator):
        await held.source.aclose()
    if held.close is not None:
        await held.close()


async def _each(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    async for chunk in chunks:
        yield chunk


def _ignore(*_: object) -> None:
    """Nobody asks what passes here."""
