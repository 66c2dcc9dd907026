"""The compensation is run twice, and the second time under keys of its own.

What is cancelled twice is refunded twice: the tool answers each request for a cancellation with the money.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any

from power.bug import Bug, changed
from reference_system.compensation import AGENT, Compensation
from reference_system.errors import LimitError, ToolError
from reference_system.gateway.interface import ToolRequest
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Each cancellation is followed by the same one in the name of another step."""

    def make(cancel: Callable[..., Any]) -> Callable[..., Any]:
        async def twice(self: Any, case: Any, undoing: Any, allowance: Any) -> Any:
            deed = await cancel(self, case, undoing, allowance)
            with suppress(ToolError, LimitError):
                await self._tools.call(_again(case, undoing), allowance)
            return deed

        return twice

    return changed(Compensation, "_cancel", make)


def _again(case: Any, undoing: Any) -> ToolRequest:
    named = {"request_key": undoing.request_key} if undoing.request_key else {"booking": undoing.booking}
    return ToolRequest(case.trip, f"{AGENT}-2", AGENT, undoing.tool, named, case.row.correlation)


BUG = Bug("compensation_twice", "what is compensated is cancelled, and refunded, twice", plant)
