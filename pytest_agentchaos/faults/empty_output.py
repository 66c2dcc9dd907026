"""An empty output: the model says nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import ClassVar

from pytest_agentchaos.dialects.base import Turn
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.turns import ModelFault


@register
class EmptyOutput(ModelFault):
    """The model ends its turn without a word and without a tool call, and calls that a normal stop."""

    name: ClassVar[str] = "empty_output"

    def change(self, turn: Turn, call: Call, draw: random.Random) -> Turn:  # noqa: ARG002 - same for every call
        """Take all words and tool calls away."""
        if not turn.text and not turn.tool_calls:
            return turn
        return replace(turn, text="", tool_calls=(), finish="stop")
