"""The contest for the last ten seats of a flight: who takes part, what has to come of it, and what did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from benchmarks.measure import Measurement
from reference_system.catalogue.flights import services
from reference_system.catalogue.planted import SINGLE_ROUTE, SINGLE_ROUTE_SEATS
from reference_system.contracts.trip import Reason, TripAnswer, TripRequest
from reference_system.store.interface import BookingRow, Store, TripRow

USERS: Final = 200
SEATS: Final = SINGLE_ROUTE_SEATS
(CONTESTED,) = services(*SINGLE_ROUTE)
RESOURCE: Final = f"flight:{CONTESTED.flight}:2027-05-08"
WISH: Final = (
    f"Just the flight, please: one way from {SINGLE_ROUTE[0]} to {SINGLE_ROUTE[1]} on 8 May. No hotel, no dinner."
)

COMPLETED, SOLD_OUT, NOTHING = "completed", "sold out", "nothing"


def requests() -> tuple[TripRequest, ...]:
    """One a user, all for the same flight."""
    return tuple(TripRequest(text=WISH, user=f"user-{number:03d}") for number in range(1, USERS + 1))


@dataclass(frozen=True, slots=True)
class Result:
    """What the users were told, and what is on record."""

    told: Sequence[Sequence[TripAnswer]]
    """User by user, all answers that they got."""
    bookings: Sequence[BookingRow]
    trips: Sequence[TripRow]

    @classmethod
    def of(cls, told: Sequence[Sequence[TripAnswer]], store: Store) -> Self:
        """With the records as they are now."""
        return cls(told, store.bookings(), store.trips())

    def measurement(self, name: str, detail: str) -> Measurement:
        """How many things are not as they have to be."""
        wrong = list(self.wrong())
        seats = [seat for _, seat in self._sold()]
        sold = f"{len(seats)} seats sold, {len(set(seats))} different"
        answers = ", ".join(f"{count} {words}" for words, count in self._words().most_common())
        return Measurement(name, len(wrong), "wrong", 0, "at_most", "; ".join((sold, answers, detail, *wrong)))

    def wrong(self) -> Iterator[str]:
        """Each thing that is not as it has to be, in words."""
        yield from self._wrong_seats()
        yield from self._wrong_answers()
        if len(self.trips) != USERS:
            yield f"{len(self.trips)} trips for {USERS} users"
        if running := sum(row.state == "running" for row in self.trips):
            yield f"{running} trips have no end"

    def _wrong_seats(self) -> Iterator[str]:
        sold = self._sold()
        if len(sold) != SEATS:
            yield f"{len(sold)} seats are sold, not {SEATS}"
        for seat, count in sorted(Counter(seat for _, seat in sold).items()):
            if count > 1:
                yield f"seat {seat} is sold {count} times"
        for trip, count in sorted(Counter(trip for trip, _ in sold).items()):
            if count > 1:
                yield f"the trip {trip} has {count} seats"
        if held := sum(row.state == "held" for row in self.bookings):
            yield f"{held} seats are still held"

    def _wrong_answers(self) -> Iterator[str]:
        words = self._words()
        for what, wanted in ((COMPLETED, SEATS), (SOLD_OUT, USERS - SEATS)):
            if words[what] != wanted:
                yield f"{words[what]} users were told {what!r}, not {wanted}"
        if twofold := sum(any(answer != answers[0] for answer in answers) for answers in self.told):
            yield f"{twofold} users got two different answers"
        claimed = {(answer.trip, row.booking) for answers in self.told for answer in answers for row in answer.bookings}
        stand = {(row.trip, row.booking) for row in self.bookings if row.state == "booked"}
        for trip, booking in sorted(claimed - stand):
            yield f"the booking {booking} of {trip} is on no record"
        for trip, booking in sorted(stand - claimed):
            yield f"nobody was told of the booking {booking} of {trip}"

    def _words(self) -> Counter[str]:
        """What users were told, and how many of them."""
        return Counter(" and ".join(sorted({_in_words(one) for one in answers})) or NOTHING for answers in self.told)

    def _sold(self) -> list[tuple[str, int]]:
        """(trip, seat), for each seat of the flight that is sold."""
        return [
            (row.trip, seat)
            for row in self.bookings
            for resource, seat in row.units
            if row.state == "booked" and resource == RESOURCE
        ]


def _in_words(answer: TripAnswer) -> str:
    if answer.reason is Reason.NEEDS_INPUT and answer.problem == "sold_out":
        return SOLD_OUT
    return str(answer.reason) if answer.problem is None else f"{answer.reason} ({answer.problem})"
