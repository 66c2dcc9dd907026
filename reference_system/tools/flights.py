"""The flights server: search, hold, book, cancel."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reference_system.catalogue.flights import SERVICES, Service, destinations, services
from reference_system.catalogue.prices import CURRENCY
from reference_system.contracts.tools import (
    BookFlight,
    FlightOffer,
    FlightOffers,
    FlightReservation,
    HoldFlight,
    SearchFlights,
)
from reference_system.store.interface import BookingRow, Writing
from reference_system.tools import checks
from reference_system.tools.call import Call
from reference_system.tools.cancellation import cancellation
from reference_system.tools.desk import Desk, Handler, Wanted
from reference_system.tools.refusals import bad_request, no_route

HOLD_LASTS_S = 900.0


@dataclass(frozen=True, slots=True)
class Departure:
    """One flight on one day."""

    service: Service
    day: date

    @property
    def resource(self) -> str:
        """What the store calls its seats."""
        return f"flight:{self.service.flight}:{self.day}"

    def seats(self, count: int) -> Wanted:
        """So many of its seats."""
        service = self.service
        short = "no seat is" if count == 1 else f"fewer than {count} seats are"
        return Wanted(
            {self.resource: service.seats(self.day)},
            count,
            f"flight: {short} left on {service.flight} on {self.day}",
            f"search_flights from {service.origin} to {service.destination} shows what is free",
        )


async def search_flights(desk: Desk, call: Call[SearchFlights]) -> FlightOffers:
    """What is free, out and back."""
    wanted = call.arguments
    outbound = _way("depart_on", wanted.origin, wanted.destination, wanted.depart_on)
    inbound: list[Departure] = []
    if wanted.return_on is not None:
        if wanted.return_on < wanted.depart_on:
            problem = f"{wanted.return_on} is before depart_on, {wanted.depart_on}; give the same day or a later one"
            raise bad_request(at="return_on", problem=problem)
        inbound = _way("return_on", wanted.destination, wanted.origin, wanted.return_on)
    left = await desk.left({one.resource: one.service.seats(one.day) for one in (*outbound, *inbound)})
    return FlightOffers(
        outbound=_offers(outbound, left, wanted.seats),
        inbound=_offers(inbound, left, wanted.seats),
    )


async def hold_flight(desk: Desk, call: Call[HoldFlight]) -> FlightReservation:
    """Keep seats for a while."""
    departure = _departure(call.arguments)
    seats = await desk.look(departure.seats(len(call.arguments.travellers)))

    def hold(writing: Writing) -> FlightReservation:
        booking = writing.next_id("FH")
        taken = seats.take(writing, booking)[departure.resource]
        return _put(writing, call, departure, booking, taken)

    return await desk.write(call, hold)


async def book_flight(desk: Desk, call: Call[BookFlight]) -> FlightReservation:
    """Sell seats: those of the hold if it is still open, else free ones."""
    departure = _departure(call.arguments)
    seats = await desk.look(departure.seats(len(call.arguments.travellers)))

    def book(writing: Writing) -> FlightReservation:
        held = _held(writing, call.arguments)
        booking = writing.next_id("F")
        if held is not None and writing.hand_over(held.booking, booking):
            taken = tuple(seat for _, seat in held.units)
        else:
            taken = seats.take(writing, booking)[departure.resource]
        return _put(writing, call, departure, booking, taken)

    return await desk.write(call, book)


def _way(field: str, origin: str, destination: str, day: date) -> list[Departure]:
    """The flights of one way on its day."""
    checks.city("origin", origin)
    checks.city("destination", destination)
    if origin == destination:
        raise bad_request(at="destination", problem=f"{destination} is the origin as well; give another city")
    checks.day(field, day)
    found = services(origin, destination)
    if not found:
        raise no_route(origin, destination, destinations(origin))
    return [Departure(service, day) for service in found]


def _offers(way: Sequence[Departure], left: dict[str, int], seats: int) -> tuple[FlightOffer, ...]:
    offers = [
        FlightOffer(
            flight=one.service.flight,
            date=one.day,
            origin=one.service.origin,
            destination=one.service.destination,
            departs=one.service.departs,
            arrives=one.service.arrives,
            price_minor=one.service.price_minor(one.day),
            currency=CURRENCY,
            seats_left=left[one.resource],
        )
        for one in way
        if left[one.resource] >= seats
    ]
    return tuple(sorted(offers, key=lambda offer: (offer.price_minor, offer.departs, offer.flight)))


def _departure(wanted: HoldFlight | BookFlight) -> Departure:
    service = checks.item("flight", wanted.flight, SERVICES)
    return Departure(service, checks.day("date", wanted.date))


def _held(writing: Writing, wanted: BookFlight) -> BookingRow | None:
    """The hold that is named. One that nobody knows is as good as one that has run out: there is none."""
    row = None if wanted.hold is None else writing.booking(wanted.hold)
    if row is None:
        return None
    if row.kind != "flight" or row.details["charged"]:
        raise bad_request(at="hold", problem=f"{row.booking} is no hold; give what hold_flight answered, or null")
    held, asked = (row.item, row.details["date"], len(row.details["travellers"])), _seats_of(wanted)
    if held != asked:
        raise bad_request(
            at="hold", problem=f"{row.booking} holds {held}, not {asked} (flight, date, seats); book that, or give null"
        )
    return row


def _seats_of(wanted: BookFlight) -> tuple[str, str, int]:
    return wanted.flight, wanted.date.isoformat(), len(wanted.travellers)


def _put(
    writing: Writing,
    call: Call[HoldFlight] | Call[BookFlight],
    departure: Departure,
    booking: str,
    seats: tuple[int, ...],
) -> FlightReservation:
    """Write it down; what the caller is told is what is written."""
    wanted, charged = call.arguments, isinstance(call.arguments, BookFlight)
    service = departure.service
    reservation = FlightReservation(
        booking=booking,
        state="booked" if charged else "held",
        flight=service.flight,
        date=departure.day,
        origin=service.origin,
        destination=service.destination,
        departs=service.departs,
        travellers=wanted.travellers,
        seats=seats,
        amount_minor=service.price_minor(departure.day) * len(wanted.travellers),
        currency=CURRENCY,
        expires_at_s=None if charged else time.time() + HOLD_LASTS_S,
    )
    writing.put(
        BookingRow(
            booking=booking,
            kind="flight",
            trip=call.trip,
            request_key=call.key,
            item=service.flight,
            details={"charged": charged, "date": str(departure.day), "travellers": list(wanted.travellers)},
            amount_minor=reservation.amount_minor,
            currency=reservation.currency,
            state=reservation.state,
            expires_at_s=reservation.expires_at_s,
            units=tuple((departure.resource, seat) for seat in seats),
        )
    )
    return reservation


HANDLERS: dict[str, Handler] = {
    "search_flights": search_flights,
    "hold_flight": hold_flight,
    "book_flight": book_flight,
    "cancel_flight": cancellation("flight"),
}
