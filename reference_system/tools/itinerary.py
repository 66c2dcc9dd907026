"""The itinerary server: save, load."""

from __future__ import annotations

from reference_system.contracts.tools import Itinerary, LoadItinerary, SaveItinerary
from reference_system.store.interface import Writing
from reference_system.tools.call import Call
from reference_system.tools.desk import Desk, Handler
from reference_system.tools.refusals import not_found


async def save_itinerary(desk: Desk, call: Call[SaveItinerary]) -> Itinerary:
    """Keep it; what was kept before is replaced."""
    wanted = call.arguments

    def save(writing: Writing) -> Itinerary:
        version = writing.save_itinerary(wanted.trip, wanted.title, wanted.lines)
        return Itinerary(trip=wanted.trip, version=version, title=wanted.title, lines=wanted.lines)

    return await desk.write(call, save)


async def load_itinerary(desk: Desk, call: Call[LoadItinerary]) -> Itinerary:
    """What is kept."""
    trip = call.arguments.trip
    kept = await desk.store.run(desk.store.itinerary, trip)
    if kept is None:
        raise not_found(at="trip", problem=f"nothing is kept for {trip!r}; save_itinerary keeps it")
    version, title, lines = kept
    return Itinerary(trip=trip, version=version, title=title, lines=lines)


HANDLERS: dict[str, Handler] = {"save_itinerary": save_itinerary, "load_itinerary": load_itinerary}
