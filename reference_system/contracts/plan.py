"""What the planner plans: steps with a typed task each, and what must be done before."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reference_system.contracts.base import AsTuple, Contract, Day, Identifier, Minor, Name, Text
from reference_system.contracts.tools import City, Domain, Party, Travellers


class Fly(Contract):
    """Find and hold flights: out, and back if ``return_on`` is given. Done by a hold for each way."""

    task: Literal["fly"]
    origin: City
    destination: City
    depart_on: Day
    return_on: Day | None
    travellers: Travellers


class Ticket(Contract):
    """Book what the named fly steps hold. Done by a booking for each hold."""

    task: Literal["ticket"]
    holds_of: Annotated[tuple[Identifier, ...], AsTuple, Field(min_length=1, max_length=8)]
    """Step ids."""


class Stay(Contract):
    """Find and book a hotel. Done by one booking."""

    task: Literal["stay"]
    city: City
    check_in: Day
    check_out: Day
    guests: Travellers
    rooms: Party
    stars_at_least: Annotated[int, Field(ge=1, le=5)] | None


class Forecast(Contract):
    """Look up the weather. Done by one report."""

    task: Literal["forecast"]
    city: City
    first: Day
    last: Day


class Dine(Contract):
    """Find and reserve a table. Done by one reservation."""

    task: Literal["dine"]
    city: City
    date: Day
    guests: Party
    name: Name
    cuisine: str | None


class Keep(Contract):
    """Save the itinerary of what was done so far. Done by one saved itinerary."""

    task: Literal["keep"]
    title: Annotated[str, Field(min_length=1, max_length=200)]


class Undo(Contract):
    """Cancel a booking of an earlier trip. Done by its cancellation."""

    task: Literal["undo"]
    booking: Identifier
    domain: Literal["flights", "hotels", "restaurants"]


Task = Annotated[Fly | Ticket | Stay | Forecast | Dine | Keep | Undo, Field(discriminator="task")]

AGENT_OF: dict[str, Domain] = {
    "fly": "flights",
    "ticket": "flights",
    "stay": "hotels",
    "forecast": "weather",
    "dine": "restaurants",
    "keep": "itinerary",
}
"""Which specialist does a task; an undo is done by the one of its domain."""


class PlanStep(Contract):
    """One step."""

    id: Identifier
    task: Task
    needs: Annotated[tuple[Identifier, ...], AsTuple, Field(max_length=20)]
    """Steps that must have ended before. A required step starts only when those of them that are required are done."""
    required: bool
    """Whether the trip makes no sense without it; the others may be missing from a degraded answer."""

    @property
    def agent(self) -> Domain:
        """The specialist."""
        return self.task.domain if isinstance(self.task, Undo) else AGENT_OF[self.task.task]


class Plan(Contract):
    """What is to be done; or what to ask the user; or why nothing can be done."""

    steps: Annotated[tuple[PlanStep, ...], AsTuple, Field(max_length=24)]
    budget_minor: Minor | None
    """What the user is ready to spend on all together."""
    problem: (
        Literal[
            "missing_data", "contradictory", "unknown_city", "out_of_calendar", "too_many_travellers", "not_possible"
        ]
        | None
    )
    question: Text | None
    """With a problem: what to ask the user, in the user's language."""


class Route(Contract):
    """What kind of request it is."""

    kind: Literal["trip", "change", "cancel", "question", "out_of_scope"]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
