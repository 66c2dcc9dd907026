"""A client's connection: one request after the other, read and answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import h11

from pytest_agentchaos.wires.reverse_proxy.head import RefusedError, check
from pytest_agentchaos.wires.reverse_proxy.stream import Stream
from pytest_agentchaos.wires.reverse_proxy.upstream import HEAD_BYTES, Connection, Origin, RawHeaders

_NO_BODY: Final = frozenset({204, 304})


class TornError(Exception):
    """The connection is to be torn here."""


class Incoming:
    """One request of a client, whose body may still have to come."""

    def __init__(self, client: Client, head: h11.Request) -> None:
        self.client = client
        self.method = head.method
        self.target = head.target
        self.headers: RawHeaders = head.headers.raw_items()
        told = dict(head.headers)
        self.host = told.get(b"host", b"")
        self.length: int | None = int(told[b"content-length"]) if b"content-length" in told else None
        self.is_chunked = b"transfer-encoding" in told
        self.whole: bytes | None = None if self.is_chunked or self.length else b""
        """The body, once all of it has been read."""
        self._read_ahead: list[bytes] = []

    async def read(self, limit_bytes: int) -> bytes | None:
        """The whole body; None if it is longer, and then :meth:`chunks` has all of it."""
        if self.whole is not None:
            return self.whole
        if self.length is not None and self.length > limit_bytes:
            return None
        size = 0
        async for chunk in self.client.body():
            self._read_ahead.append(chunk)
            size += len(chunk)
            if size > limit_bytes:
                return None
        self.whole = b"".join(self._read_ahead)
        return self.whole

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        ahead, self._read_ahead = self._read_ahead, []
        for chunk in ahead:
            yield chunk
        async for chunk in self.client.body():
            yield chunk


class Client:
    """Reads and writes one connection of a client; what it asks, ``serve`` answers."""

    def __init__(self, stream: Stream, to: Origin, *, local: bool) -> None:
        self.stream = stream
        self.upstream = Connection(to)
        self.upstream.when_lost = self._idle_end
        self.is_last = False
        """Whether the connection ends with this answer."""
        self.begun = False
        """Whether an answer is on its way."""
        self._local = local
        self._http = h11.Connection(h11.SERVER, HEAD_BYTES)
        self._method = b""
        self._has_body = True
        self._waits = False

    async def serve(self, answer: Callable[[Incoming], Awaitable[None]], complain: Callable[[str, str], None]) -> None:
        """Until either side ends it."""
        stream = self.stream
        try:
            while (request := await self._next()) is not None:
                self.begun = False
                await answer(request)
                if self.is_last or h11.DONE is not self._http.our_state or self._http.their_state is not h11.DONE:
                    return await stream.part()
                self._http.start_next_cycle()
        except (RefusedError, h11.RemoteProtocolError) as error:
            status = error.status if isinstance(error, RefusedError) else error.error_status_hint
            complain(f"refused, {status}", str(error))
            await self.refuse(status, str(error))
        except TornError:
            await stream.sent()
            stream.reset()
        except asyncio.CancelledError:
            pass  # the client has gone, or the proxy ends
        finally:
            self.upstream.close()
            stream.close()

    async def body(self) -> AsyncIterator[bytes]:
        """What is left of the body of the request."""
        http = self._http
        if http.they_are_waiting_for_100_continue:
            self.stream.put(http.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")))
        while True:
            event = http.next_event()
            if type(event) is h11.Data:
                yield bytes(event.data)
            elif event is h11.NEED_DATA:
                http.receive_data(await self.stream.read())
            else:
                return

    def begin(self, status: int, reason: bytes, headers: RawHeaders) -> None:
        """The head of the answer. A length stands in the headers, or the body is sent in chunks."""
        self.begun = True
        if self.is_last:
            headers = [*headers, (b"connection", b"close")]
        self.stream.put(self._http.send(h11.Response(status_code=status, headers=headers, reason=reason)))
        self._has_body = self._method != b"HEAD" and status not in _NO_BODY

    async def pass_on(self, chunk: bytes) -> None:
        """A piece of the body."""
        if self._has_body:
            self.stream.put(self._http.send(h11.Data(chunk)))
            await self.stream.drain()

    def end(self) -> None:
        """The body is complete."""
        self.stream.put(self._http.send(h11.EndOfMessage()))

    async def refuse(self, status: int, why: str) -> None:
        """An answer of the proxy's own, after which the connection ends."""
        if self.begun or self._http.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return self.stream.reset()
        body = f"agentchaos: {why}\n".encode("utf-8", "replace")
        self.is_last = True
        known = status in HTTPStatus.__members__.values()
        reason = HTTPStatus(status).phrase.encode() if known else b""
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        self.begin(status, reason, headers)
        await self.pass_on(body)
        self.end()
        return await self.stream.part()

    async def _next(self) -> Incoming | None:
        """The next request; None if there is none."""
        http = self._http
        self._waits = True
        while True:
            raw = http.trailing_data[0]
            event: Any = http.next_event()
            if event is h11.NEED_DATA:
                if not (data := await self.stream.read()):
                    return None
                http.receive_data(data)
            elif type(event) is h11.Request:
                self._waits = False
                self._method = event.method
                check(raw, event, local=self._local)
                incoming = Incoming(self, event)
                if incoming.whole is not None:
                    http.next_event()  # the end of a body that is none
                return incoming
            else:
                return None

    def _idle_end(self) -> None:
        """The upstream has ended a connection on which nothing is under way: the client's ends as well."""
        if self._waits:
            self.stream.close()
