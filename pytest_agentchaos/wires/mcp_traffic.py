"""What is under way on one MCP connection.

Requests of the client that no fault concerns go through as they are; the others are carried by a task each, so
that the client's own timeout and cancellation see what they would see. All that the server asks or tells goes
through.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from pytest_agentchaos.errors import AgentChaosError, InternalError
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.wires.active import Active, current
from pytest_agentchaos.wires.interpreter import interpret
from pytest_agentchaos.wires.late import LateDeliveries
from pytest_agentchaos.wires.mcp_ends import Reader, Writer
from pytest_agentchaos.wires.mcp_port import Port, TornError

GRACE_S = {True: 30.0, False: 3.0}
"""How long the answer to a late request is waited for once the client has left, in virtual and in real time."""


class Traffic:
    """Everything that crosses one connection."""

    def __init__(self, name: str, to_server: Any, tasks: Any) -> None:
        import anyio

        self.name = name
        self.late: LateDeliveries | None = None
        """Where to wait for what is late; None when nothing is."""
        self._to_server = to_server
        self._to_client, from_server = anyio.create_memory_object_stream[Any](0)
        self.reader = Reader(from_server)
        self.writer = Writer(self.send, self.close_writing)
        self._tasks = tasks
        self._passing: dict[str, Flight] = {}
        self._carried: dict[str, Any] = {}
        self._awaited: defaultdict[str, deque[Any]] = defaultdict(deque)
        self._unsent = self._unanswered = 0
        self._grace_s = 0.0
        self._changed = anyio.Event()
        self._gone = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)
        self._left = False

    # What the client sends

    async def send(self, item: Any) -> None:
        """A message of the client's."""
        active = current()
        method, identity = getattr(item.message, "method", None), getattr(item.message, "id", None)
        if active is None or method is None:
            await self._to_server.send(item)
        elif identity is not None:
            await self._request(active, item)
        else:
            if method == "notifications/cancelled":
                self._cancelled(_key((item.message.params or {}).get("requestId")))
            await self._to_server.send(item)

    async def _request(self, active: Active, item: Any) -> None:
        active.check_thread(f"the MCP server {self.name}")
        flight = active.engine.begin(Request("MCP", f"mcp:{self.name}", body=_dump(item.message)), wire="mcp")
        if flight.program is not None:
            self._tasks.start_soon(self._carry, active, flight, item)
            return
        key = _key(item.message.id)
        self._passing[key] = flight
        try:
            await self._to_server.send(item)
        except self._gone:
            del self._passing[key]
            flight.ended("fail", "the connection was closed before")
            raise

    def _cancelled(self, key: str) -> None:
        """The client gave up on a request: nobody knows whether it happened."""
        if (flight := self._passing.pop(key, None)) is not None:
            flight.ended("info", "the client gave up")
        if (scope := self._carried.get(key)) is not None:
            scope.cancel()

    async def _carry(self, active: Active, flight: Flight, item: Any) -> None:
        import anyio

        key = _key(item.message.id)
        reply: Reply | None = None
        torn = TornError("nobody waits for it any more")
        port = Port(self, active, flight, item)
        try:
            with anyio.CancelScope() as scope:
                self._carried[key] = scope
                try:
                    reply = await port.result(await interpret(flight.program or (), flight, port))
                except TornError as error:
                    torn = error
                except self._gone:
                    torn = TornError("the connection was closed")
                except Exception as error:  # noqa: BLE001 - no error of this package may look like the system's
                    torn = TornError(str(_problem(flight, error)))
        finally:
            self._carried.pop(key, None)
            if reply is None:
                flight.ended(torn.kind, str(torn))
        if reply is not None:
            flight.ok(reply)
            await self._answer(reply)
            if port.callee_gone:
                self.tear()
        elif not scope.cancelled_caught:
            self.tear()

    async def _answer(self, reply: Reply) -> None:
        """Give a reply to the client; what is no message reaches it as transports report it: as an error."""
        try:
            item: Any = _message(reply.body, None)
        except ValueError as error:
            item = error
        with suppress(*self._gone):
            await self._to_client.send((None, item))

    async def deliver(self, item: Any, body: bytes | None) -> Reply:
        """Hand a request to the server and wait for the reply to it."""
        import anyio

        if body is not None:
            item = _message(body, item.metadata)
        inbox_in, inbox_out = anyio.create_memory_object_stream[Reply](1)
        inboxes = self._awaited[_key(item.message.id)]
        inboxes.append(inbox_in)
        with inbox_in, inbox_out:
            try:
                await self._to_server.send(item)
                return await inbox_out.receive()
            finally:
                if inbox_in in inboxes:  # it was cancelled, and an answer is that to another copy
                    inboxes.remove(inbox_in)

    def deliver_later(self, active: Active, seconds: float, deliver: Callable[[], Awaitable[object]]) -> None:
        """Have a request delivered after a while, whoever still waits."""
        import anyio

        self.late = active.late
        self._grace_s = GRACE_S[active.sim]
        self._unanswered += 1
        self._unsent += 1

        async def run() -> None:
            try:
                await anyio.sleep(seconds)
                self._unsent -= 1
                self._changed.set()
                with suppress(*self._gone):
                    await deliver()
            finally:
                self._unanswered -= 1
                self._changed.set()
                if not self._unanswered:
                    self.late = None

        self._tasks.start_soon(run)

    # What the server sends

    async def pump(self, read_stream: Any) -> None:
        """Everything that the server sends, to whoever waits for it."""
        with suppress(*self._gone):  # when the client has closed its side, nobody is left to tell
            async for item in read_stream:
                if not self._taken(getattr(item, "message", None)):
                    # In memory, a message brings the context of its sender along.
                    await self._to_client.send((getattr(read_stream, "last_context", None), item))
        for inboxes in self._awaited.values():
            for inbox in inboxes:
                inbox.close()
        self.tear()

    def _taken(self, message: Any) -> bool:
        """Whether a message is an answer that somebody here waits for."""
        identity = getattr(message, "id", None)
        if identity is None or hasattr(message, "method"):
            return False
        key = _key(identity)
        if inboxes := self._awaited.get(key):
            inboxes.popleft().send_nowait(Reply(200, body=_dump(message)))
            return True
        if (flight := self._passing.pop(key, None)) is not None:
            flight.ok(Reply(200, body=_dump(message)))
        return False

    # How it ends

    def tear(self) -> None:
        """The connection is over for the client: whatever it waits for stays unknown."""
        self._to_client.close()
        for flight in self._passing.values():
            flight.ended("info", "the connection was closed")
        self._passing.clear()
        for scope in self._carried.values():
            scope.cancel()

    def leave(self) -> None:
        """The client has closed the connection."""
        self._left = True
        self.tear()
        self.reader.close()

    async def close_writing(self) -> None:
        """The client will send nothing more; what is late still will."""
        if not self._unanswered:
            await self._to_server.aclose()

    async def settle(self) -> None:
        """Wait until what is late has arrived."""
        import anyio

        await self._until(lambda: not self._unsent)
        with anyio.move_on_after(self._grace_s):
            await self._until(lambda: not self._unanswered)

    async def _until(self, quiet: Callable[[], bool]) -> None:
        import anyio

        while not quiet():
            self._changed = anyio.Event()
            await self._changed.wait()


def _key(identity: Any) -> str:
    """Servers may give an id back as a number or as text."""
    return str(identity)


def _dump(message: Any) -> bytes:
    text: str = message.model_dump_json(by_alias=True, exclude_unset=True)
    return text.encode()


def _message(body: bytes, metadata: Any) -> Any:
    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    return SessionMessage(jsonrpc_message_adapter.validate_json(body, by_name=False), metadata)


def _problem(flight: Flight, error: Exception) -> AgentChaosError:
    """The error as the test will get it; what is of this package's making has been remembered already."""
    if isinstance(error, AgentChaosError):
        return error
    msg = f"pytest-agentchaos failed while it carried {flight.call}: {type(error).__name__}: {error}"
    return flight.engine.problem(InternalError(msg))
