"""Request bodies that were read before the transport could, to see what call it is: a generator gives them once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any


class ReadAhead:
    """The stream of a request that was read ahead: what reads it first gets the same chunks, or the same error.

    Whoever reads it again (for a redirect, say) gets what the stream itself has to say to that.
    """

    def __init__(self, source: Any, chunks: list[bytes], error: Exception | None) -> None:
        self._source = source
        self._chunks: list[bytes] | None = chunks
        self.error = error

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_source":
            raise AttributeError(name)
        return getattr(self._source, name)

    def __iter__(self) -> Iterator[bytes]:
        chunks, self._chunks = self._chunks, None
        if chunks is None:
            yield from self._source
            return
        yield from chunks
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks, self._chunks = self._chunks, None
        if chunks is None:
            async for chunk in self._source:
                yield chunk
            return
        for chunk in chunks:
            yield chunk
        if self.error is not None:
            raise self.error


def read_now(lib: Any, request: Any) -> bytes:
    """The body of a sync caller's request, which it can still send; the wrong sort is left to the transport."""
    if hasattr(request, "_content"):
        return request._content  # type: ignore[no-any-return]  # noqa: SLF001 - .content would join the chunks for good
    source, chunks, error = request.stream, [], None
    if not isinstance(source, lib.module.SyncByteStream):
        return b""
    try:
        for chunk in source:
            chunks.append(chunk)  # noqa: PERF402 - what came before an error counts
    except Exception as raised:  # noqa: BLE001 - of the caller's generator; raised again where it is sent
        error = raised
    request.stream = lib.read_ahead(source, chunks, error)
    return b"".join(chunks)


async def read_soon(lib: Any, request: Any) -> bytes:
    """The body of an async caller's request, which it can still send."""
    if hasattr(request, "_content"):
        return request._content  # type: ignore[no-any-return]  # noqa: SLF001 - as above
    source, chunks, error = request.stream, [], None
    if not isinstance(source, lib.module.AsyncByteStream):
        return b""
    try:
        async for chunk in source:
            chunks.append(chunk)  # noqa: PERF401 - as above
    except Exception as raised:  # noqa: BLE001 - as above
        error = raised
    request.stream = lib.read_ahead(source, chunks, error)
    return b"".join(chunks)
