"""Plain Python functions: a call is its arguments, a reply is its value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pytest_agentchaos.dialects.base import Problem
from pytest_agentchaos.dialects.http import MESSAGE, STATUS
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.canonical import snapshot
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.usage import Usage

_SCHEME = "python:"


class Function:
    """Reads calls of functions that a function wire wraps; ``kind`` says what these functions are."""

    name = "function"

    def __init__(self, kind: Literal["tool", "agent"] = "tool") -> None:
        self.kind = kind

    def read_call(self, request: Request) -> Call | None:
        """The call of a function, with its arguments as they were when it was made."""
        if request.method != "CALL" or not request.url.startswith(_SCHEME):
            return None
        return Call(
            kind=self.kind,
            target="python",
            name=request.url.removeprefix(_SCHEME),
            arguments={str(key): snapshot(value) for key, value in (request.arguments or {}).items()},
            dialect=self.name,
            wire="function",
        )

    def read_result(self, reply: Reply) -> Any:
        """What the function returned."""
        return snapshot(reply.value)

    def write_result(self, reply: Reply, value: Any) -> Reply:
        """The same reply with another value."""
        return replace(reply, value=value)

    def read_usage(self, reply: Reply) -> Usage | None:  # noqa: ARG002 - the protocol's signature
        """A function reports no tokens."""
        return None

    def problem(self, request: Request, problem: Problem) -> Reply:  # noqa: ARG002 - the protocol's signature
        """A reply of that status; its value is the message of the error that the wire raises."""
        return Reply(problem.status or STATUS[problem.kind], value=problem.message or MESSAGE[problem.kind])
