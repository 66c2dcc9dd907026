"""The MCP stream wire: any MCP transport (in memory, stdio, your own) at its read and write streams.

It stands between a client and its transport as a transport of its own. Requests of the client that no fault
concerns go through as they are; the others are carried by a task each, so that the client's own timeout and
cancellation see what they would see.
"""

from __future__ import annotations

from collections import defaultdict, deque
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import PurePath
from typing import Any, NoReturn

from pytest_agentchaos.engine import Flight
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.steps import Cut, Drip, Insert
from pytest_agentchaos.wires.active import current
from pytest_agentchaos.wires.interpreter import interpret


def wire(server: Any, *, name: str | None = None) -> Wire:
    """A transport for ``mcp.Client`` in place of a server object, stdio parameters or another transport."""
    return Wire(server, name)


class Wire:
    """A transport around a transport."""

    def __init__(self, server: Any, name: str | None) -> None:
        self._transport, found = _transport(server)
        self.name = name or found
        self._stack: AsyncExitStack | None = None

    async def __aenter__(self) -> tuple[Any, Any]:
        import anyio

        async with AsyncExitStack() as stack:
            read_stream, write_stream = await stack.enter_async_context(self._transport())
            to_client, from_server = anyio.create_memory_object_stream[Any](0)
            tasks = await stack.enter_async_context(anyio.create_task_group())
            traffic = Traffic(self.name, write_stream, to_client, tasks)
            tasks.start_soon(traffic.pump, read_stream)
            stack.callback(tasks.cancel_scope.cancel)
            stack.push_async_callback(traffic.settle)
            stack.callback(from_server.close)
            stack.callback(to_client.close)
            self._stack = stack.pop_all()
        return from_server, _Writer(traffic, write_stream)

    async def __aexit__(self, *error: object) -> bool | None:
        if self._stack is None:
            return None
        stack, self._stack = self._stack, None
        return await stack.__aexit__(*error)  # type: ignore[arg-type] - the three of a context manager


def _transport(server: Any) -> tuple[Any, str]:
    """How to open a transport to it, and what to call it."""
    if isinstance(server, str):
        msg = f"agentchaos.mcp({server!r}): calls of an MCP client over HTTP are seen without it; give Client the URL itself"
        raise UsageError(msg)
    if (command := getattr(server, "command", None)) is not None:
        from mcp.client.stdio import stdio_client

        words = [str(command), *(str(word) for word in server.args if not str(word).startswith("-"))]
        return partial(stdio_client, server), PurePath(words[-1]).name
    if hasattr(server, "__aenter__"):
        return lambda: server, type(server).__name__
    if hasattr(server, "streamable_http_app"):
        from mcp.client._memory import InMemoryTransport

        return partial(InMemoryTransport, server), str(server.name)
    msg = f"agentchaos.mcp() got {server!r}; give an MCP server object, StdioServerParameters or an MCP transport"
    raise UsageError(msg)


class Traffic:
    """What is under way on one connection."""

    def __init__(self, name: str, to_server: Any, to_client: Any, tasks: Any) -> None:
        self.name = name
        self._to_server = to_server
        self._to_client = to_client
        self._tasks = tasks
        self._passing: dict[Any, Flight] = {}
        self._awaited: defaultdict[Any, deque[Any]] = defaultdict(deque)
        self._carried: dict[Any, Any] = {}
        self._late = 0
        self._arrived: Any = None

    async def send(self, item: Any) -> None:
        """A message of the client's."""
        active = current()
        message = item.message
        method, identity = getattr(message, "method", None), getattr(message, "id", None)
        if active is None or method is None:
            await self._to_server.send(item)
            return
        if identity is None:
            if method == "notifications/cancelled":
                self._cancelled((message.params or {}).get("requestId"))
            await self._to_server.send(item)
            return
        request = Request("MCP", f"mcp:{self.name}", body=_dump(message))
        flight = active.engine.begin(request, wire="mcp")
        if flight.program is None:
            self._passing[identity] = flight
            await self._to_server.send(item)
            return
        self._tasks.start_soon(self._carry, flight, item)

    def _cancelled(self, identity: Any) -> None:
        """The client gave up on a request: nobody knows whether it happened."""
        if (flight := self._passing.pop(identity, None)) is not None:
            flight.ended("info", "the client gave up")
        if (scope := self._carried.get(identity)) is not None:
            scope.cancel()

    async def _carry(self, flight: Flight, item: Any) -> None:
        import anyio

        identity = item.message.id
        port = _Port(self, flight, item)
        with anyio.CancelScope() as scope:
            self._carried[identity] = scope
            try:
                reply = await interpret(flight.program or (), flight, port)
                flight.ok(reply)
                await self.answer(reply)
            except _TornError as torn:
                flight.ended(torn.kind, str(torn))
                await self.tear()
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                flight.ended("info", "the connection is closed")
            finally:
                self._carried.pop(identity, None)
        if scope.cancelled_caught:
            flight.ended("info", "the client gave up")

    async def answer(self, reply: Reply) -> None:
        """Give a reply to the client; what is no JSON-RPC message reaches it as transports report it: as an error."""
        from mcp.shared.message import SessionMessage
        from mcp_types import jsonrpc_message_adapter

        try:
            item: Any = SessionMessage(jsonrpc_message_adapter.validate_json(reply.body, by_name=False))
        except ValueError as error:
            item = error
        await self._to_client.send(item)

    async def deliver(self, item: Any, body: bytes | None) -> Reply:
        """Hand a request to the server and wait for the reply to it."""
        import anyio
        from mcp.shared.message import SessionMessage
        from mcp_types import jsonrpc_message_adapter

        if body is not None:
            item = SessionMessage(jsonrpc_message_adapter.validate_json(body, by_name=False), item.metadata)
        inbox_in, inbox_out = anyio.create_memory_object_stream[Reply](1)
        self._awaited[item.message.id].append(inbox_in)
        await self._to_server.send(item)
        with inbox_out:
            return await inbox_out.receive()

    async def pump(self, read_stream: Any) -> None:
        """Everything that the server sends, to whoever waits for it."""
        import anyio

        try:
            async for item in read_stream:
                message = getattr(item, "message", None)
                identity = getattr(message, "id", None)
                if identity is None or hasattr(message, "method"):
                    await self._to_client.send(item)
                    continue
                if waiting := self._awaited.get(identity):
                    with waiting.popleft() as inbox, suppress(anyio.BrokenResourceError):  # its caller may have left
                        inbox.send_nowait(Reply(200, body=_dump(message)))
                    continue
                if (flight := self._passing.pop(identity, None)) is not None:
                    flight.ok(Reply(200, body=_dump(message)))
                await self._to_client.send(item)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # the client has closed its side; nobody is left to tell
        await self.tear()

    async def tear(self) -> None:
        """The connection is over for the client."""
        await self._to_client.aclose()

    def start_late(self, delivery: Any) -> None:
        """Let a delivery go on by itself; the connection stays open until it has arrived."""
        import anyio

        if not self._late:
            self._arrived = anyio.Event()
        self._late += 1

        async def run() -> None:
            try:
                await delivery()
            finally:
                self._late -= 1
                if not self._late:
                    self._arrived.set()

        self._tasks.start_soon(run)

    async def settle(self) -> None:
        """Wait for what is still on its way; then whatever is open stays unknown."""
        if self._late:
            await self._arrived.wait()
        for flight in self._passing.values():
            flight.ended("info", "the connection was closed")
        self._passing.clear()


class _TornError(Exception):
    """The connection ends under a request."""

    def __init__(self, kind: Any, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class _Port:
    """The steps of a fault on an MCP stream. The client's timeout is its own: it cancels the task that waits here."""

    def __init__(self, traffic: Traffic, flight: Flight, item: Any) -> None:
        self._traffic = traffic
        self._flight = flight
        self._item = item

    async def wait(self, seconds: float) -> None:
        import anyio

        await anyio.sleep(seconds)

    async def hold(self, calls: int, limit_s: float) -> None:
        import anyio

        overtaken = anyio.Event()
        self._flight.engine.when_overtaken(calls, overtaken.set)
        with anyio.move_on_after(limit_s):
            await overtaken.wait()

    async def deliver(self, request: Request, copies: int) -> Reply:
        for _ in range(copies - 1):
            self._traffic.start_late(partial(self._deliver, request))
        return await self._deliver(request)

    async def _deliver(self, request: Request) -> Reply:
        body = None if request is self._flight.request else request.body
        reply = await self._traffic.deliver(self._item, body)
        self._flight.delivered(reply)
        return reply

    async def deliver_later(self, request: Request, seconds: float) -> None:
        import anyio

        async def late() -> None:
            await anyio.sleep(seconds)
            await self._deliver(request)

        self._traffic.start_late(late)

    async def collect(self, held: Reply) -> Reply:
        return held

    def present(self, reply: Reply) -> Reply:
        return reply

    def shape(self, held: Reply, step: Cut | Drip | Insert) -> Reply:
        """A message has no pieces; a body that is cut short is no message any more."""
        if isinstance(step, Cut) and step.limit_bytes is not None:
            return Reply(held.status, held.headers, held.body[: step.limit_bytes])
        return held

    async def hang(self) -> NoReturn:
        import anyio

        await anyio.sleep_forever()
        raise AssertionError  # pragma: no cover - sleep_forever ends by cancellation only

    def refuse(self) -> NoReturn:
        raise _TornError("fail", "connection refused")

    def reset(self) -> NoReturn:
        raise _TornError("info", "connection reset")


class _Writer:
    """The client's write stream."""

    def __init__(self, traffic: Traffic, inner: Any) -> None:
        self._traffic = traffic
        self._inner = inner

    async def send(self, item: Any) -> None:
        await self._traffic.send(item)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def __aenter__(self) -> _Writer:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()


def _dump(message: Any) -> bytes:
    text: str = message.model_dump_json(by_alias=True, exclude_unset=True)
    return text.encode()
