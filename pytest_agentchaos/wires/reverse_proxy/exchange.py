"""One request of a client, on its way to the upstream and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import httpx2

from pytest_agentchaos.dialects.http import PlainHTTP
from pytest_agentchaos.errors import AgentChaosError
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.message import Request
from pytest_agentchaos.flight import Flight, Passing
from pytest_agentchaos.processes import CrashedError
from pytest_agentchaos.wires.http_transport.body import Record
from pytest_agentchaos.wires.http_transport.library import library, text_of
from pytest_agentchaos.wires.http_transport.port import Passage
from pytest_agentchaos.wires.interpreter import interpret
from pytest_agentchaos.wires.reverse_proxy.client import Client, Incoming, TornError
from pytest_agentchaos.wires.reverse_proxy.head import agent_of, passed_on, relocated
from pytest_agentchaos.wires.reverse_proxy.joined import HealedError, Joined
from pytest_agentchaos.wires.reverse_proxy.port import ProxyPort, framed
from pytest_agentchaos.wires.reverse_proxy.upstream import (
    Answer,
    BrokenError,
    GarbageError,
    Origin,
    RawHeaders,
    UnreachableError,
)

if TYPE_CHECKING:
    from pytest_agentchaos.wires.reverse_proxy.proxy import Proxy

READ_BYTES: Final = 8 * 1024 * 1024
"""A larger request is not read as a whole, and so is plain HTTP, of which only the size is known."""
_AT_HAND_BYTES: Final = 64 * 1024
"""So much is read before it is sent on where nobody wants to look into it."""
_LIB: Final = library(httpx2)


class Bulk(PlainHTTP):
    """A request that nobody reads, because it is too large."""

    def __init__(self, length: int | None) -> None:
        self._length = length

    def read_call(self, request: Request) -> Call:
        """The call, with the size of its body if that was told."""
        call = super().read_call(request)
        return replace(call, arguments={**call.arguments, "body": {"bytes": self._length}})


class Exchanges:
    """Answers the requests of clients, in a trial and between trials."""

    def __init__(self, proxy: Proxy, to: Origin) -> None:
        self._proxy = proxy
        self._to = to

    async def answer(self, incoming: Incoming) -> None:
        """Carry one request, whatever comes of it."""
        client = incoming.client
        self._proxy.requests += 1
        try:
            await self._carry(incoming)
        except UnreachableError as error:
            self._proxy.complain("unreachable", str(error))
            await client.refuse(502, f"the upstream {self._proxy.upstream} cannot be reached: {error}")
        except GarbageError as error:
            self._proxy.complain("garbage", str(error))
            await client.refuse(502, f"the upstream {self._proxy.upstream} does not speak HTTP")
        except BrokenError as error:
            if error.torn:
                raise TornError from error
            await client.stream.sent()
            client.is_last = True
        except (HealedError, CrashedError, httpx2.ConnectError, httpx2.ReadError) as error:
            raise TornError from error
        except httpx2.RemoteProtocolError:  # a fault has cut a body of which the head had promised more
            await client.stream.sent()
            client.is_last = True
        except AgentChaosError as error:  # the trial knows it, and fails by it
            await client.refuse(500, f"{type(error).__name__}: {error}")

    async def _carry(self, incoming: Incoming) -> None:
        joined = self._proxy.joined
        if joined is None:
            await incoming.read(_AT_HAND_BYTES) if not incoming.is_chunked else None
            return await self._relay(incoming, await self._send(incoming), None)
        body = await incoming.read(READ_BYTES)
        request = Request(
            incoming.method.decode("latin-1"),
            self._proxy.origin + incoming.target.decode("latin-1"),
            text_of(incoming.headers),
            body or b"",
        )
        context = joined.context(agent_of(incoming.headers))
        begin = partial(self._begin, joined, request, None if body is not None else Bulk(incoming.length))
        noted: Flight | Passing = begin() if context is None else context.run(begin)
        joined.follow(noted)
        try:
            if isinstance(noted, Passing) or noted.program is None:
                await self._pass(incoming, joined, noted)
            else:
                await self._interpret(incoming, joined, noted)
        except BaseException as error:
            joined.lost(noted, error, never_sent=isinstance(error, (UnreachableError, *_LIB.never_sent)))
            raise

    def _begin(self, joined: Joined, request: Request, dialect: Bulk | None) -> Flight | Passing:
        engine = joined.engine
        if engine.idle:
            return Passing(engine, lambda: request, "proxy")
        return engine.begin(request, wire="proxy", dialect=dialect)

    async def _send(self, incoming: Incoming) -> Answer:
        whole = incoming.whole
        length = incoming.length if whole is None else len(whole)
        headers = framed(passed_on(incoming.headers), length)
        body: bytes | AsyncIterator[bytes] = incoming.chunks() if whole is None else whole
        return await incoming.client.upstream.send(incoming.method, incoming.target, headers, body)

    async def _pass(self, incoming: Incoming, joined: Joined, noted: Flight | Passing) -> None:
        """Nothing happens to this call: the upstream's own answer goes back, watched."""
        answer = await self._send(incoming)
        headers = text_of(answer.headers)

        def ended(raw: bytes, error: str | None) -> None:
            if error is None:
                joined.ok(noted, lambda: _LIB.decoded(answer.status, headers, raw))

        record = Record(ended)
        try:
            await self._relay(incoming, answer, record)
        except asyncio.CancelledError:
            if _is_event_stream(answer.headers):  # its caller has seen enough of it
                record.end()
            raise

    async def _relay(self, incoming: Incoming, answer: Answer, record: Record | None) -> None:
        """Pass on what comes, as it comes. A call is told to have ended before its caller can know that it has."""
        client = incoming.client
        client.begin(answer.status, answer.reason, self._returned(incoming, answer.headers))
        async for chunk in answer.chunks():
            if record is not None:
                record.passed(chunk)
                if answer.done:
                    record.end()
            await client.pass_on(chunk)
        if record is not None:
            record.end()
        client.end()

    async def _interpret(self, incoming: Incoming, joined: Joined, flight: Flight) -> None:
        """A fault happens to this call."""
        port = ProxyPort(Passage(joined.active, _LIB, None, flight, None, _nowhere), joined, incoming, self._to)
        try:
            program = flight.program or ()
            response = port.response(await interpret(program, flight, port))
            await self._give(incoming, response)
        finally:
            await port.abandon()
        joined.left(flight)

    async def _give(self, incoming: Incoming, response: Any) -> None:
        client: Client = incoming.client
        status, raw = response.status_code, response.headers.raw
        body = aiter(response.stream)
        promised = response.headers.get("content-length")
        events = _is_event_stream(raw)
        if events:
            raw = [pair for pair in raw if pair[0].lower() != b"content-length"]
        client.begin(status, _reason(status), self._returned(incoming, raw))
        size = 0
        try:
            chunk = await anext(body, None)
            while chunk is not None:
                size += len(chunk)
                is_last = promised is not None and not events and size >= int(promised)
                following = await anext(body, None) if is_last else b""  # as in _relay
                await client.pass_on(chunk)
                chunk = following if is_last else await anext(body, None)
        finally:
            await body.aclose()
        client.end()

    def _returned(self, incoming: Incoming, headers: RawHeaders) -> RawHeaders:
        proxy = self._proxy
        here = b"http://" + (incoming.host or proxy.authority.encode())
        return relocated(passed_on(headers), proxy.upstream_origin.encode(), here)


def _is_event_stream(headers: RawHeaders) -> bool:
    return any(
        name.lower() == b"content-type" and value.lower().startswith(b"text/event-stream") for name, value in headers
    )


def _reason(status: int) -> bytes:
    return httpx2.codes.get_reason_phrase(status).encode("ascii")


def _nowhere(request: Any) -> Any:
    """The port sends by itself."""
    raise AssertionError(request)
