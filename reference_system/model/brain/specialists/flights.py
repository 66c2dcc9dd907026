"""Flights: search, hold the cheapest fitting one each way, then book what is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reference_system.contracts.plan import Fly, Ticket
from reference_system.model.brain.reply import Call, Reply
from reference_system.model.brain.specialists.progress import Progress, done, impossible


@dataclass(frozen=True, slots=True)
class _Way:
    """Out or back."""

    origin: str
    destination: str
    day: date
    found_in: str
    """The part of a search's answer that is about it."""


def fly(task: Fly, progress: Progress) -> Reply:
    """Search, then hold; both ways at once."""
    ways = _open_ways(task, progress)
    if not ways:
        return done("Every way is held.")
    found = progress.last_result("search_flights")
    if found is None:
        return progress.call(_search(task), because=f"I look for flights from {task.origin} to {task.destination}.")
    choices = [_choice(way, task, found, progress) for way in ways]
    held_minor = sum(int(hold["amount_minor"]) for hold in progress.results("hold_flight"))
    chosen = [offer for offer in choices if offer is not None]
    if len(chosen) < len(ways):
        way = ways[choices.index(None)]
        return impossible("sold_out", f"No seats from {way.origin} to {way.destination} on {way.day.isoformat()}.")
    price_minor = held_minor + len(task.travellers) * sum(int(offer["price_minor"]) for offer in chosen)
    limit_minor = progress.ask.spend_at_most_minor
    if limit_minor is not None and price_minor > limit_minor:
        return impossible("over_budget", f"The cheapest flights cost {price_minor}, and {limit_minor} may be spent.")
    return progress.call(*(_hold(offer, task) for offer in chosen), because="I hold the cheapest.")


def ticket(task: Ticket, progress: Progress) -> Reply:
    """Book what is held, all at once."""
    holds = [fact.result for fact in progress.ask.facts if fact.step in task.holds_of and fact.tool == "hold_flight"]
    booked = [(row["flight"], row["date"]) for row in progress.results("book_flight")]
    left = [hold for hold in holds if (hold["flight"], hold["date"]) not in booked]
    if not holds:
        return impossible("other", "Nothing is held that could be booked.")
    if not left:
        return done("Everything that was held is booked.")
    lost = progress.refused("book_flight", "flight")
    if any(hold["flight"] in lost for hold in left):
        return impossible("sold_out", "A hold has ended, and the flight has no seats left.")
    return progress.call(*(_book(hold) for hold in left), because="I book what is held.")


def _open_ways(task: Fly, progress: Progress) -> list[_Way]:
    """The ways for which nothing is held yet."""
    ways = [_Way(task.origin, task.destination, task.depart_on, "outbound")]
    if task.return_on is not None:
        ways.append(_Way(task.destination, task.origin, task.return_on, "inbound"))
    held = {(hold.get("origin"), hold.get("date")) for hold in progress.results("hold_flight")}
    return [way for way in ways if (way.origin, way.day.isoformat()) not in held]


def _choice(way: _Way, task: Fly, found: Mapping[str, Any], progress: Progress) -> Mapping[str, Any] | None:
    """The cheapest with enough seats that has not been refused."""
    gone = progress.refused("hold_flight", "flight")
    fitting = [
        offer
        for offer in _offers(found, way.found_in)
        if int(offer["seats_left"]) >= len(task.travellers) and offer["flight"] not in gone
    ]
    return min(fitting, key=lambda offer: (offer["price_minor"], offer["departs"], offer["flight"]), default=None)


def _offers(found: Mapping[str, Any], part: str) -> Sequence[Mapping[str, Any]]:
    offers = found.get(part)
    return offers if isinstance(offers, list) else ()


def _search(task: Fly) -> Call:
    return Call(
        "search_flights",
        {
            "origin": task.origin,
            "destination": task.destination,
            "depart_on": task.depart_on.isoformat(),
            "return_on": task.return_on.isoformat() if task.return_on is not None else None,
            "seats": len(task.travellers),
        },
    )


def _hold(offer: Mapping[str, Any], task: Fly) -> Call:
    return Call("hold_flight", {"flight": offer["flight"], "date": offer["date"], "travellers": list(task.travellers)})


def _book(hold: Mapping[str, Any]) -> Call:
    return Call(
        "book_flight",
        {
            "flight": hold["flight"],
            "date": hold["date"],
            "travellers": list(hold["travellers"]),
            "hold": hold["booking"],
        },
    )
