"""What the steps of a fault mean to a caller of httpx or httpx2: what the async and the sync wire have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from pytest_agentchaos.errors import AgentChaosError, UsageError, explains_itself
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults import steps
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.asgi import AppCrashedError, AppNotStartedError
from pytest_agentchaos.wires.http_transport.body import Cut, Record
from pytest_agentchaos.wires.http_transport.held import Held
from pytest_agentchaos.wires.http_transport.library import Library
from pytest_agentchaos.wires.http_transport.patience import Patience
from pytest_agentchaos.wires.shaping import Shaper
from pytest_agentchaos.wires.upstreams import Handler, Upstream

__tracebackhide__ = explains_itself

Send = Callable[[Any], Any]
"""The transport's own method: the library's request in, its response out (awaitable on async transports)."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One call and everything around it."""

    active: Active
    lib: Library
    request: Any
    flight: Flight
    upstream: Upstream | None
    """What answers in place of the network, if something was declared."""
    send: Send


class HttpPort:
    """What both ports share: the caller's patience, the library's errors, the form of a reply."""

    def __init__(self, passage: Passage, *, endless: bool = False) -> None:
        self._passage = passage
        self._active = passage.active
        self._lib = passage.lib
        self._flight = passage.flight
        self._patience = Patience(passage.active.clock, passage.lib, passage.request, endless=endless)
        self._enforced = passage.active.sim or passage.upstream is not None
        """Whether the caller's timeout is ours to enforce; a real connection does that by itself."""
        self._taken: Held | None = None

    def _check_up(self) -> None:
        """A request that has been on its way for a while may find nobody there."""
        flight = self._flight
        if self._passage.upstream is not None and flight.engine.processes.is_down(flight.call):
            self.refuse()

    def renew(self) -> None:
        """The caller's read timeout starts anew."""
        self._patience.renew()

    def refuse(self) -> NoReturn:
        """Nobody listens there."""
        msg = "[Errno 111] Connection refused"
        error = self._lib.error("ConnectError", msg, self._passage.request)
        raise error

    def reset(self) -> NoReturn:
        """The connection broke."""
        msg = "[Errno 104] Connection reset by peer"
        error = self._lib.error("ReadError", msg, self._passage.request)
        raise error

    def hang_up(self) -> None:
        """Each call has a connection of its own, as far as anybody can tell."""

    def present(self, reply: Reply) -> Held:
        """A whole reply in the wire's own form."""
        return Held(reply.status, reply.headers, whole=reply.body)

    def shape(self, held: Held, step: steps.Cut | steps.Drip | steps.Insert) -> Held:
        """The same reply, whose body will come differently."""
        held.shapes.append(step)
        return held

    def _shaper(self, held: Held) -> Shaper | None:
        return Shaper(held.shapes, events=held.is_event_stream) if held.shapes else None

    def _incomplete(self, words: str = "") -> Exception:
        """What the library raises when a connection ends in good order before the body does."""
        words = words or "incomplete chunked read"
        message = f"peer closed connection without sending complete message body ({words})"
        return self._lib.error("RemoteProtocolError", message, self._passage.request)

    def _cut(self, held: Held, record: Record) -> Cut:
        """Why an early end shows: the head had promised more. A stream of events may end anywhere."""
        promised = None if held.is_event_stream else held.header("content-length")
        compressed = held.is_compressed

        def error() -> Exception | None:
            if promised is None or (record.size >= int(promised) and not compressed):
                return None
            return self._incomplete("" if compressed else f"received {record.size} bytes, expected {promised}")

        return error

    def _whole(self, held: Held, raw: bytes) -> Reply:
        reply = self._lib.decoded(held.status, held.headers, raw)
        held.whole, held.source = reply.body, None
        held.headers = reply.headers
        self._tell_delivered(held, reply)
        return reply

    def _untouched(self, held: Held) -> Any:
        """The transport's own response, if it was whole and nothing has happened to it; else None."""
        if held.own is None or held.whole is not None or held.shapes:
            return None
        reply = Reply(held.status, held.headers, held.own._content)  # noqa: SLF001 - already read
        self._tell_delivered(held, reply)
        self._flight.ok(reply)
        return held.own

    def _tell_delivered(self, held: Held, reply: Reply) -> None:
        if held.delivered:
            held.delivered = False
            self._flight.delivered(reply)

    def _record(self, held: Held) -> Record:
        status, headers = held.status, held.headers
        promised = None if held.is_compressed else held.header("content-length")

        def ended(raw: bytes, error: str | None) -> None:
            reply = self._lib.decoded(status, headers, raw)
            came = None if held.is_event_stream else record.whole
            if error is None or came is None:
                self._tell_delivered(held, reply)
            elif held.delivered and promised is not None and len(came) == int(promised):
                self._tell_delivered(held, self._lib.decoded(status, headers, came))
            elif held.delivered:
                held.delivered = False
                self._flight.delivered_unread(status, "a fault ended it on its way")
            if error is None:
                self._flight.ok(reply)
            else:
                self._flight.ended("info", error)

        record = Record(ended)
        return record

    def _own(self, request: Request) -> Any:
        """The request as the library's object: the caller's own, unless that cannot be sent as it is."""
        own = self._passage.request
        if request is self._flight.request and hasattr(own, "_content"):
            return own
        return self._lib.rebuilt(request, own)

    def _answered(self, answer: Handler, request: Request) -> Held:
        """What a double answers; its own mistakes are mistakes in the test."""
        engine, url = self._flight.engine, request.url
        try:
            reply = answer.handle(request)
        except AgentChaosError as error:
            raise engine.problem(error) from None
        except Exception as error:
            msg = f"{answer!r}, which stands behind {url}, failed in handle(): {type(error).__name__}: {error}"
            raise engine.problem(UsageError(msg)) from error
        if not isinstance(reply, Reply):
            msg = (
                f"{answer!r}, which stands behind {url}, gave {reply!r} from handle(); it has to give a Reply, at once"
            )
            raise engine.problem(UsageError(msg))
        return Held(reply.status, reply.headers, whole=reply.body, delivered=True)

    def _crashed(self, error: AppCrashedError) -> Held:
        """What a server sends for an app that raised before it answered."""
        self._flight.engine.note(upstream_error=str(error))
        body = b"Internal Server Error"
        headers = (("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body))))
        return Held(500, headers, whole=body, delivered=True)

    def _not_started(self, error: AppNotStartedError) -> AgentChaosError:
        return self._flight.engine.problem(UsageError(str(error)))
