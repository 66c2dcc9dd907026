"""Bodies that the wire gives to callers: they keep what passes, take shape, and respect the caller's read timeout."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, NoReturn, Protocol

from pytest_agentchaos.wires.shaping import Ending, Pause, Shaper

KEEP_BYTES = 1 << 20
"""More of a body than this is not kept for the history."""


class Record:
    """What has passed of one body, and whom to tell when it ends."""

    __slots__ = ("_ended", "_kept", "_told", "size")

    def __init__(self, ended: Callable[[bytes | None, str | None], None]) -> None:
        self._ended = ended
        self._kept: list[bytes] = []
        self._told = False
        self.size = 0

    def passed(self, chunk: bytes) -> None:
        """A chunk reached the caller."""
        self.size += len(chunk)
        if self.size <= KEEP_BYTES:
            self._kept.append(chunk)

    def end(self, error: str | None = None) -> None:
        """No more will pass."""
        if not self._told:
            self._told = True
            self._ended(None if self.size > KEEP_BYTES else b"".join(self._kept), error)
            self._kept = []


class BodyPort(Protocol):
    """What a body needs of its wire."""

    async def next_chunk(self, source: AsyncIterator[bytes]) -> bytes | None:
        """The next chunk of an async source, within the caller's read timeout; None at its end."""

    async def wait(self, seconds: float) -> None:
        """Let time pass, within the caller's read timeout."""

    async def hang(self) -> NoReturn:
        """Wait for the caller's own timeout."""

    def reset(self) -> NoReturn:
        """Raise what a torn connection raises while a body is read."""

    def renew(self) -> None:
        """The caller's read timeout starts anew."""


class AsyncBody:
    """The body of a response to an async caller."""

    def __init__(
        self,
        source: AsyncIterator[bytes],
        record: Record,
        *,
        port: BodyPort | None = None,
        shaper: Shaper | None = None,
        close: Callable[[], Awaitable[Any]] | None = None,
    ) -> None:
        self._source = source
        self._record = record
        self._port = port
        self._shaper = shaper
        self._close = close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks() if self._port is not None else self._source:
                self._record.passed(chunk)
                yield chunk
        except Exception as error:
            self._record.end(f"{type(error).__name__}: {error}")
            raise
        self._record.end()

    async def _chunks(self) -> AsyncIterator[bytes]:
        port, shaper = self._port, self._shaper
        if port is None:
            return
        port.renew()
        while True:
            chunk = await port.next_chunk(self._source)
            if shaper is None:
                if chunk is None:
                    return
                yield chunk
                port.renew()
                continue
            for item in shaper.finish() if chunk is None else shaper.feed(chunk):
                match item:
                    case bytes():
                        yield item
                        port.renew()
                    case Pause(seconds):
                        await port.wait(seconds)
                    case Ending("end"):
                        return
                    case Ending("reset"):
                        port.reset()
                    case Ending():
                        await port.hang()
            if chunk is None:
                return

    async def aclose(self) -> None:
        """The caller is done with it."""
        self._record.end()
        if self._close is not None:
            await self._close()


class SyncBody:
    """The body of a response to a sync caller."""

    def __init__(
        self,
        source: Iterator[bytes],
        record: Record,
        *,
        port: Any = None,
        shaper: Shaper | None = None,
        close: Callable[[], Any] | None = None,
    ) -> None:
        self._source = source
        self._record = record
        self._port = port
        self._shaper = shaper
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._chunks() if self._port is not None else self._source:
                self._record.passed(chunk)
                yield chunk
        except Exception as error:
            self._record.end(f"{type(error).__name__}: {error}")
            raise
        self._record.end()

    def _chunks(self) -> Iterator[bytes]:
        port, shaper = self._port, self._shaper
        port.renew()
        while True:
            chunk = port.next_chunk(self._source)
            if shaper is None:
                if chunk is None:
                    return
                yield chunk
                port.renew()
                continue
            for item in shaper.finish() if chunk is None else shaper.feed(chunk):
                match item:
                    case bytes():
                        yield item
                        port.renew()
                    case Pause(seconds):
                        port.wait_now(seconds)
                    case Ending("end"):
                        return
                    case Ending("reset"):
                        port.reset()
                    case Ending():
                        port.hang_now()
            if chunk is None:
                return

    def close(self) -> None:
        """The caller is done with it."""
        self._record.end()
        if self._close is not None:
            self._close()
