"""Asks as the system's other parts make them, and plans told in a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from pytest_agentchaos.doubles import Message, ModelRequest
from reference_system.catalogue.cities import CITIES
from reference_system.contracts.plan import Dine, Fly, Plan, PlanStep, Stay, Undo
from reference_system.contracts.trip import Booked
from reference_system.model.brain import think


def _request(ask: dict[str, Any], *later: Message, model: str = "travel-steady") -> ModelRequest:
    return ModelRequest("openai-responses", model, (Message("user", json.dumps(ask)), *later), (), {})


@pytest.fixture
def request_for() -> Callable[..., ModelRequest]:
    """The request to a model with this ask, and what was said and done since."""
    return _request


@pytest.fixture
def ask_plan() -> Callable[..., dict[str, Any]]:
    """The ask of the planner."""

    def make(text: str, *, kind: str = "trip", language: str = "en", **more: Any) -> dict[str, Any]:
        return {
            "ask": "plan",
            "kind": kind,
            "language": language,
            "text": text,
            "talk": {},
            "user": "Ada",
            "today": "2027-03-01",
            "first_day": "2027-03-01",
            "last_day": "2027-05-30",
            "cities": list(CITIES),
            "currency": "EUR",
            "travellers_at_most": 9,
            "nights_at_most": 14,
            "earlier": [],
            "complaints": [],
            **more,
        }

    return make


@pytest.fixture
def planned(ask_plan: Callable[..., dict[str, Any]]) -> Callable[..., Plan]:
    """The plan for a text."""

    def make(text: str, *, model: str = "travel-steady", **more: Any) -> Plan:
        return Plan.model_validate_json(think(_request(ask_plan(text, **more), model=model)))

    return make


@pytest.fixture
def outline() -> Callable[[Plan], str]:
    """What a plan comes to: ``Zurich-Lisbon 03-05/03-08; stay 03-05/03-08; for Ada, Ben; 1200``.

    The weather, the ticket and the itinerary are left out, and the dinner unless a kitchen is wished for.
    """

    def tell(plan: Plan) -> str:
        if plan.problem is not None:
            return plan.problem
        parts = [told for step in plan.steps if (told := _told(step)) is not None]
        names = {_names(step) for step in plan.steps} - {()}
        parts += [f"for {', '.join(each)}" for each in sorted(names)]
        if plan.budget_minor is not None:
            parts.append(f"{plan.budget_minor / 100:g}")
        return "; ".join(parts)

    return tell


def _told(step: PlanStep) -> str | None:
    match step.task:
        case Fly() as fly:
            return f"{fly.origin}-{fly.destination} {_days(fly.depart_on, fly.return_on)}"
        case Stay() as stay:
            stars = f" {stay.stars_at_least}*" if stay.stars_at_least else ""
            return f"stay {stay.city} {_days(stay.check_in, stay.check_out)}{stars}"
        case Dine() as dine if dine.cuisine or step.required:
            return f"dine {dine.city} {dine.date:%m-%d} {dine.guests} {dine.cuisine or 'any'}"
        case Undo() as undo:
            return f"undo {undo.booking}"
        case _:
            return None


def _days(first: date, last: date | None) -> str:
    return f"{first:%m-%d}" if last is None else f"{first:%m-%d}/{last:%m-%d}"


def _names(step: PlanStep) -> tuple[str, ...]:
    match step.task:
        case Fly() as fly:
            return fly.travellers
        case Stay() as stay:
            return stay.guests
        case _:
            return ()


@pytest.fixture
def booked() -> Sequence[Booked]:
    """What stands booked of a trip of one traveller: Zurich to Lisbon, 5 to 8 March, with a table."""
    flights = (
        _row("F-000001", "LX1766", "LX1766 Zurich-Lisbon on 2027-03-05 at 07:25, seats 1", "2027-03-05"),
        _row("F-000002", "TP612", "TP612 Lisbon-Zurich on 2027-03-08 at 06:55, seats 1", "2027-03-08"),
    )
    hotel = _row("H-000001", "H-LIS-1", "Hotel Sole in Lisbon, 2027-03-05 to 2027-03-08", "2027-03-05")
    table = _row("T-000001", "R-LIS-2", "The Blue Table in Lisbon on 2027-03-05", "2027-03-05")
    return (*flights, hotel.model_copy(update={"last": "2027-03-08"}), table)


_MADE_BY: dict[str, tuple[Any, str]] = {
    "F": ("flights", "book_flight"),
    "H": ("hotels", "book_hotel"),
    "T": ("restaurants", "reserve_table"),
}


def _row(booking: str, item: str, what: str, day: str) -> Booked:
    domain, tool = _MADE_BY[booking[0]]
    return Booked(
        booking=booking,
        domain=domain,
        tool=tool,
        step="step",
        what=what,
        item=item,
        first=day,
        last=day,
        names=("Ada",),
        amount_minor=10_000,
        currency="EUR",
        state="booked",
    )
