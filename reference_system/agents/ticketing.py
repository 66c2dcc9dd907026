"""Booking what is held: one booking for each hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reference_system.agents.assignment import Problem
from reference_system.agents.skill import Skill
from reference_system.contracts.base import Contract
from reference_system.contracts.plan import Ticket
from reference_system.contracts.tools import BookFlight, FlightReservation
from reference_system.errors import ToolRefusedError

if TYPE_CHECKING:
    from reference_system.agents.desk import Desk


class Ticketing(Skill[Ticket]):
    """See contracts.plan.Ticket."""

    def tools(self, task: Ticket) -> tuple[str, ...]:  # noqa: ARG002 - as in Skill
        """What is booked is what is held, so there is nothing to search."""
        return ("book_flight",)

    def is_done(self, task: Ticket, desk: Desk) -> bool:
        """Each hold is booked."""
        return not _open_holds(task, desk)

    def objections(self, task: Ticket, desk: Desk, arguments: Contract) -> Iterator[str]:
        """A booking is of a hold of this task that is not booked, as it is held."""
        if not isinstance(arguments, BookFlight):
            return
        hold = next((hold for hold in _holds(task, desk) if hold.booking == arguments.hold), None)
        if hold is None:
            held = ", ".join(hold.booking for hold in _open_holds(task, desk))
            yield f"{arguments.hold!r} is no hold of this task; those that are not booked are {held or 'none'}"
            return
        if hold not in _open_holds(task, desk):
            yield f"the hold {hold.booking} is booked already"
        if (arguments.flight, arguments.date, arguments.travellers) != (hold.flight, hold.date, hold.travellers):
            yield f"{hold.booking} holds {hold.flight} on {hold.date} for {', '.join(hold.travellers)}; book just that"

    def part(self, arguments: Contract) -> str:
        """A hold."""
        return str(arguments.hold) if isinstance(arguments, BookFlight) else "all"

    async def by_rules(self, task: Ticket, desk: Desk) -> Problem | None:
        """Book each."""
        for hold in _open_holds(task, desk):
            wanted = BookFlight(flight=hold.flight, date=hold.date, travellers=hold.travellers, hold=hold.booking)
            try:
                await desk.call("book_flight", wanted.model_dump(mode="json"))
            except ToolRefusedError as refused:
                if refused.code == "sold_out":  # the hold had ended, and its seats were sold
                    return "sold_out"
                raise
        return None


def _holds(task: Ticket, desk: Desk) -> list[FlightReservation]:
    return [
        fact.result
        for fact in desk.assignment.facts
        if fact.tool == "hold_flight" and fact.step in task.holds_of and isinstance(fact.result, FlightReservation)
    ]


def _open_holds(task: Ticket, desk: Desk) -> list[FlightReservation]:
    booked = [
        deed.arguments.hold
        for deed in desk.deeds
        if deed.tool == "book_flight" and isinstance(deed.arguments, BookFlight)
    ]
    return [hold for hold in _holds(task, desk) if hold.booking not in booked]
