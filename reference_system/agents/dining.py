"""Reserving a table: one reservation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reference_system.agents.assignment import Problem
from reference_system.agents.skill import Skill
from reference_system.contracts.base import Contract
from reference_system.contracts.plan import Dine
from reference_system.contracts.tools import ReserveTable, RestaurantOffer, RestaurantOffers, TableReservation
from reference_system.errors import ToolRefusedError

if TYPE_CHECKING:
    from reference_system.agents.desk import Desk

TRIES = 3
"""Restaurants that are tried when tables are gone between search and reservation."""


class Dining(Skill[Dine]):
    """See contracts.plan.Dine."""

    def tools(self, task: Dine) -> tuple[str, ...]:  # noqa: ARG002 - as in Skill
        """Search, then reserve."""
        return ("search_restaurants", "reserve_table")

    def is_done(self, task: Dine, desk: Desk) -> bool:  # noqa: ARG002 - as in Skill
        """There is a reservation."""
        return bool(desk.results("reserve_table", TableReservation))

    def objections(self, task: Dine, desk: Desk, arguments: Contract) -> Iterator[str]:
        """A reservation is at a restaurant that was found, for this evening and party; and the only one."""
        if not isinstance(arguments, ReserveTable):
            return
        if self.is_done(task, desk):
            yield "a table is reserved already, and one is enough"
        if not any(offer.restaurant == arguments.restaurant for offer in _offers(task, desk)):
            yield f"{arguments.restaurant} is in no search result of this step; call search_restaurants first"
        if arguments != _reservation(task, arguments.restaurant):
            yield f"the task is a table on {task.date} for {task.guests} in the name of {task.name}"

    def is_possible(self, task: Dine, desk: Desk) -> bool:
        """There is a restaurant with a table."""
        return bool(_offers(task, desk))

    async def by_rules(self, task: Dine, desk: Desk) -> Problem | None:
        """Search once; the best rated one, of the cuisine that was asked for if there is any."""
        search = {"city": task.city, "date": task.date.isoformat(), "guests": task.guests}
        await desk.call("search_restaurants", search)
        for offer in _preferred(task, desk)[:TRIES]:
            try:
                await desk.call("reserve_table", _reservation(task, offer.restaurant).model_dump(mode="json"))
            except ToolRefusedError as refused:
                if refused.code != "sold_out":
                    raise
            else:
                return None
        return "sold_out"


def _reservation(task: Dine, restaurant: str) -> ReserveTable:
    return ReserveTable(restaurant=restaurant, date=task.date, guests=task.guests, name=task.name)


def _offers(task: Dine, desk: Desk) -> list[RestaurantOffer]:
    """Best rated first, as the tool gives them."""
    return [offer for found in desk.found(RestaurantOffers) for offer in found.offers if offer.city == task.city]


def _preferred(task: Dine, desk: Desk) -> list[RestaurantOffer]:
    wanted = (task.cuisine or "").casefold()
    return sorted(_offers(task, desk), key=lambda offer: offer.cuisine.casefold() != wanted)
