"""The trace is lost where the fallback takes over.

The calls that rules make for a failed agent stand in traces of their own. Whoever looks at the trace of a trip that was
in trouble sees the trouble, and not what came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from opentelemetry import context

from power.bug import Bug, changed
from reference_system.agents.fallback import Rules
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """The rules work as a background task would, which nobody has told of the span that is open."""

    def make(work: Callable[..., Any]) -> Callable[..., Any]:
        async def apart(self: Any, desk: Any) -> Any:
            token = context.attach(context.Context())
            try:
                return await work(self, desk)
            finally:
                context.detach(token)

        return apart

    return changed(Rules, "work", make)


BUG = Bug("trace_lost_in_fallback", "what the fallback does stands in no trace of the trip", plant)
