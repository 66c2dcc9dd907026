"""Cancelling a booking of an earlier trip: one cancellation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reference_system.agents.assignment import Problem
from reference_system.agents.skill import Skill
from reference_system.contracts.base import Contract
from reference_system.contracts.plan import Undo
from reference_system.contracts.tools import Cancel, Cancelled

if TYPE_CHECKING:
    from reference_system.agents.desk import Desk

TOOL_OF = {"flights": "cancel_flight", "hotels": "cancel_hotel", "restaurants": "cancel_table"}


class Undoing(Skill[Undo]):
    """See contracts.plan.Undo."""

    def tools(self, task: Undo) -> tuple[str, ...]:
        """The one of the booking's domain."""
        return (TOOL_OF[task.domain],)

    def is_done(self, task: Undo, desk: Desk) -> bool:
        """It is cancelled."""
        return any(gone.booking == task.booking for gone in desk.results(TOOL_OF[task.domain], Cancelled))

    def objections(self, task: Undo, desk: Desk, arguments: Contract) -> Iterator[str]:  # noqa: ARG002 - as in Skill
        """This booking, and no other."""
        if isinstance(arguments, Cancel) and arguments != Cancel(booking=task.booking):
            yield f"the task is to cancel {task.booking}, and request_key is null"

    async def by_rules(self, task: Undo, desk: Desk) -> Problem | None:
        """Cancel it."""
        await desk.call(TOOL_OF[task.domain], {"booking": task.booking, "request_key": None})
        return None
