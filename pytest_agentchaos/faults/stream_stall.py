"""A stalled stream: it stops in the middle, and stays open."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.faults.base import Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Cut, Deliver, Program, Return
from pytest_agentchaos.faults.streams import StreamFault


@register
class StreamStall(StreamFault):
    """The callee stops sending in the middle of a stream: the caller waits for the next event until its own timeout."""

    name: ClassVar[str] = "stream_stall"

    after_events: int = Field(default=3, ge=0)

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Deliver, then fall silent."""
        return (Deliver(), Cut(events=self.after_events, then="hang"), Return())
