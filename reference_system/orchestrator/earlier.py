"""The earlier trip that a request is about: whose it is, and what of it still stands booked."""

from __future__ import annotations

from reference_system.contracts.trip import Booked, Reason, TripAnswer, TripRequest
from reference_system.orchestrator.ending import EndedError, Ending
from reference_system.orchestrator.phrases import phrase
from reference_system.store.interface import Store, TripRow

TRIPS_AT_MOST = 20
"""Of a chain of changes, each about the one before."""


async def earlier_bookings(store: Store, request: TripRequest, language: str) -> tuple[Booked, ...]:
    """What stands booked for the trip that the request is about, and for those that that one has changed.

    EndedError: there is no such trip, it is somebody else's, or it has no answer yet.
    """
    return await store.run(_find, store, request, language)


def _find(store: Store, request: TripRequest, language: str) -> tuple[Booked, ...]:
    found: list[Booked] = []
    about = request.about
    for _ in range(TRIPS_AT_MOST):
        if about is None:
            break
        row = store.trip(about)
        answer = _answer(row, request, language)
        standing = {booking.booking for booking in store.bookings(trip=about, state="booked")}
        found += [line for line in answer.bookings if line.booking in standing]
        about = None if row is None else row.request.get("about")
    return tuple(found)


def _answer(row: TripRow | None, request: TripRequest, language: str) -> TripAnswer:
    if row is None:
        question = phrase(language, "ask_which_trip")
        raise EndedError(
            Ending(
                reason=Reason.NEEDS_INPUT, problem="unknown_trip", question=question, because="there is no such trip"
            )
        )
    if row.request.get("user") != request.user:
        raise EndedError(Ending(reason=Reason.REFUSED, because=f"{row.trip} is a trip of somebody else"))
    if row.answer is None:
        question = phrase(language, "ask_later")
        raise EndedError(
            Ending(reason=Reason.NEEDS_INPUT, problem="trip_running", question=question, because="it has no answer yet")
        )
    return TripAnswer.model_validate(row.answer)
