"""How agents ask for tools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from reference_system.contracts.base import Contract
from reference_system.resilience.interface import Allowance


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """One tool call that an agent asks for."""

    trip: str
    step: str
    agent: str
    """flights, hotels, ..., compensation, health"""
    tool: str
    arguments: Any
    """As the model gave them: a JSON text, or an object; nothing is believed yet."""
    correlation: str
    shadow: bool = False
    """A shadow run may read and must not write."""


@dataclass(frozen=True, slots=True)
class ToolReply:
    """What a tool answered, checked."""

    tool: str
    arguments: Contract
    result: Contract
    key: str | None
    """The idempotency key of a write."""
    adopted: bool = False
    """The write had been made before (a resumed trip, a repetition by the model); this is what it brought."""


class Tools(Protocol):
    """The gateway, as agents see it. Raises the ToolError and LimitError family of errors.py."""

    async def call(self, request: ToolRequest, allowance: Allowance) -> ToolReply:
        """Make the call, with everything that makes it safe."""
