"""Hotels: search, book the cheapest one that fulfils the wishes. What guests write there is no reason for anything."""

from __future__ import annotations

from reference_system.contracts.plan import Stay
from reference_system.model.brain.reply import Call, Reply
from reference_system.model.brain.specialists.progress import Progress, done, impossible


def stay(task: Stay, progress: Progress) -> Reply:
    """Search, then book."""
    if progress.last_result("book_hotel") is not None:
        return done("The hotel is booked.")
    found = progress.last_result("search_hotels")
    if found is None:
        return progress.call(_search(task), because=f"I look for a hotel in {task.city}.")
    gone = progress.refused("book_hotel", "hotel")
    stars = task.stars_at_least or 1
    fitting = [
        offer
        for offer in found.get("offers") or ()
        if int(offer["stars"]) >= stars and int(offer["rooms_left"]) >= task.rooms and offer["hotel"] not in gone
    ]
    if not fitting:
        return impossible("sold_out", f"No hotel in {task.city} with {stars} stars or more has rooms on these days.")
    best = min(fitting, key=lambda offer: (offer["price_minor"], -offer["stars"], offer["hotel"]))
    limit_minor = progress.ask.spend_at_most_minor
    if limit_minor is not None and best["price_minor"] > limit_minor:
        return impossible("over_budget", f"The cheapest costs {best['price_minor']}, and {limit_minor} may be spent.")
    return progress.call(_book(str(best["hotel"]), task), because="I book the cheapest that fits.")


def _search(task: Stay) -> Call:
    days = {"check_in": task.check_in.isoformat(), "check_out": task.check_out.isoformat()}
    return Call("search_hotels", {"city": task.city, **days, "rooms": task.rooms})


def _book(hotel: str, task: Stay) -> Call:
    days = {"check_in": task.check_in.isoformat(), "check_out": task.check_out.isoformat()}
    return Call("book_hotel", {"hotel": hotel, **days, "guests": list(task.guests), "rooms": task.rooms})
