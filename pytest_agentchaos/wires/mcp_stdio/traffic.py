"""What crosses one connection between the client and the server.

Lines that no fault concerns go through as they are (``outstanding`` until they are answered); requests under a fault
are ``carried``. What a fault does to one is what it does on the message stream of one process (``wires/mcp_traffic``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from pytest_agentchaos.dialects.http import read_json, write_json
from pytest_agentchaos.dialects.jsonrpc import Id, Message, id_of, is_message, messages_in
from pytest_agentchaos.errors import AgentChaosError, InternalError
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.interpreter import interpret
from pytest_agentchaos.wires.mcp_port import RefusedError, TornError
from pytest_agentchaos.wires.mcp_stdio.carried import Carried
from pytest_agentchaos.wires.mcp_stdio.inboxes import Inboxes
from pytest_agentchaos.wires.mcp_stdio.journal import Journal
from pytest_agentchaos.wires.mcp_stdio.late import GRACE_S, Late
from pytest_agentchaos.wires.mcp_stdio.lines import Utterance
from pytest_agentchaos.wires.mcp_stdio.oddities import Oddities
from pytest_agentchaos.wires.mcp_stdio.outstanding import Outstanding
from pytest_agentchaos.wires.mcp_stdio.pipes import Outlet
from pytest_agentchaos.wires.mcp_stdio.port import Port
from pytest_agentchaos.wires.mcp_stdio.server import Server

_CLOSED: Final = "the connection was closed"
_CLOSED_BEFORE: Final = "the connection was closed before"
_CONNECTION_CLOSED: Final = -32000
"""What MCP clients call it themselves."""


class Traffic:
    """Everything that crosses one connection."""

    def __init__(self, name: str, active: Active, client: Outlet, journal: Journal) -> None:
        self.server: Server
        """Where requests go; told when it has been started."""
        self._url = f"mcp:{name}"
        self._active = active
        self._engine = active.engine
        self._client = client
        self._oddities = Oddities(journal, active.engine)
        self._journal = journal
        self._outstanding = Outstanding(journal)
        self._inboxes = Inboxes()
        self.late = Late(journal)
        self._carried = Carried(journal, self.late)
        self.torn = asyncio.Event()
        """Whether a fault has broken the client's pipes."""
        self._last_words: asyncio.Task[None] | None = None

    # What the client sends

    def asked(self, line: Utterance) -> bool:
        """A line of the client's, or a piece of one; whether somebody carries it from here on."""
        if line.part != "whole":
            self._oddities.unseen("client", line)
        else:
            message = read_json(line.data)
            if isinstance(message, dict):
                method = message.get("method")
                if isinstance(method, str) and (flight := self._said(method, message, line)) is not None:
                    return self._sent(id_of(message), flight, line)
            else:
                self._oddities.strange("client", message, line.data)
        self.server.send(line)
        return False

    def _said(self, method: str, message: Message, line: Utterance) -> Flight | None:
        """A request begins; a notification is passed on."""
        self.server.remember(method, line.data)
        if is_message(message) and id_of(message) is not None:
            try:
                return self._engine.begin(Request("MCP", self._url, body=line.data.rstrip(b"\r\n")), wire="mcp")
            except AgentChaosError as error:  # it is remembered, and told at the end
                self._journal.tell("defect", str(error))
        elif method == "notifications/cancelled":
            params = message.get("params")
            key = str(params.get("requestId")) if isinstance(params, dict) else ""
            self._outstanding.given_up(key)
            self._carried.given_up(key)
        return None

    def _sent(self, identity: Id, flight: Flight, line: Utterance) -> bool:
        """A request sets out; whether somebody carries it."""
        if flight.program is not None:
            port = Port(self, self._active, flight, line.data, self.late.changed)
            self._carried.carry(str(identity), port, self._carry_out(flight, port))
            return True
        self._outstanding.set_out(identity, flight)
        if not self.server.send(line):
            self._outstanding.refused(identity, _CLOSED_BEFORE)
            self._answer_closed(identity)
        return False

    async def _carry_out(self, flight: Flight, port: Port) -> None:
        torn = TornError("nobody waits for it any more")
        reply: Reply | None = None
        try:
            reply = await port.result(await interpret(flight.program or (), flight, port))
        except TornError as error:
            torn = error
        except asyncio.CancelledError:
            torn = RefusedError(_CLOSED_BEFORE) if self._last_words and not port.asked else torn
            raise
        except Exception as error:  # noqa: BLE001 - no error of this package may look like the system's
            torn = TornError(str(_problem(flight, error)))
        finally:
            if reply is None:
                flight.ended(torn.kind, str(torn))
        if reply is not None:
            flight.ok(reply)
            self._client.line(_on_one_line(reply.body))
        if self._last_words is not None:
            pass  # its server is gone, and the client's pipe ends when all have been told
        elif (reply is None or port.callee_gone) and not self.server.is_down:
            self.tear()
        elif reply is None:
            self._answer_closed(id_of(read_json(flight.request.body) or {}), str(torn))

    async def deliver(self, item: bytes, body: bytes | None) -> Reply:
        """Hand a request to the server, or another body in its place, and wait for the reply to it."""
        message = read_json(item if body is None else body)
        if not is_message(message):
            msg = f"{(body or b'')[:100]!r} is no message of JSON-RPC"
            raise ValueError(msg)
        with self._inboxes.open(str(id_of(message))) as inbox:
            if not self.server.send(Utterance(_ended(item) if body is None else _on_one_line(body))):
                raise RefusedError(_CLOSED_BEFORE)
            return await inbox

    def deliver_later(self, active: Active, seconds: float, deliver: Callable[[], Awaitable[object]]) -> None:
        """Have a request delivered after a while, whoever still waits; at the latest when the server is to end."""
        del active
        self.late.send(seconds, deliver)

    # What the server sends

    def answered(self, line: Utterance) -> None:
        """A line of the server's, or a piece of one."""
        if line.part != "whole":
            if line.part == "piece" and self._inboxes:
                self._oddities.too_long()
                self.tear()
                return
            self._oddities.unseen("server", line)
        else:
            message = read_json(line.data)
            if isinstance(message, dict):
                if self._taken(message, line.data):
                    return
            elif (rest := self._sifted(message, line.data)) is not line.data:
                line = Utterance(rest)
                if not rest:
                    return
        self._client.pass_on(line)

    def _taken(self, message: Message, data: bytes) -> bool:
        """Whether a message is an answer that a fault waits for."""
        identity = id_of(message)
        if identity is None or "method" in message:
            return False
        key, reply = str(identity), Reply(200, body=data.rstrip(b"\r\n"))
        if self._inboxes.answered(key, reply):
            return True
        if not self._outstanding.answered(key, reply):
            self._oddities.unknown(key)
        return False

    def _sifted(self, content: Any, data: bytes) -> bytes:
        """What is no single message: as it is, unless it is a batch in which a fault waits for an answer."""
        self._oddities.strange("server", content, data)
        messages = messages_in(content)
        left = [message for message in messages if not self._taken(message, write_json(message))]
        if len(left) == len(messages):
            return data
        return write_json(left) + b"\n" if left else b""

    def fell_silent(self) -> asyncio.Task[None]:
        """Nothing more will come of the server. What it has said still arrives; then the client's pipe ends."""
        if self._last_words is None:
            self._last_words = asyncio.get_running_loop().create_task(self._part())
        return self._last_words

    async def _part(self) -> None:
        self._inboxes.lose(TornError(_CLOSED))
        self._outstanding.lose(_CLOSED)
        await self._carried.told(GRACE_S)
        self._client.close()

    def lost(self) -> None:
        """A fault has ended the server, which will come back; the client's pipes stay whole."""
        self._inboxes.lose(TornError(_CLOSED))
        for identity in self._outstanding.lose(_CLOSED):
            self._answer_closed(identity)

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
        self._outstanding.lose(_CLOSED)
        self._carried.end()

    def end(self) -> None:
        """The shim ends: what is still under way is written down as it stands."""
        self._end_flights()
        self.late.end()

    async def settle(self) -> None:
        """The client has left: wait until what it sent has arrived, and what is late."""
        await self.late.settle(lambda: self._carried.all_sent, lambda: self._carried.only_hang)


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
