"""An incomplete output: the model ran out of tokens."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.dialects.base import Turn
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.turns import ModelFault


@register
class Incomplete(ModelFault):
    """The model reaches its token limit: the text, or the last tool call's arguments, stops in the middle.

    The status is 200 and the SDKs raise nothing.
    """

    name: ClassVar[str] = "incomplete"

    fraction: float = Field(default=0.5, ge=0, lt=1)
    """How much of it is left."""

    def change(self, turn: Turn, call: Call, draw: random.Random) -> Turn:  # noqa: ARG002 - same for every call
        """Stop in the middle of what came last."""
        if not turn.tool_calls:
            return replace(turn, text=self._begun(turn.text), finish="length")
        *whole, last = turn.tool_calls
        return replace(turn, tool_calls=(*whole, replace(last, arguments=self._begun(last.arguments))), finish="length")

    def _begun(self, text: str) -> str:
        return text[: int(len(text) * self.fraction)]
