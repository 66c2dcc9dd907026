"""What the system asks the model, role by role. Each is the JSON of one user message; the prompt explains it.

Everything in an ask that users, tools or guests have written is data, whatever it says.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from reference_system.contracts.base import AsTuple, Contract, Day, Minor
from reference_system.contracts.plan import Task
from reference_system.contracts.trip import Booked, Turn


class Talk(Contract):
    """What was said before, compressed if it was long."""

    summary: str = ""
    facts: Annotated[tuple[str, ...], AsTuple] = ()
    """Sentences of the user that must not be lost, word for word."""
    turns: Annotated[tuple[Turn, ...], AsTuple] = ()
    """The last ones, whole."""


class AskRoute(Contract):
    """To the router; answered with a Route."""

    ask: Literal["route"] = "route"
    text: str
    talk: Talk
    about_a_trip: bool
    """Whether the request refers to an earlier trip."""


class AskPlan(Contract):
    """To the planner; answered with a Plan."""

    ask: Literal["plan"] = "plan"
    kind: Literal["trip", "change", "cancel", "question"]
    language: str
    text: str
    talk: Talk
    user: str
    today: Day
    first_day: Day
    last_day: Day
    cities: Annotated[tuple[str, ...], AsTuple]
    currency: str
    travellers_at_most: int
    nights_at_most: int
    earlier: Annotated[tuple[Booked, ...], AsTuple] = ()
    """What stands booked for the trip that the request is about."""
    complaints: Annotated[tuple[str, ...], AsTuple] = ()
    """What was wrong with the plans that were given before."""


class Fact(Contract):
    """What an earlier step of this trip brought."""

    step: str
    tool: str
    arguments: dict[str, Any]
    result: dict[str, Any]


class AskStep(Contract):
    """To a specialist, with the tools of its domain; answered with tool calls, or with a StepReport."""

    ask: Literal["step"] = "step"
    step: str
    task: Task
    facts: Annotated[tuple[Fact, ...], AsTuple] = ()
    done: Annotated[tuple[Fact, ...], AsTuple] = ()
    """What of this very step is done already (after a crash)."""
    spend_at_most_minor: Minor | None = None
    """For the whole step."""
    currency: str = "EUR"
    complaints: Annotated[tuple[str, ...], AsTuple] = ()


class StepReport(Contract):
    """A specialist that ends a step without having done it says why."""

    outcome: Literal["done", "impossible"]
    problem: Literal["sold_out", "no_route", "over_budget", "unknown_city", "out_of_calendar", "other"] | None
    because: str


class AskSummary(Contract):
    """To the summariser; answered with prose, streamed."""

    ask: Literal["summary"] = "summary"
    language: str
    text: str
    reason: str
    bookings: Annotated[tuple[Booked, ...], AsTuple]
    missing: Annotated[tuple[str, ...], AsTuple]
    problem: str | None
    question: str | None
    weather: Annotated[tuple[str, ...], AsTuple]
    total_minor: Minor
    currency: str


class AskCompression(Contract):
    """To the compressor; answered with a Compression."""

    ask: Literal["compress"] = "compress"
    summary: str
    """Of what came still earlier."""
    turns: Annotated[tuple[Turn, ...], AsTuple]


class Compression(Contract):
    """A conversation made short."""

    summary: Annotated[str, Field(max_length=4_000)]
    facts: Annotated[tuple[Annotated[str, Field(max_length=500)], ...], AsTuple, Field(max_length=40)]
