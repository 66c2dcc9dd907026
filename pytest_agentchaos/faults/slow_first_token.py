"""A slow first token: the stream is long in coming."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.faults.base import Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Deliver, Drip, Program, Return
from pytest_agentchaos.faults.streams import StreamFault


@register
class SlowFirstToken(StreamFault):
    """The model thinks or queues before it says anything: the first event comes late, the others as usual."""

    name: ClassVar[str] = "slow_first_token"

    seconds: float = Field(default=10.0, gt=0)

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Deliver, then wait before the first event."""
        return (Deliver(), Drip(first_s=self.seconds), Return())
