"""What it takes to read a wire format, and to write it so that the real SDKs believe it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.usage import Usage

ProblemKind = Literal[
    "rate_limited",
    "quota",
    "overloaded",
    "unavailable",
    "server_error",
    "timeout",
    "unauthorized",
    "forbidden",
    "not_found",
    "bad_request",
    "conflict",
    "content_filter",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """What goes wrong at the callee, in words that every dialect can put in its own form."""

    kind: ProblemKind
    status: int | None = None
    """Overrides the status that the dialect would give."""
    message: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call that a model asks for. ``arguments`` is the raw text, which need not be JSON."""

    id: str
    name: str
    arguments: str


Finish = Literal["stop", "tool_calls", "length", "content_filter", "refusal"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a model said, in words that every model dialect can read and write."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish: Finish = "stop"
    usage: Usage | None = None
    id: str = ""
    model: str = ""


class Dialect(Protocol):
    """One wire format."""

    @property
    def name(self) -> str:
        """What a call says that it was read by."""

    def read_call(self, request: Request) -> Call | None:
        """The call in a request, or None when the request is not of this dialect. Never raises."""

    def read_result(self, reply: Reply) -> Any:
        """What the callee answered, as a JSON value (for a stream, what it adds up to); None if unreadable."""

    def write_result(self, reply: Reply, value: Any) -> Reply:
        """The same reply, answering something else."""

    def read_usage(self, reply: Reply) -> Usage | None:
        """Tokens that the reply reports."""

    def problem(self, request: Request, problem: Problem) -> Reply:
        """The reply with which a real server of this dialect reports a problem."""


@runtime_checkable
class ModelDialect(Dialect, Protocol):
    """A wire format of a language model."""

    def read_turn(self, reply: Reply) -> Turn | None:
        """What the model said, streamed or not; None if unreadable."""

    def write_turn(self, request: Request, turn: Turn) -> Reply:
        """A full reply that says this: a stream of events when the request asks for one."""

    def error_event(self, message: str) -> bytes:
        """A server-sent event with which a stream of this dialect reports an error."""


@runtime_checkable
class ResultDialect(Dialect, Protocol):
    """A wire format of tools: it can also say that the tool itself failed."""

    def read_failure(self, reply: Reply) -> str | None:
        """What a reply says went wrong, also one whose status tells nothing; None when it is a result."""

    def write_failure(self, request: Request, message: str) -> Reply:
        """A reply of the protocol's own that says: the tool ran and failed."""
