"""Reordering: later calls overtake this one."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Deliver, Hold, Program, Return


@register
class Reorder(Fault):
    """The request waits in some queue until other calls have overtaken it; the caller sees a late but right answer.

    When nothing overtakes it within the limit, it goes on.
    """

    name: ClassVar[str] = "reorder"
    family: ClassVar[Family] = "delivery"

    calls: int = Field(default=1, ge=1)
    """How many other calls overtake it."""
    limit_s: float = Field(default=1.0, gt=0)

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Hold the request back, then deliver it."""
        return (Hold(self.calls, self.limit_s), Deliver(), Return())
