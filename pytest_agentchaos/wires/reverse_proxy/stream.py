"""One TCP connection, from either side: bytes in as somebody wants them, bytes out as the peer takes them."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

BUFFER_BYTES: Final = 256 * 1024
"""More than this is not taken from a peer before somebody has read it."""
_UNSENT_BYTES: Final = 256 * 1024
_LINGER_S: Final = 2.0
_RESET_AT_ONCE: Final = struct.pack("ii", 1, 0)


class Stream(asyncio.Protocol):
    """What is written leaves at the end of the loop's turn, in one piece; nothing is held back for longer."""

    def __init__(self, connected: Callable[[Stream], None] | None = None) -> None:
        self._connected = connected
        self._transport: Any = None
        self._loop = asyncio.get_running_loop()
        self._came: list[bytes] = []
        self._came_bytes = 0
        self._out: list[bytes] = []
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._is_full = False
        self._is_choked = False
        self.ended = False
        """Whether the peer sends no more."""
        self.lost = False
        """Whether nothing can be sent any more."""
        self.error: Exception | None = None
        """Why, if it did not end in good order."""
        self.when_lost: Callable[[], object] | None = None

    # What the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        self._transport = transport
        self._transport.set_write_buffer_limits(high=_UNSENT_BYTES)
        if self._connected is not None:
            self._connected(self)

    def data_received(self, data: bytes) -> None:
        """Keep it until somebody reads."""
        self._came.append(data)
        self._came_bytes += len(data)
        if self._came_bytes > BUFFER_BYTES and not self._is_full:
            self._is_full = True
            self._transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        """The peer has gone; HTTP knows no peer that goes on listening after that."""
        self.ended = True
        _wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self.lost = self.ended = True
        self.error = exc
        self._out.clear()
        _wake(self._reader)
        _wake(self._writer)
        if self.when_lost is not None:
            self.when_lost()

    def pause_writing(self) -> None:
        """The peer takes less than it is sent."""
        self._is_choked = True

    def resume_writing(self) -> None:
        """It takes more again."""
        self._is_choked = False
        _wake(self._writer)

    # What the rest of the proxy calls

    @property
    def is_quiet(self) -> bool:
        """Whether it is open, and nothing has come that nobody has read."""
        return not self.ended and not self._came

    async def read(self) -> bytes:
        """What has come; nothing at the end."""
        if not self._came and not self.ended:
            self._reader = self._loop.create_future()
            await self._reader
        data = self._came[0] if len(self._came) == 1 else b"".join(self._came)
        self._came.clear()
        self._came_bytes = 0
        if self._is_full and not self.lost:
            self._is_full = False
            self._transport.resume_reading()
        return data

    def put(self, data: bytes) -> None:
        """Send it soon."""
        if not self.lost and data:
            if not self._out:
                self._loop.call_soon(self.flush)
            self._out.append(data)

    def flush(self) -> None:
        """Send it now."""
        if self._out and not self._transport.is_closing():
            self._transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()

    async def drain(self) -> None:
        """Wait for a peer that takes less than it is sent."""
        if self._is_choked and not self.lost:
            self._writer = self._loop.create_future()
            await self._writer

    async def sent(self) -> None:
        """Wait until the peer's machine has everything."""
        self.flush()
        if not self.lost and self._transport.get_write_buffer_size():
            self._transport.set_write_buffer_limits(high=0)
            self._is_choked = True
            await self.drain()

    async def part(self) -> None:
        """Say no more, and wait for the peer to read that: bytes that it still sends would tear the connection."""
        self.flush()
        if self.lost or not self._transport.can_write_eof():
            return self.close()
        try:
            self._transport.write_eof()
        except OSError:  # it was torn, and the loop does not know yet
            return self.close()
        try:
            async with asyncio.timeout(_LINGER_S):
                while await self.read():
                    pass
        except TimeoutError:
            pass
        return self.close()

    def close(self) -> None:
        """End it in good order, once everything is sent."""
        if self._transport is not None:
            self.flush()
            self._transport.close()

    def reset(self) -> None:
        """Tear it: the peer sees a reset."""
        if self._transport is not None and not self.lost:
            opened = self._transport.get_extra_info("socket")
            if opened is not None:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
            self._transport.abort()


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
