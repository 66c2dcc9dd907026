"""A cut stream: it ends too early."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from pytest_agentchaos.faults.base import Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Cut, Deliver, Program, Return
from pytest_agentchaos.faults.streams import StreamFault


@register
class StreamCut(StreamFault):
    """The connection ends in the middle of a stream: the caller has half an answer, and some SDKs call that a success.

    ``how="end"`` ends it cleanly, as a proxy does; ``how="reset"`` tears the connection.
    """

    name: ClassVar[str] = "stream_cut"

    after_events: int = Field(default=3, ge=0)
    how: Literal["end", "reset"] = "end"

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Deliver, then cut the stream."""
        return (Deliver(), Cut(events=self.after_events, then=self.how), Return())
