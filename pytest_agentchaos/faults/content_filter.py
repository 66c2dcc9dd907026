"""A content filter: the provider withholds what the model said, or what it was asked."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import ClassVar, Literal

from pytest_agentchaos.dialects.base import Problem, Turn
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.faults.answers import answer_with
from pytest_agentchaos.faults.base import Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Program
from pytest_agentchaos.faults.turns import ModelFault


@register
class ContentFilter(ModelFault):
    """The provider's filter stops the output: the turn is empty and says why, with status 200.

    With ``on="input"`` it stops the request: the provider answers with its error for that, and no model runs.
    """

    name: ClassVar[str] = "content_filter"

    on: Literal["output", "input"] = "output"

    def change(self, turn: Turn, call: Call, draw: random.Random) -> Turn:  # noqa: ARG002 - same for every call
        """Withhold everything."""
        return replace(turn, text="", tool_calls=(), finish="content_filter")

    def compile(self, situation: Situation) -> Program:
        """Filter the output, or turn the input away."""
        if self.on == "output":
            return super().compile(situation)
        return answer_with(situation.dialect.problem(situation.request, Problem("content_filter")))
