"""The way to the one upstream. Each client's connection has one of its own, so that both live and die alike.

A pool, as httpx2 has one, would hide from the client how the upstream's connections end, and could hand one that has
just died to a request that must not be repeated. h11 by itself also takes a quarter of the time of httpx2's transport.
"""

from __future__ import annotations

import asyncio
import errno
import os
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import h11

from pytest_agentchaos.wires.reverse_proxy.stream import Stream

RawHeaders = list[tuple[bytes, bytes]]
HEAD_BYTES: Final = 64 * 1024
"""Longer heads are refused, from whichever side they come."""
CONNECT_S: Final = 10.0


class UnreachableError(Exception):
    """Nothing was sent, because nobody could be reached."""


class BrokenError(Exception):
    """The upstream has gone away before its answer was complete."""

    def __init__(self, words: str, *, torn: bool) -> None:
        super().__init__(words)
        self.torn = torn
        """By a reset, and not in good order."""


class GarbageError(Exception):
    """The upstream sends what is no HTTP."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the upstream listens."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None

    @property
    def authority(self) -> str:
        """As it stands in a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def origin(url: str) -> Origin:
    """The origin of a URL; for https with the certificates that httpx2 trusts."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        import httpx2

        return Origin(parts.hostname or "", parts.port or 443, httpx2.create_ssl_context())
    return Origin(parts.hostname or "", parts.port or 80)


class Answer:
    """The head of a reply, and its body as it comes."""

    def __init__(self, head: h11.Response, connection: Connection) -> None:
        self.status = head.status_code
        self.reason = head.reason
        self.headers: RawHeaders = head.headers.raw_items()
        self.done = False
        """Whether the last piece of the body has been given."""
        self._connection = connection

    async def chunks(self) -> AsyncIterator[bytes]:
        """What has come together is given together; nothing waits for more."""
        connection = self._connection
        pieces: list[bytes] = []
        while True:
            event = connection.event()
            if type(event) is h11.Data:
                pieces.append(bytes(event.data))
                continue
            if type(event) is h11.EndOfMessage:
                self.done = True
                connection.answered()
            if pieces:
                yield b"".join(pieces)
                pieces.clear()
            if self.done:
                return
            await connection.more()


class Connection:
    """One connection to the upstream, made when it is first needed, and again when it has ended."""

    def __init__(self, to: Origin) -> None:
        self._to = to
        self._stream: Stream | None = None
        self._http = h11.Connection(h11.CLIENT, HEAD_BYTES)
        self._upload: asyncio.Task[None] | None = None
        self._failure: Exception | None = None
        self.when_lost: Any = None
        """Called when it ends while nothing is under way."""

    async def send(
        self, method: bytes, target: bytes, headers: RawHeaders, body: bytes | AsyncIterator[bytes]
    ) -> Answer:
        """Send one request; its answer, as soon as that begins."""
        stream = await self._ready()
        head = h11.Request(method=method, target=target, headers=[(b"Host", self._to.authority.encode()), *headers])
        stream.put(self._http.send(head))
        if isinstance(body, bytes):
            if body:
                stream.put(self._http.send(h11.Data(body)))
            stream.put(self._http.send(h11.EndOfMessage()))
            await stream.drain()
        else:
            self._upload = asyncio.get_running_loop().create_task(self._send_body(stream, body))
        while type(event := self.event()) is not h11.Response:
            if event is h11.NEED_DATA:
                await self.more()
        return Answer(event, self)

    def event(self) -> Any:
        """The next event, if it is there."""
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as error:
            stream = self._stream
            if stream is None or stream.ended:
                raise self._broken() from error
            raise GarbageError(str(error)) from error

    async def more(self) -> None:
        """Wait for more bytes of the answer."""
        stream = self._stream
        data = await stream.read() if stream is not None else b""
        if not data and (stream is None or stream.error is not None or self._failure is not None):
            raise self._broken()
        if not data and self._http.their_state is h11.SEND_RESPONSE:
            msg = "it closed the connection without an answer"
            raise BrokenError(msg, torn=False)
        self._http.receive_data(data)

    def answered(self) -> None:
        """The answer is complete; the connection may carry another request, unless more has come than the answer."""
        http = self._http
        if http.our_state is h11.DONE and http.their_state is h11.DONE and not http.trailing_data[0]:
            http.start_next_cycle()
        else:
            self.close()

    @property
    def is_idle(self) -> bool:
        """Whether it can carry a request now; bytes that nobody has asked for would be taken for its answer."""
        return self._stream is not None and self._stream.is_quiet and self._http.our_state is h11.IDLE

    def close(self) -> None:
        """End it; what is under way on it is given up."""
        if self._upload is not None:
            self._upload.cancel()
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.when_lost = None
            stream.close()

    async def _ready(self) -> Stream:
        if self._stream is not None and self.is_idle:
            return self._stream
        self.close()
        self._http = h11.Connection(h11.CLIENT, HEAD_BYTES)
        self._stream = stream = await _connect(self._to)
        stream.when_lost = self._lost
        return stream

    def _lost(self) -> None:
        if self._http.our_state is h11.IDLE and self.when_lost is not None:
            self.when_lost()

    async def _send_body(self, stream: Stream, body: AsyncIterator[bytes]) -> None:
        try:
            async for chunk in body:
                stream.put(self._http.send(h11.Data(chunk)))
                await stream.drain()
            stream.put(self._http.send(h11.EndOfMessage()))
        except Exception as error:  # noqa: BLE001 - of the client's body; raised where the answer is awaited
            self._failure = error
            stream.reset()

    def _broken(self) -> Exception:
        if self._failure is not None:
            return self._failure
        error = None if self._stream is None else self._stream.error
        if error is None:
            return BrokenError("it closed the connection before its answer was complete", torn=False)
        return BrokenError(f"the connection broke: {_why(error)}", torn=True)


async def _connect(to: Origin) -> Stream:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_S):
            name = to.host if to.tls is not None else None
            _, stream = await loop.create_connection(Stream, to.host, to.port, ssl=to.tls, server_hostname=name)
    except TimeoutError:
        msg = f"{to.authority}: no connection within {CONNECT_S:g} s"
        raise UnreachableError(msg) from None
    except (OSError, ssl.SSLError) as error:
        msg = f"{to.authority}: {_why(error)}"
        raise UnreachableError(msg) from error
    return stream


def _why(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
    if number is None or number not in errno.errorcode:  # a name that nobody knows has a number of its own kind
        return str(error) or type(error).__name__
    return f"[Errno {number}] {os.strerror(number)}"
