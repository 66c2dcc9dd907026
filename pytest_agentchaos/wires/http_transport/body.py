"""Bodies that callers get through the wire: watched as they pass, and shaped where a fault wants it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Iterator
from typing import Any, NoReturn, Protocol

from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.wires.shaping import Ending, Item, Pause, Shaper

KEEP_BYTES = 1 << 20
"""More of a body than this is not kept for the history."""


class Record:
    """What has passed of one body, and whom to tell when it ends."""

    __slots__ = ("_came", "_ended", "_kept", "_told", "size")

    def __init__(self, ended: Callable[[bytes, str | None], None]) -> None:
        self._ended = ended
        self._kept: list[bytes] = []
        self._came: list[bytes] = []
        self._told = False
        self.size = 0

    def passed(self, chunk: bytes) -> None:
        """A chunk reached the caller."""
        self.size += len(chunk)
        if self.size <= KEEP_BYTES:
            self._kept.append(chunk)
        else:
            self._kept.clear()

    def came(self, chunk: bytes) -> None:
        """A chunk of a body that a fault shapes came from the callee, whatever of it passes."""
        if self.size <= KEEP_BYTES:
            self._came.append(chunk)

    @property
    def whole(self) -> bytes | None:
        """What came from the callee so far, if a fault shapes the body."""
        return b"".join(self._came) if self._came else None

    def end(self, error: str | None = None) -> None:
        """No more will pass."""
        if not self._told:
            self._told = True
            # Of a body that is too big to keep the history tells its size alone; zeros that nobody reads take no room.
            self._ended(bytes(self.size) if self.size > KEEP_BYTES else b"".join(self._kept), error)
            self._kept = []


class Watched:
    """A byte stream that is as the one underneath, and tells a record what passes."""

    def __init__(self, source: Any, record: Record) -> None:
        self._source = source
        self._record = record

    def put_under(self, around: Callable[[Any], Any]) -> None:
        """Read the source through something."""
        self._source = around(self._source)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_source":
            raise AttributeError(name)
        return getattr(self._source, name)

    def __iter__(self) -> Iterator[bytes]:
        record, chunks = self._record, iter(self._source)
        try:
            for chunk in chunks:
                record.passed(chunk)
                yield chunk
        except GeneratorExit:
            raise  # the caller has seen enough, and will close
        except BaseException as error:
            record.end(told(error))
            raise
        finally:
            if isinstance(chunks, Generator):
                chunks.close()
        record.end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        record, chunks = self._record, aiter(self._source)
        try:
            async for chunk in chunks:
                record.passed(chunk)
                yield chunk
        except GeneratorExit:
            raise  # the caller has seen enough, and will close
        except BaseException as error:
            record.end(told(error))
            raise
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()
        record.end()

    def close(self) -> None:
        """The caller is done with it."""
        self._record.end()
        self._source.close()

    async def aclose(self) -> None:
        """The caller is done with it."""
        self._record.end()
        await self._source.aclose()


class BodyPort(Protocol):
    """What bodies need of their wire, async or sync."""

    def renew(self) -> None:
        """The caller's read timeout starts anew."""

    async def next_chunk(self, source: AsyncIterator[bytes]) -> bytes | None:
        """The next chunk of an async source, within the caller's read timeout; None at its end."""

    async def wait(self, seconds: float) -> None:
        """Let time pass, within the caller's read timeout."""

    async def hang(self) -> NoReturn:
        """Wait for the caller's own timeout."""

    def reset(self) -> NoReturn:
        """Raise what a torn connection raises while a body is read."""


Cut = Callable[[], Exception | None]
"""Asked when a fault ends a body in good order: what the library raises if the head had promised more."""


class AsyncBody:
    """A body on its way to an async caller, as the steps of a program shape it."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a body is made of
        self,
        source: Any,
        port: BodyPort,
        shaper: Shaper | None,
        cut: Cut,
        close: Callable[[], Any] | None,
        came: Callable[[bytes], None],
    ) -> None:
        self._source = source
        self._port = port
        self._shaper = shaper
        self._cut = cut
        self._close = close
        self._came = came

    async def __aiter__(self) -> AsyncIterator[bytes]:
        port = self._port
        port.renew()
        chunk: bytes | None = b""
        while chunk is not None:
            chunk = await port.next_chunk(self._source)
            if chunk is not None and self._shaper is not None:
                self._came(chunk)
            for item in _items(self._shaper, chunk):
                match item:
                    case bytes():
                        yield item
                        port.renew()
                    case Pause(seconds):
                        await port.wait(seconds)
                    case Ending("end"):
                        _end(self._cut)
                        return
                    case Ending("reset"):
                        port.reset()
                    case Ending():
                        await port.hang()

    async def aclose(self) -> None:
        """The caller is done with it."""
        if isinstance(self._source, AsyncGenerator):
            await self._source.aclose()
        if self._close is not None:
            await self._close()


class SyncBody:
    """The same on its way to a sync caller."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a body is made of
        self,
        source: Any,
        port: Any,
        shaper: Shaper | None,
        cut: Cut,
        close: Callable[[], Any] | None,
        came: Callable[[bytes], None],
    ) -> None:
        self._source = source
        self._port = port
        self._shaper = shaper
        self._cut = cut
        self._close = close
        self._came = came

    def __iter__(self) -> Iterator[bytes]:
        port = self._port
        port.renew()
        chunk: bytes | None = b""
        while chunk is not None:
            chunk = port.next_block(self._source)
            if chunk is not None and self._shaper is not None:
                self._came(chunk)
            for item in _items(self._shaper, chunk):
                match item:
                    case bytes():
                        yield item
                        port.renew()
                    case Pause(seconds):
                        port.wait_now(seconds)
                    case Ending("end"):
                        _end(self._cut)
                        return
                    case Ending("reset"):
                        port.reset()
                    case Ending():
                        port.hang_now()

    def close(self) -> None:
        """The caller is done with it."""
        if isinstance(self._source, Generator):
            self._source.close()
        if self._close is not None:
            self._close()


def _items(shaper: Shaper | None, chunk: bytes | None) -> Iterable[Item]:
    if shaper is None:
        return () if chunk is None else (chunk,)
    return shaper.finish() if chunk is None else shaper.feed(chunk)


def _end(cut: Cut) -> None:
    error = cut()
    if error is not None:
        raise error


async def once(body: bytes) -> AsyncGenerator[bytes, None]:
    """A whole body as the only chunk of a stream."""
    yield body
