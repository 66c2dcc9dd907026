"""How long a caller waits: its read timeout, which starts anew with each sign of life, as on a socket."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any, TypeVar

from pytest_agentchaos.clock import Clock, VirtualClock
from pytest_agentchaos.wires.http_transport.library import Library

T = TypeVar("T")


class Patience:
    """The read timeout of one call."""

    __slots__ = ("_clock", "_lib", "_read_s", "_request", "_until_s")

    def __init__(
        self, clock: Clock, lib: Library, request: Any, *, since_s: float | None = None, endless: bool = False
    ) -> None:
        self._clock = clock
        self._lib = lib
        self._request = request
        self._read_s: float | None = None if endless else read_timeout_s(request)
        self._until_s: float | None = None
        self.renew(since_s)

    def renew(self, since_s: float | None = None) -> None:
        """The callee gave a sign of life, now if not earlier."""
        if self._read_s is not None:
            self._until_s = (self._clock.now_s() if since_s is None else since_s) + self._read_s

    def left_s(self) -> float | None:
        """How much longer the caller waits; None for ever."""
        return None if self._until_s is None else max(0.0, self._until_s - self._clock.now_s())

    def timed_out(self) -> Exception:
        """What the library raises when it is over."""
        return self._lib.error("ReadTimeout", "The read operation timed out", self._request)

    async def within(self, work: Awaitable[T]) -> T:
        """Await something no longer than the caller waits."""
        import anyio

        left_s = self.left_s()
        if left_s is None:
            return await work
        with anyio.move_on_after(left_s) as scope:
            return await work
        if scope.cancelled_caught:
            raise self.timed_out()
        raise AssertionError  # pragma: no cover - a scope that ends without a result was cancelled

    def check(self) -> None:
        """On the caller's stack something has come back: when it took longer than the caller waits, that has left."""
        clock = self._clock
        if self._until_s is not None and isinstance(clock, VirtualClock) and clock.now_s() > self._until_s:
            clock.rewind(self._until_s)
            raise self.timed_out()

    def over(self, work: Callable[[], T]) -> T:
        """Run something on the caller's stack, and check afterwards."""
        result = work()
        self.check()
        return result


class PatientStream:
    """The body of an in-process transport, which knows no timeouts of its own, under the caller's."""

    def __init__(self, source: Any, patience: Patience) -> None:
        self._source = source
        self._patience = patience

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_source":
            raise AttributeError(name)
        return getattr(self._source, name)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        patience, chunks = self._patience, aiter(self._source)
        try:
            while True:
                patience.renew()
                try:
                    chunk = await patience.within(anext(chunks))
                except StopAsyncIteration:
                    return
                yield chunk
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    def __iter__(self) -> Iterator[bytes]:
        patience, chunks = self._patience, iter(self._source)
        try:
            while True:
                patience.renew()
                chunk = patience.over(lambda: next(chunks, None))
                if chunk is None:
                    return
                yield chunk
        finally:
            if isinstance(chunks, Generator):
                chunks.close()

    async def aclose(self) -> None:
        """The caller is done with it."""
        await self._source.aclose()

    def close(self) -> None:
        """The caller is done with it."""
        self._source.close()


def read_timeout_s(request: Any) -> float | None:
    """The read timeout that the caller has set."""
    timeout: float | None = (request.extensions.get("timeout") or {}).get("read")
    return timeout
