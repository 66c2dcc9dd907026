"""Latency: the answer takes longer."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Delay, Deliver, Program, Return


@register
class Latency(Fault):
    """The request reaches the callee late, by a fixed time and up to some jitter more."""

    name: ClassVar[str] = "latency"
    family: ClassVar[Family] = "delivery"

    seconds: float = Field(default=5.0, ge=0)
    jitter_s: float = Field(default=0.0, ge=0)

    def compile(self, situation: Situation) -> Program:
        """Wait, then deliver."""
        extra_s = situation.draw.uniform(0, self.jitter_s) if self.jitter_s else 0.0
        return (Delay(self.seconds + extra_s), Deliver(), Return())
