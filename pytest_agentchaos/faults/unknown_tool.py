"""An unknown tool: the model calls a tool that nobody offered."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.turns import ModelFault, change_tool_call


@register
class UnknownTool(ModelFault):
    """The model invents a tool: one of its tool calls carries a name that the agent did not offer."""

    name: ClassVar[str] = "unknown_tool"

    tool: str = "*"
    """Glob for the tool whose call is renamed; one call is drawn when several match."""
    new_name: str | None = Field(default=None, min_length=1)
    """The invented name; by default the old one with a version, as models do it."""

    def change(self, turn: Turn, call: Call, draw: random.Random) -> Turn:
        """Rename one tool call."""
        return change_tool_call(turn, self.tool, draw, lambda old: self._renamed(old, call))

    def _renamed(self, old: ToolCall, call: Call) -> ToolCall:
        name = self.new_name or f"{old.name}_v2"
        while name in call.offers or name == old.name:
            name += "_"
        return replace(old, name=name)
