"""Holding seats: one hold for each way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from reference_system.agents.assignment import Problem
from reference_system.agents.skill import Skill
from reference_system.contracts.base import Contract
from reference_system.contracts.plan import Fly
from reference_system.contracts.tools import FlightOffer, FlightOffers, FlightReservation, HoldFlight
from reference_system.errors import ToolRefusedError

if TYPE_CHECKING:
    from reference_system.agents.desk import Desk

TRIES = 3
"""Flights that are tried for one way when seats are gone between search and hold."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One way."""

    origin: str
    destination: str
    date: date

    @classmethod
    def of(cls, flight: FlightOffer | FlightReservation) -> Leg:
        """The one that a flight serves."""
        return cls(flight.origin, flight.destination, flight.date)


def legs(task: Fly) -> tuple[Leg, ...]:
    """Out, and back if there is a way back."""
    out = Leg(task.origin, task.destination, task.depart_on)
    return (out,) if task.return_on is None else (out, Leg(task.destination, task.origin, task.return_on))


class Flying(Skill[Fly]):
    """See contracts.plan.Fly."""

    def tools(self, task: Fly) -> tuple[str, ...]:  # noqa: ARG002 - as in Skill
        """Nothing is booked yet."""
        return ("search_flights", "hold_flight")

    def is_done(self, task: Fly, desk: Desk) -> bool:
        """Each way is held."""
        return not _open_legs(task, desk)

    def objections(self, task: Fly, desk: Desk, arguments: Contract) -> Iterator[str]:
        """A hold is for a flight that was found, for a way of this task that is not held, for these travellers."""
        if not isinstance(arguments, HoldFlight):
            return
        wanted = f"{arguments.flight} on {arguments.date}"
        offer = _offer(desk, arguments.flight, arguments.date)
        if offer is None:
            yield f"{wanted} is in no search result of this step; call search_flights first"
            return
        if Leg.of(offer) not in legs(task):
            yield f"{wanted} flies from {offer.origin} to {offer.destination}, which this task does not ask for"
        if Leg.of(offer) not in _open_legs(task, desk):
            yield f"the way from {offer.origin} to {offer.destination} is held already"
        if arguments.travellers != task.travellers:
            yield f"the travellers of this task are {', '.join(task.travellers)}"
        limit = desk.spend_at_most_minor
        if limit is not None and _held_minor(desk) + offer.price_minor * len(task.travellers) > limit:
            yield f"with {wanted} the flights cost more than {limit}, which is the most that they may cost"

    def part(self, arguments: Contract) -> str:
        """A day: there is one way on it."""
        return str(arguments.date) if isinstance(arguments, HoldFlight) else "all"

    def is_possible(self, task: Fly, desk: Desk) -> bool:
        """Each way that is not held has an offer, and the cheapest ones can be paid."""
        cheapest_minor = self.cheapest_minor(task, desk)
        return cheapest_minor is not None and _affordable(cheapest_minor, desk)

    def cheapest_minor(self, task: Fly, desk: Desk) -> int | None:
        """What is held, and the cheapest offers for the rest."""
        total_minor = _held_minor(desk)
        for leg in _open_legs(task, desk):
            offers = _offers(leg, task, desk)
            if not offers:
                return None
            total_minor += offers[0].price_minor * len(task.travellers)
        return total_minor

    async def by_rules(self, task: Fly, desk: Desk) -> Problem | None:
        """Search once, hold the cheapest of each way."""
        await desk.call("search_flights", _search(task))
        cheapest_minor = self.cheapest_minor(task, desk)
        if cheapest_minor is None:
            return "sold_out"
        if not _affordable(cheapest_minor, desk):
            return "over_budget"
        for leg in _open_legs(task, desk):
            if not await _hold_cheapest(leg, task, desk):
                return "sold_out"
        return None


async def _hold_cheapest(leg: Leg, task: Fly, desk: Desk) -> bool:
    for offer in _offers(leg, task, desk)[:TRIES]:
        wanted = HoldFlight(flight=offer.flight, date=offer.date, travellers=task.travellers)
        try:
            await desk.call("hold_flight", wanted.model_dump(mode="json"))
        except ToolRefusedError as refused:
            if refused.code != "sold_out":
                raise
        else:
            return True
    return False


def _search(task: Fly) -> dict[str, object]:
    return {
        "origin": task.origin,
        "destination": task.destination,
        "depart_on": task.depart_on.isoformat(),
        "return_on": task.return_on and task.return_on.isoformat(),
        "seats": len(task.travellers),
    }


def _open_legs(task: Fly, desk: Desk) -> list[Leg]:
    held = [Leg.of(hold) for hold in desk.results("hold_flight", FlightReservation)]
    return [leg for leg in legs(task) if leg not in held]


def _held_minor(desk: Desk) -> int:
    return sum(hold.amount_minor for hold in desk.results("hold_flight", FlightReservation))


def _affordable(amount_minor: int, desk: Desk) -> bool:
    return desk.spend_at_most_minor is None or amount_minor <= desk.spend_at_most_minor


def _offer(desk: Desk, flight: str, day: date) -> FlightOffer | None:
    return next((offer for offer in _all_offers(desk) if offer.flight == flight and offer.date == day), None)


def _offers(leg: Leg, task: Fly, desk: Desk) -> list[FlightOffer]:
    """For one way, cheapest first."""
    seats = len(task.travellers)
    fitting = {one.flight: one for one in _all_offers(desk) if Leg.of(one) == leg and one.seats_left >= seats}
    return sorted(fitting.values(), key=lambda one: (one.price_minor, one.flight))


def _all_offers(desk: Desk) -> list[FlightOffer]:
    return [offer for found in desk.found(FlightOffers) for offer in (*found.outbound, *found.inbound)]
