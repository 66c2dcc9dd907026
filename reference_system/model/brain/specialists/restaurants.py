"""Restaurants: search, reserve the best rated one with the kitchen that was wished for."""

from __future__ import annotations

from reference_system.contracts.plan import Dine
from reference_system.model.brain.reply import Call, Reply
from reference_system.model.brain.specialists.progress import Progress, done, impossible


def dine(task: Dine, progress: Progress) -> Reply:
    """Search, then reserve."""
    if progress.last_result("reserve_table") is not None:
        return done("A table is reserved.")
    found = progress.last_result("search_restaurants")
    if found is None:
        search = {"city": task.city, "date": task.date.isoformat(), "guests": task.guests}
        return progress.call(Call("search_restaurants", search), because=f"I look for a table in {task.city}.")
    gone = progress.refused("reserve_table", "restaurant")
    kitchen = task.cuisine.casefold() if task.cuisine else None
    fitting = [
        offer
        for offer in found.get("offers") or ()
        if offer["restaurant"] not in gone
        and int(offer["tables_left"]) > 0
        and (kitchen is None or str(offer["cuisine"]).casefold() == kitchen)
    ]
    if not fitting:
        wished = f" with {task.cuisine} cooking" if task.cuisine else ""
        return impossible("sold_out", f"No restaurant in {task.city}{wished} has a table on {task.date.isoformat()}.")
    # The search answers best rated first.
    reserve = {
        "restaurant": fitting[0]["restaurant"],
        "date": task.date.isoformat(),
        "guests": task.guests,
        "name": task.name,
    }
    return progress.call(Call("reserve_table", reserve), because="I reserve the best rated.")
