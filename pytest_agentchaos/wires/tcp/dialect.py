"""How a link is read as a call: it has a name, and nothing else about its bytes is known."""

from __future__ import annotations

from typing import Any

from pytest_agentchaos.dialects.base import Problem
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.usage import Usage

SCHEME = "tcp:"


class Bytes:
    """Reads no message at all."""

    name = "tcp"

    def read_call(self, request: Request) -> Call:
        """The link itself, as a call that lasts as long as the trial."""
        name = request.url.removeprefix(SCHEME)
        return Call(kind="tcp", target=name, name=name, dialect=self.name, wire="tcp")

    def read_result(self, reply: Reply) -> Any:  # noqa: ARG002 - the protocol's signature
        """Nobody has read it."""
        return None

    def write_result(self, reply: Reply, value: Any) -> Reply:  # noqa: ARG002 - the protocol's signature
        """There is no place for it."""
        return reply

    def read_usage(self, reply: Reply) -> Usage | None:  # noqa: ARG002 - the protocol's signature
        """Bytes report no tokens."""
        return None

    def problem(self, request: Request, problem: Problem) -> Reply:  # noqa: ARG002 - the protocol's signature
        """Nothing can be answered to bytes; faults that answer leave links alone."""
        return Reply(problem.status or 503)
