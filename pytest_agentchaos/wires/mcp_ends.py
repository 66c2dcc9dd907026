"""The two streams that an MCP client holds in hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any, Self


class Reader:
    """The client's read stream, with the sender's context of the last message as in-memory streams have it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.last_context: Context | None = None
        """In which context the last message was sent, where a transport tells that."""

    async def receive(self) -> Any:
        """The next message."""
        self.last_context, item = await self._inner.receive()
        return item

    def close(self) -> None:
        """Receive nothing more."""
        self._inner.close()

    async def aclose(self) -> None:
        """Receive nothing more."""
        await self._inner.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        import anyio

        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()


class Writer:
    """The client's write stream."""

    def __init__(self, send: Callable[[Any], Awaitable[None]], close: Callable[[], Awaitable[None]]) -> None:
        self._send = send
        self._close = close

    async def send(self, item: Any) -> None:
        """Hand over a message."""
        await self._send(item)

    async def aclose(self) -> None:
        """Send nothing more."""
        await self._close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()
