"""Booking a hotel: one booking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reference_system.agents.assignment import Problem
from reference_system.agents.skill import Skill
from reference_system.contracts.base import Contract
from reference_system.contracts.plan import Stay
from reference_system.contracts.tools import BookHotel, HotelOffer, HotelOffers, HotelReservation
from reference_system.errors import ToolRefusedError

if TYPE_CHECKING:
    from reference_system.agents.desk import Desk

TRIES = 3
"""Hotels that are tried when rooms are gone between search and booking."""


class Staying(Skill[Stay]):
    """See contracts.plan.Stay."""

    def tools(self, task: Stay) -> tuple[str, ...]:  # noqa: ARG002 - as in Skill
        """Search, then book."""
        return ("search_hotels", "book_hotel")

    def is_done(self, task: Stay, desk: Desk) -> bool:  # noqa: ARG002 - as in Skill
        """There is a booking."""
        return bool(desk.results("book_hotel", HotelReservation))

    def objections(self, task: Stay, desk: Desk, arguments: Contract) -> Iterator[str]:
        """A booking is of a hotel that was found, good and cheap enough, for these nights and guests; there is one."""
        if not isinstance(arguments, BookHotel):
            return
        if self.is_done(task, desk):
            yield "a hotel is booked already, and one is enough"
        offer = next((offer for offer in _offers(task, desk) if offer.hotel == arguments.hotel), None)
        if offer is None:
            yield f"{arguments.hotel} is in no search result of this step; call search_hotels first"
            return
        if task.stars_at_least is not None and offer.stars < task.stars_at_least:
            yield f"{arguments.hotel} has {offer.stars} stars; the task asks for {task.stars_at_least} at least"
        if not _affordable(offer.price_minor, desk):
            yield f"{arguments.hotel} costs {offer.price_minor}; it may cost {desk.spend_at_most_minor} at most"
        if arguments != _booking(task, arguments.hotel):
            guests = ", ".join(task.guests)
            yield f"the task is {task.rooms} room(s) from {task.check_in} to {task.check_out} for {guests}"

    def is_possible(self, task: Stay, desk: Desk) -> bool:
        """A hotel that is good enough can be paid."""
        cheapest_minor = self.cheapest_minor(task, desk)
        return cheapest_minor is not None and _affordable(cheapest_minor, desk)

    def cheapest_minor(self, task: Stay, desk: Desk) -> int | None:
        """Of those that are good enough."""
        return min((offer.price_minor for offer in _good_enough(task, desk)), default=None)

    async def by_rules(self, task: Stay, desk: Desk) -> Problem | None:
        """Search once, book the cheapest that is good enough."""
        await desk.call("search_hotels", _search(task))
        good_enough = _good_enough(task, desk)
        affordable = [offer for offer in good_enough if _affordable(offer.price_minor, desk)]
        for offer in affordable[:TRIES]:
            try:
                await desk.call("book_hotel", _booking(task, offer.hotel).model_dump(mode="json"))
            except ToolRefusedError as refused:
                if refused.code != "sold_out":
                    raise
            else:
                return None
        return "over_budget" if good_enough and not affordable else "sold_out"


def _search(task: Stay) -> dict[str, object]:
    return {
        "city": task.city,
        "check_in": task.check_in.isoformat(),
        "check_out": task.check_out.isoformat(),
        "rooms": task.rooms,
    }


def _booking(task: Stay, hotel: str) -> BookHotel:
    return BookHotel(
        hotel=hotel, check_in=task.check_in, check_out=task.check_out, guests=task.guests, rooms=task.rooms
    )


def _affordable(amount_minor: int, desk: Desk) -> bool:
    return desk.spend_at_most_minor is None or amount_minor <= desk.spend_at_most_minor


def _offers(task: Stay, desk: Desk) -> list[HotelOffer]:
    return [offer for found in desk.found(HotelOffers) for offer in found.offers if offer.city == task.city]


def _good_enough(task: Stay, desk: Desk) -> list[HotelOffer]:
    """Cheapest first."""
    fitting = {
        offer.hotel: offer
        for offer in _offers(task, desk)
        if offer.rooms_left >= task.rooms and offer.stars >= (task.stars_at_least or 1)
    }
    return sorted(fitting.values(), key=lambda offer: (offer.price_minor, offer.hotel))
