"""A repeated call: the model asks for the same thing twice."""

from __future__ import annotations

import random
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.dialects.base import Turn
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.turns import ModelFault


@register
class RepeatedCall(ModelFault):
    """The model asks for the same tool with the same arguments several times in one turn, under different call ids.

    An agent that runs them all pays or books twice.
    """

    name: ClassVar[str] = "repeated_call"

    tool: str = "*"
    """Glob for the tool whose call is repeated; one call is drawn when several match."""
    copies: int = Field(default=2, ge=2, le=100)
    """How often the call stands in the turn."""

    def change(self, turn: Turn, call: Call, draw: random.Random) -> Turn:  # noqa: ARG002 - same for every call
        """Repeat one tool call."""
        places = [index for index, asked in enumerate(turn.tool_calls) if fnmatchcase(asked.name, self.tool)]
        if not places:
            return turn
        index = draw.choice(places)
        asked = turn.tool_calls[index]
        again = (replace(asked, id=f"{asked.id}_{number}" if asked.id else "") for number in range(2, self.copies + 1))
        return replace(turn, tool_calls=(*turn.tool_calls[: index + 1], *again, *turn.tool_calls[index + 1 :]))
