"""A hang: the callee is there and says nothing."""

from __future__ import annotations

from typing import ClassVar, Literal

from pytest_agentchaos.faults.answers import without_bytes
from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Cut, Deliver, Program, Return
from pytest_agentchaos.faults.steps import Hang as Silence


@register
class Hang(Fault):
    """The callee accepts the request and is stuck: the caller runs into its own timeout, if it has one.

    It is stuck before it does anything, or (``at="body"``) after it did its work and sent the head of the answer.
    """

    name: ClassVar[str] = "hang"
    family: ClassVar[Family] = "delivery"

    at: Literal["start", "body"] = "start"

    def inapplicable(self, situation: Situation) -> str | None:
        """Only an answer of bytes has a head and a body."""
        return super().inapplicable(situation) or (without_bytes(situation) if self.at == "body" else None)

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Answer nothing, or nothing but the head."""
        if self.at == "start":
            return (Silence(),)
        return (Deliver(), Cut(events=0, limit_bytes=0, then="hang"), Return())
