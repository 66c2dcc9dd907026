"""Session: what an MCP client says to a server, message by message, with nothing in between that would retry or hide.

Both eras are spoken: the handshake (``initialize``) of versions until 2025-11-25, and the self-contained requests of
2026-07-28, in which each request says who asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Final, Protocol

from pytest_agentchaos.audit.answer import Answer
from pytest_agentchaos.audit.inbox import Inbox, Message
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.printable import printable

MODERN: Final = "2026-07-28"
LEGACY: Final = "2025-11-25"
LIMIT_PAGES: Final = 50
LIMIT_REFUSED: Final = 100
"""A server that asks more often is not answered any more: each answer waits until it is read."""
_PROBE_S: Final = 5.0
_CLIENT: Final = {"name": "agentchaos-audit", "version": version("pytest-agentchaos")}
_META: Final = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": _CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_NO_SUCH_METHOD: Final = -32601


class ServerError(UsageError):
    """The server cannot be spoken to; the message says what it did instead."""


class Channel(Protocol):
    """What carries messages to a server."""

    inbox: Inbox
    asked: Callable[[Message], None] | None
    """Called with what the server asks or tells of its own accord."""
    era: str | None
    answers_everything: bool
    """Whether each request is answered, and be it by the end of its connection."""

    def send(self, messages: Sequence[Message]) -> None:
        """All of them, at once."""

    def cancel(self, request: int) -> None:
        """Give a request up."""

    def kill(self) -> None:
        """End the server, if it is ours."""

    def close(self) -> None:
        """Leave nothing behind."""


@dataclass(frozen=True)
class Greeting:
    """What a server says of itself."""

    name: str = "a server without a name"
    version: str = ""
    protocol: str = MODERN
    capabilities: Mapping[str, Any] = field(default_factory=dict)


class Session:
    """One client of one running server."""

    def __init__(self, channel: Channel, timeout_s: float) -> None:
        self.greeting = Greeting()
        self.timeout_s = timeout_s
        self.is_modern = False
        self._channel = channel
        self._last = self._refused = 0
        channel.asked = self._refuse

    # Getting to know each other

    def open(self, era: str | None = None) -> Greeting:
        """Agree on a version of the protocol. Which era it speaks need not be asked of a server that is known."""
        first: list[int] = []
        if era != LEGACY:
            self.is_modern = True
            first.append(self._request("server/discover", {}))
            found = self._channel.inbox.wait_for_either((first[0],), min(_PROBE_S, self.timeout_s / 2))
            if found is not None and self._discovered(found):
                return self.greeting
            self.is_modern = False
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": _CLIENT}
        asked = self._request("initialize", params)
        while (found := self._channel.inbox.wait_for_either((asked, *first), self.timeout_s)) is not None:
            if found.get("id") == asked:
                break
            if self._discovered(found):  # it was only slow to start
                self.is_modern = True
                return self.greeting
            first = []
        self._initialized(found)
        return self.greeting

    def _discovered(self, message: Message) -> bool:
        result = message.get("result")
        versions = result.get("supportedVersions") if isinstance(result, Mapping) else None
        if not isinstance(result, Mapping) or not isinstance(versions, list) or MODERN not in versions:
            return False
        said = result.get("_meta")
        server = said.get("io.modelcontextprotocol/serverInfo") if isinstance(said, Mapping) else None
        self.greeting = _greeting(server, MODERN, result)
        self._channel.era = MODERN
        return True

    def _initialized(self, message: Message | None) -> None:
        result = (message or {}).get("result")
        if not isinstance(result, Mapping):
            raise ServerError(self._why_silent(message, "initialize"))
        protocol = printable(str(result.get("protocolVersion", LEGACY)), 30)
        self.greeting = _greeting(result.get("serverInfo"), protocol, result)
        self._channel.era = protocol
        self._channel.send([{"jsonrpc": "2.0", "method": "notifications/initialized"}])

    def _why_silent(self, message: Message | None, method: str) -> str:
        inbox = self._channel.inbox
        if message is not None:
            answer = Answer.read(message)
            how = f"did not answer {method}" if answer.lost else f"answered {method} with an error"
            return f"the server {how}: {answer.told}"
        silent = f"it did not answer {method} within {self.timeout_s:g} s; --timeout gives it longer"
        why = f"the server cannot be spoken to: {inbox.ended or silent}"
        printed = f"; it printed what is no message of MCP: {inbox.garbage!r}" if inbox.garbage else ""
        return f"{why}{printed}"

    @property
    def garbage(self) -> str | None:
        """The first thing that it has printed and that is no message."""
        return self._channel.inbox.garbage

    # Asking

    def all_of(self, what: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """The ``tools`` or ``resources`` of all pages, until there are more than so many."""
        found: list[Mapping[str, Any]] = []
        params: dict[str, Any] = {}
        for _ in range(LIMIT_PAGES):
            asked = self._request(f"{what}/list", params)
            message = next(iter(self._channel.inbox.wait(asked, 1, self.timeout_s)), None)
            result = (message or {}).get("result")
            if not isinstance(result, Mapping) or not isinstance(result.get(what), Sequence):
                raise ServerError(self._why_silent(message, f"{what}/list"))
            found += [one for one in result[what] if isinstance(one, Mapping)]
            if len(found) > limit or not result.get("nextCursor"):
                return found
            params = {"cursor": result["nextCursor"]}
        msg = f"its {what}/list has more than {LIMIT_PAGES} pages; have it give more on each"
        raise ServerError(msg)

    def read(self, uri: str) -> Answer:
        """What a resource holds."""
        return self._answer(self._request("resources/read", {"uri": uri}))

    def call(self, params: Mapping[str, Any]) -> Answer:
        """Call a tool, and wait."""
        return self.answer(self.ask(params)[0])

    def ask(self, *calls: Mapping[str, Any]) -> tuple[int, ...]:
        """Send calls, all at once, each with an id of its own."""
        messages = [self._message("tools/call", params) for params in calls]
        self._channel.send(messages)
        return tuple(message["id"] for message in messages)

    def repeat(self, request: int, params: Mapping[str, Any]) -> None:
        """Send a call again under the id that it had."""
        self._channel.send([{**self._message("tools/call", params), "id": request}])

    def cancel(self, request: int) -> None:
        """Give a call up."""
        self._channel.cancel(request)

    def answer(self, request: int) -> Answer:
        """The answer to a call; that there was none is an answer, too."""
        return self._answer(request)

    def second_answer(self, request: int, patience_s: float) -> Answer | None:
        """Another one under the same id. Over HTTP there will be one; a pipe may stay silent about it."""
        if self._channel.answers_everything:
            patience_s = self.timeout_s
        else:
            self._settle()
        return self.answer_so_far(request, 2, patience_s)

    def late_answer(self, request: int, patience_s: float) -> Answer | None:
        """The answer to a call that was given up, if there is one all the same."""
        self._settle()
        return self.answer_so_far(request, 1, patience_s)

    def answer_so_far(self, request: int, nth: int, timeout_s: float) -> Answer | None:
        """The nth answer to a call; None if it does not come in this time."""
        found = self._channel.inbox.wait(request, nth, timeout_s)
        return Answer.read(found[nth - 1]) if len(found) >= nth else None

    def _settle(self) -> None:
        """Wait until a server that does one thing after the other has done what came before: it answers this then."""
        self._channel.inbox.wait(self._request("ping", {}), 1, self.timeout_s)

    def _answer(self, request: int) -> Answer:
        before_s = wall_s()
        found = self._channel.inbox.wait(request, 1, self.timeout_s)
        if found:
            return Answer.read(found[0], wall_s() - before_s)
        why = self._channel.inbox.ended or f"no answer within {self.timeout_s:g} s"
        return Answer(None, why, lost=True)

    def _request(self, method: str, params: Mapping[str, Any]) -> int:
        message = self._message(method, params)
        self._channel.send([message])
        return int(message["id"])

    def _message(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self._last += 1
        if self.is_modern:
            params = {**params, "_meta": {**_META, **params.get("_meta", {})}}
        return {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params}

    def _refuse(self, message: Message) -> None:
        """A server may ask whether somebody is there; for anything else there is nobody to be asked."""
        self._refused += 1
        if "id" not in message or self._refused > LIMIT_REFUSED:
            return
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
        if message.get("method") == "ping":
            answer["result"] = {}
        else:
            answer["error"] = {"code": _NO_SUCH_METHOD, "message": "an audit answers no requests"}
        self._channel.send([answer])


def _greeting(server: Any, protocol: str, result: Mapping[str, Any]) -> Greeting:
    said = server if isinstance(server, Mapping) else {}
    name = printable(str(said.get("name") or "a server without a name"))
    capabilities = result.get("capabilities")
    return Greeting(
        name,
        printable(str(said.get("version") or ""), 40),
        protocol,
        capabilities if isinstance(capabilities, Mapping) else {},
    )
