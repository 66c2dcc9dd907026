"""A call: one exchange, as a dialect read it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from pytest_agentchaos.evidence.canonical import dump, encode, without_addresses

Kind = Literal["model", "tool", "agent", "http", "rpc", "tcp"]
"""``rpc`` is an MCP message that is not a tool call (initialize, tools/list, ...)."""

KINDS: tuple[Kind, ...] = ("tool", "model", "agent", "http", "rpc", "tcp")


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks whom for what."""

    kind: Kind
    target: str
    """Where it goes: a host, an MCP server, a module."""
    name: str
    """What is asked for there: a tool, a model, a path, a function."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    agent: tuple[str, ...] = ()
    """The path of agents that the caller named, outermost first."""
    dialect: str = "http"
    wire: str = "http"
    offers: tuple[str, ...] = ()
    """Names of the tools that a model call offers."""
    streams: bool = False
    """Whether the caller asked for a stream of events."""
    schemas: Mapping[str, Any] | None = field(default=None, compare=False)
    """Tool -> JSON schema of its arguments, for those of ``offers`` that came with one."""
    traceparent: str = field(default="", compare=False)
    """The W3C trace context that was sent along: which span of the caller's made this call."""
    baggage: str = field(default="", compare=False)
    """The W3C baggage that was sent along."""

    @property
    def digest(self) -> str:
        """A short digest of the arguments."""
        return hashlib.blake2b(encode(without_addresses(dump(self.arguments))), digest_size=6).hexdigest()

    def is_made_by(self, agent: str) -> bool:
        """Whether a glob fits the calling agent's path, ``planner/flights``, or its last part."""
        path = self.agent
        return fnmatchcase("/".join(path), agent) or bool(path and fnmatchcase(path[-1], agent))

    def __str__(self) -> str:
        caller = f"{'/'.join(self.agent)} -> " if self.agent else ""
        return f"{caller}{self.kind} {self.name} @ {self.target}"
