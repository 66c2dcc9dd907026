"""What faults on streams share: they act only where events can come."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.evidence.call import Kind
from pytest_agentchaos.faults.answers import ANSWERED
from pytest_agentchaos.faults.base import Family, Fault, Situation


class StreamFault(Fault):
    """Base of the faults on a stream of events."""

    family: ClassVar[Family] = "stream"
    kinds: ClassVar[frozenset[Kind]] = ANSWERED

    def inapplicable(self, situation: Situation) -> str | None:
        """It needs a call whose reply may be a stream of events."""
        return super().inapplicable(situation) or not_a_stream(situation)


def not_a_stream(situation: Situation) -> str | None:
    """Why no event can come in this call; None when the caller asked for a stream or would accept one.

    An MCP client accepts both forms and the server chooses: what is no stream after all is left alone by the wire.
    """
    accepted = situation.request.header("accept") or ""
    if situation.call.streams or "text/event-stream" in accepted.lower():
        return None
    return "it acts on streams, and this call does not stream"
