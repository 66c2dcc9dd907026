"""Cancelling a booking of an earlier trip."""

from __future__ import annotations

from reference_system.contracts.plan import Undo
from reference_system.model.brain.reply import Call, Reply
from reference_system.model.brain.specialists.progress import Progress, done

CANCEL = {"flights": "cancel_flight", "hotels": "cancel_hotel", "restaurants": "cancel_table"}


def undo(task: Undo, progress: Progress) -> Reply:
    """Cancel it."""
    tool = CANCEL[task.domain]
    if progress.last_result(tool) is not None:
        return done("It is cancelled.")
    call = Call(tool, {"booking": task.booking, "request_key": None})
    return progress.call(call, because=f"I cancel {task.booking}.")
