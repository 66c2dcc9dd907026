"""A refusal: the model declines."""

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
class Refusal(ModelFault):
    """The model declines a harmless request, in the form of its dialect; a structured output is then absent."""

    name: ClassVar[str] = "refusal"

    text: str = Field(default="I'm sorry, but I can't help with that request.", min_length=1)

    def change(self, turn: Turn, call: Call, draw: random.Random) -> Turn:  # noqa: ARG002 - same for every call
        """Refuse instead of what was said."""
        return replace(turn, text=self.text, tool_calls=(), finish="refusal")
