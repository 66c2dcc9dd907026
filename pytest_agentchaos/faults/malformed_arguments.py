"""Malformed arguments: the model calls a tool with text that is not JSON."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import ClassVar

from pytest_agentchaos.dialects.base import Turn
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.turns import ModelFault, change_tool_call


@register
class MalformedArguments(ModelFault):
    """The model stops in the middle of the arguments of a tool call: the agent gets text that is not JSON."""

    name: ClassVar[str] = "malformed_arguments"

    tool: str = "*"
    """Glob for the tool whose call is broken; one call is drawn when several match."""

    def change(self, turn: Turn, call: Call, draw: random.Random) -> Turn:  # noqa: ARG002 - same for every call
        """Cut the arguments of one tool call."""
        return change_tool_call(turn, self.tool, draw, lambda old: replace(old, arguments=_cut(old.arguments, draw)))


def _cut(arguments: str, draw: random.Random) -> str:
    """A part of an object that lacks its end, which is never JSON."""
    text = arguments.strip()
    return text[: draw.randrange(1, len(text))] if text.startswith("{") and len(text) > 1 else "{" + text.rstrip("}")
