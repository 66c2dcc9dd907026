"""A dripping stream: every event takes its time."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.faults.base import Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Deliver, Drip, Program, Return
from pytest_agentchaos.faults.streams import StreamFault


@register
class StreamDrip(StreamFault):
    """The callee is crowded: events come slowly, each within the caller's read timeout; only a deadline helps."""

    name: ClassVar[str] = "stream_drip"

    interval_s: float = Field(default=1.0, gt=0)

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Deliver, then let the events drip."""
        return (Deliver(), Drip(interval_s=self.interval_s), Return())
