"""What a user sends and gets."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from reference_system.contracts.base import AsTuple, Contract, Identifier, Minor, Name, Text
from reference_system.contracts.tools import Domain


class Reason(StrEnum):
    """How a trip ended: always exactly one of these."""

    COMPLETED = "completed"
    """Everything that was asked for is done."""
    DEGRADED = "degraded"
    """What was essential is done, something else is missing and said to be."""
    NEEDS_INPUT = "needs_input"
    """The user has to decide or to say more; nothing is booked."""
    ESCALATED = "escalated"
    """A person has it now, with everything needed to finish it."""
    REFUSED = "refused"
    """Not something that is done here; nothing is booked."""
    BUDGET_EXHAUSTED = "budget_exhausted"
    """It took more turns, tokens or tool calls than a trip may; what was booked is undone."""
    DEADLINE = "deadline"
    """It took longer than a trip may; what was booked is undone."""
    FAILED = "failed"
    """It could not be done; what was booked is undone."""


class Turn(Contract):
    """One thing that was said before."""

    role: Literal["user", "assistant"]
    text: Text


class TripRequest(Contract):
    """One request of one user."""

    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    user: Name
    """Who asks; also the traveller if no other is named. Canary routing sticks to it."""
    conversation: Annotated[tuple[Turn, ...], AsTuple, Field(max_length=400)] = ()
    about: Identifier | None = None
    """An earlier trip that is to be changed, cancelled or asked about."""


class Booked(Contract):
    """One line of the ledger: something that was really done, with the evidence for it."""

    booking: Identifier
    domain: Domain
    tool: str
    """What did it."""
    step: Identifier
    what: str
    """For people: "LX1766 Zurich-Lisbon on 2027-03-05, seats 3, 4"."""
    item: str
    """For machines: the flight, hotel or restaurant."""
    first: str
    """ISO day."""
    last: str
    """ISO day; of a stay the day of leaving."""
    names: Annotated[tuple[str, ...], AsTuple]
    amount_minor: Minor
    currency: str
    state: Literal["held", "booked", "cancelled"]


class TripAnswer(Contract):
    """What the user gets."""

    trip: Identifier
    reason: Annotated[Reason, Field(strict=False)]
    text: str
    bookings: Annotated[tuple[Booked, ...], AsTuple] = ()
    """What stands booked at the end."""
    missing: Annotated[tuple[str, ...], AsTuple] = ()
    """What was asked for and is not there, in words."""
    problem: str | None = None
    """Why it needs input or failed: sold_out, over_budget, missing_data, contradictory, unknown_city, ..."""
    question: str | None = None
    escalation: Identifier | None = None
    total_minor: Minor = 0
    currency: str = "EUR"
    itinerary: bool = False
    """Whether the itinerary is saved."""
    weather: Annotated[tuple[str, ...], AsTuple] = ()
    correlation: str | None = None
    manifest: str = ""
