"""What is under way between the client and the server.

Lines that no fault concerns go through as they are; requests under a fault are carried by a task each, and others
overtake them. What a fault does to one is what it does on the message stream of one process (``wires/mcp_traffic``).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, NamedTuple

from pytest_agentchaos.dialects.http import read_json, write_json
from pytest_agentchaos.dialects.jsonrpc import Id, Message, id_of, is_message, messages_in
from pytest_agentchaos.errors import AgentChaosError, InternalError
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.interpreter import interpret
from pytest_agentchaos.wires.mcp_port import RefusedError, TornError
from pytest_agentchaos.wires.mcp_stdio.journal import Journal
from pytest_agentchaos.wires.mcp_stdio.late import Late
from pytest_agentchaos.wires.mcp_stdio.lines import LIMIT_BYTES, Line
from pytest_agentchaos.wires.mcp_stdio.pipes import Outlet
from pytest_agentchaos.wires.mcp_stdio.port import Port
from pytest_agentchaos.wires.mcp_stdio.server import Server

_CLOSED: Final = "the connection was closed"
_CLOSED_BEFORE: Final = "the connection was closed before"
_CONNECTION_CLOSED: Final = -32000
"""What MCP clients call it themselves."""
_MEGABYTES: Final = f"{LIMIT_BYTES >> 20} MiB"


class Passing(NamedTuple):
    """A request that went through as it is, and whose answer will."""

    flight: Flight
    id: Id


class Carried(NamedTuple):
    """A request under a fault, and who carries it."""

    port: Port
    task: asyncio.Task[None]


class Traffic:
    """Everything that crosses one connection."""

    def __init__(self, name: str, active: Active, client: Outlet, journal: Journal) -> None:
        self.server: Server
        """Where requests go; told when it has been started."""
        self._url = f"mcp:{name}"
        self._active = active
        self._engine = active.engine
        self._client = client
        self._journal = journal
        self._passing: dict[str, Passing] = {}
        self._carried: dict[str, Carried] = {}
        self._awaited: defaultdict[str, deque[asyncio.Future[Reply]]] = defaultdict(deque)
        self.late = Late(journal)
        self.torn = asyncio.Event()
        """Whether a fault has broken the client's pipes."""

    # What the client sends

    def asked(self, line: Line) -> bool:
        """A line of the client's, or a piece of one; whether somebody carries it from here on."""
        if line.part != "whole":
            self._unseen("client", line)
        else:
            message = read_json(line.data)
            if isinstance(message, dict):
                method = message.get("method")
                if isinstance(method, str) and (flight := self._said(method, message, line)) is not None:
                    return self._sent(id_of(message), flight, line)
            else:
                self._strange("client", message, line.data)
        self.server.send(line)
        return False

    def _said(self, method: str, message: Message, line: Line) -> Flight | None:
        """A request begins; a notification is passed on."""
        self.server.remember(method, line.data)
        if is_message(message) and id_of(message) is not None:
            try:
                return self._engine.begin(Request("MCP", self._url, body=line.data.rstrip(b"\r\n")), wire="mcp")
            except AgentChaosError as error:  # it is remembered, and told at the end
                self._journal.tell("defect", str(error))
        elif method == "notifications/cancelled":
            params = message.get("params")
            self._cancelled(str(params.get("requestId")) if isinstance(params, dict) else "")
        return None

    def _sent(self, identity: Id, flight: Flight, line: Line) -> bool:
        """A request sets out; whether somebody carries it."""
        key = str(identity)
        if flight.program is not None:
            self._carry(key, flight, line.data)
            return True
        if (before := self._passing.get(key)) is not None:
            before.flight.ended("info", "the client has used its id for another request")
            self._journal.once("id used twice", f"the client asks two things under the id {key}")
        self._passing[key] = Passing(flight, identity)
        if not self.server.send(line):
            del self._passing[key]
            flight.ended("fail", _CLOSED_BEFORE)
            self._answer_closed(identity)
        return False

    def _cancelled(self, key: str) -> None:
        """The client gave up on a request: nobody knows whether it happened."""
        if (passing := self._passing.pop(key, None)) is not None:
            passing.flight.ended("info", "the client gave up")
        if (carried := self._carried.get(key)) is not None:
            carried.task.cancel()

    def _carry(self, key: str, flight: Flight, line: bytes) -> None:
        port = Port(self, self._active, flight, line, self.late.changed)
        task = asyncio.get_running_loop().create_task(self._carry_out(flight, port))
        carried = self._carried[key] = Carried(port, task)
        task.add_done_callback(partial(self._landed, key, carried))

    def _landed(self, key: str, carried: Carried, task: asyncio.Task[None]) -> None:
        if self._carried.get(key) is carried:
            del self._carried[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._journal.tell("defect", f"{type(error).__name__}: {error}")
        self.late.changed()

    async def _carry_out(self, flight: Flight, port: Port) -> None:
        torn = TornError("nobody waits for it any more")
        reply: Reply | None = None
        try:
            reply = await port.result(await interpret(flight.program or (), flight, port))
        except TornError as error:
            torn = error
        except Exception as error:  # noqa: BLE001 - no error of this package may look like the system's
            torn = TornError(str(_problem(flight, error)))
        finally:
            if reply is None:
                flight.ended(torn.kind, str(torn))
        if reply is not None:
            flight.ok(reply)
            self._client.line(_on_one_line(reply.body))
        if (reply is None or port.callee_gone) and not self.server.is_down:
            self.tear()
        elif reply is None:
            self._answer_closed(id_of(read_json(flight.request.body) or {}), str(torn))

    async def deliver(self, item: bytes, body: bytes | None) -> Reply:
        """Hand a request to the server, or another body in its place, and wait for the reply to it."""
        message = read_json(item if body is None else body)
        if not is_message(message):
            msg = f"{(body or b'')[:100]!r} is no message of JSON-RPC"
            raise ValueError(msg)
        inboxes = self._awaited[str(id_of(message))]
        inbox: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        inboxes.append(inbox)
        try:
            if not self.server.send(Line(_ended(item) if body is None else _on_one_line(body))):
                raise RefusedError(_CLOSED_BEFORE)
            return await inbox
        finally:
            if inbox in inboxes:  # it was cancelled, and an answer is that to another copy
                inboxes.remove(inbox)

    def deliver_later(self, active: Active, seconds: float, deliver: Callable[[], Awaitable[object]]) -> None:
        """Have a request delivered after a while, whoever still waits; at the latest when the server is to end."""
        del active
        self.late.send(seconds, deliver)

    # What the server sends

    def answered(self, line: Line) -> None:
        """A line of the server's, or a piece of one."""
        if line.part != "whole":
            if line.part == "piece" and any(self._awaited.values()):
                self._journal.tell("too long", f"an answer of more than {_MEGABYTES} while a fault waits for one")
                self.tear()
                return
            self._unseen("server", line)
        elif self._awaited or self._passing:
            message = read_json(line.data)
            if isinstance(message, dict):
                if self._taken(message, line.data):
                    return
            elif (rest := self._sifted(message, line.data)) is not line.data:
                line = Line(rest)
                if not rest:
                    return
        self._client.pass_on(line)

    def _taken(self, message: Message, data: bytes) -> bool:
        """Whether a message is an answer that a fault waits for."""
        identity = id_of(message)
        if identity is None or "method" in message:
            return False
        key = str(identity)
        if inboxes := self._awaited.get(key):
            inboxes.popleft().set_result(Reply(200, body=data.rstrip(b"\r\n")))
            return True
        self._awaited.pop(key, None)
        if (passing := self._passing.pop(key, None)) is not None:
            passing.flight.ok(Reply(200, body=data.rstrip(b"\r\n")))
        else:
            self._journal.once(
                "unknown id", f"the server answers {key}, which nobody has asked or which it has answered"
            )
        return False

    def _sifted(self, content: Any, data: bytes) -> bytes:
        """What is no single message: as it is, unless it is a batch in which a fault waits for an answer."""
        self._strange("server", content, data)
        messages = messages_in(content)
        left = [message for message in messages if not self._taken(message, write_json(message))]
        if len(left) == len(messages):
            return data
        return write_json(left) + b"\n" if left else b""

    def _strange(self, who: str, content: Any, data: bytes) -> None:
        if isinstance(content, list):
            self._journal.once(
                f"batch of the {who}", f"the {who} sends batches; they are passed on, and no fault acts on them"
            )
        elif data.strip():
            shown = data[:80].decode("utf-8", "replace")
            self._journal.once(
                f"no JSON of the {who}", f"the {who} sends what is no JSON-RPC, and it is passed on: {shown!r}"
            )

    def _unseen(self, who: str, line: Line) -> None:
        """A line that is too long to be looked at."""
        if line.part == "last":
            text = f"the {who} sent a message of more than {_MEGABYTES}; it was passed on, and no fault has seen it"
            self._journal.once(f"too long, {who}", text)
            self._engine.note(unseen=text)

    def fell_silent(self) -> None:
        """Nothing more will come of the server."""
        self._lose(TornError(_CLOSED))
        self._end_flights()
        self._client.close()

    def lost(self) -> None:
        """A fault has ended the server, which will come back; the client's pipes stay whole."""
        self._lose(TornError(_CLOSED))
        for passing in self._passing.values():
            passing.flight.ended("info", _CLOSED)
            self._answer_closed(passing.id)
        self._passing.clear()

    def _lose(self, error: TornError) -> None:
        for inboxes in self._awaited.values():
            for inbox in inboxes:
                if not inbox.done():
                    inbox.set_exception(error)

    def _answer_closed(self, identity: Id, why: str = _CLOSED) -> None:
        """What a client makes of a server that is gone, told by us: the pipe to it is still there."""
        if self.server.is_down:
            error = {"code": _CONNECTION_CLOSED, "message": why}
            self._client.line(write_json({"jsonrpc": "2.0", "id": identity, "error": error}) + b"\n")

    # How it ends

    def half_of(self, body: bytes) -> None:
        """The beginning of an answer, after which the pipe breaks."""
        self._client.line(body)

    def tear(self) -> None:
        """The pipes break for the client: whatever it waits for stays unknown."""
        self._client.close()
        self._end_flights()
        self.torn.set()

    def _end_flights(self) -> None:
        for passing in self._passing.values():
            passing.flight.ended("info", _CLOSED)
        self._passing.clear()
        for carried in [*self._carried.values()]:
            carried.task.cancel()

    def end(self) -> None:
        """The shim ends: what is still under way is written down as it stands."""
        self._end_flights()
        self.late.end()

    async def settle(self) -> None:
        """The client has left: wait until what it sent has arrived, and what is late."""
        await self.late.settle(lambda: all(carried.port.hanging for carried in self._carried.values()))


def _ended(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n"


def _on_one_line(body: bytes) -> bytes:
    """A message ends with its line; within JSON, the end of a line is as good as a space."""
    return body.replace(b"\n", b" ") + b"\n"


def _problem(flight: Flight, error: Exception) -> AgentChaosError:
    """The error as the history gets it; what is of this package's making has been remembered already."""
    if isinstance(error, AgentChaosError):
        return error
    msg = f"pytest-agentchaos failed while it carried {flight.call}: {type(error).__name__}: {error}"
    return flight.engine.problem(InternalError(msg))
