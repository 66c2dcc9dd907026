"""An error event: a stream that reports in its middle that it failed."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.dialects.base import ModelDialect
from pytest_agentchaos.evidence.call import Kind
from pytest_agentchaos.faults.base import Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Cut, Deliver, Insert, Program, Return
from pytest_agentchaos.faults.streams import StreamFault
from pytest_agentchaos.faults.turns import not_a_model


@register
class StreamErrorEvent(StreamFault):
    """The model fails in the middle of a stream and says so in an event of its dialect, after which the stream ends.

    The status was 200 long ago; some SDKs raise, some hand the event on.
    """

    name: ClassVar[str] = "stream_error_event"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"model"})

    after_events: int = Field(default=3, ge=0)
    message: str = "The server had an error while processing your request."

    def inapplicable(self, situation: Situation) -> str | None:
        """It needs the stream of a model."""
        return super().inapplicable(situation) or not_a_model(situation)

    def compile(self, situation: Situation) -> Program:
        """Deliver, put the event into the stream and end it there."""
        # Unreachable without a model's dialect: inapplicable() said so.
        event = situation.dialect.error_event(self.message) if isinstance(situation.dialect, ModelDialect) else b""
        cut = Cut(events=self.after_events + 1)  # the events before it, and the error event itself
        return (Deliver(), Insert(self.after_events, event), cut, Return())
