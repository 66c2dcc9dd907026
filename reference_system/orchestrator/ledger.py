"""The ledger: what was really done, by the answers of the tools and by nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from reference_system.agents.deed import Deed
from reference_system.contracts.tools import (
    TOOLS,
    BookFlight,
    Cancel,
    Cancelled,
    FlightReservation,
    HotelReservation,
    Itinerary,
    ReserveTable,
    TableReservation,
    WeatherReport,
)
from reference_system.contracts.trip import Booked
from reference_system.store.interface import BookingRow, Intent

State = Literal["held", "booked", "cancelled"]


class Ledger:
    """The deeds of one trip, and what follows from them."""

    def __init__(self, currency: str, earlier: Iterable[Booked] = (), deeds: Iterable[Deed] = ()) -> None:
        self._currency = currency
        self.earlier = tuple(earlier)
        """What stood booked for the trip that this one is about."""
        self.deeds: list[Deed] = []
        for deed in deeds:
            self.record(deed)

    def record(self, deed: Deed) -> None:
        """Note one; one that is known already (an adopted write) changes nothing."""
        if deed.key is None or all(known.key != deed.key for known in self.deeds):
            self.deeds.append(deed)

    def adopt(self, intents: Iterable[Intent]) -> None:
        """Note the writes that the store knows to be done: a crash may have come before they were noted here."""
        for intent in intents:
            if intent.state == "done" and intent.result is not None:
                self.record(Deed.remembered(intent))

    def compare(self, records: Iterable[BookingRow]) -> tuple[Booked, ...]:
        """Put right what an answer garbled on its way, by the booking that the request's key made.

        What is booked here and on no record at all is struck out, and returned.
        """
        by_key = {row.request_key: row for row in records}
        booked = {row.booking: row for row in self.in_state("booked")}
        unfounded = []
        for at, deed in reversed(tuple(enumerate(self.deeds))):
            row = booked.get(_booking(deed) or "")
            if row is None or deed.key is None:
                continue
            record = by_key.get(deed.key)
            if record is None:
                unfounded.append(row)
                del self.deeds[at]
            elif (record.booking, record.amount_minor) != (row.booking, row.amount_minor):
                self.deeds[at] = deed.corrected(record.booking, record.amount_minor)
        return tuple(unfounded)

    def of_steps(self, steps: Collection[str]) -> tuple[Deed, ...]:
        """What these steps have brought."""
        return tuple(deed for deed in self.deeds if deed.step in steps)

    # --- what stands ------------------------------------------------------------------------------------------------

    def rows(self) -> tuple[Booked, ...]:
        """Everything that this trip has held or booked, as it stands now; a hold that became a booking is no more."""
        gone, used = self._cancelled(), self._used_holds()
        found: dict[str, Booked] = {}
        for deed in self.deeds:
            row = _row(deed, self._currency)
            if row is not None and row.booking not in used:
                found[row.booking] = row.model_copy(update={"state": "cancelled"}) if row.booking in gone else row
        return tuple(found.values())

    def in_state(self, *states: State) -> tuple[Booked, ...]:
        """Those of the rows."""
        return tuple(row for row in self.rows() if row.state in states)

    def cancelled_earlier(self) -> tuple[Booked, ...]:
        """Bookings of the earlier trip that this one has cancelled."""
        gone = self._cancelled()
        return tuple(row.model_copy(update={"state": "cancelled"}) for row in self.earlier if row.booking in gone)

    def is_over(self, booking: str) -> bool:
        """Whether it is known to be cancelled, or a hold that became a booking."""
        return booking in self._cancelled() or booking in self._used_holds()

    def committed_minor(self) -> int:
        """What is spent, or held in order to be spent."""
        return total_minor(self.in_state("held", "booked"))

    def has_itinerary(self) -> bool:
        """Whether one is saved."""
        return any(isinstance(deed.result, Itinerary) for deed in self.deeds)

    def weather(self) -> tuple[str, ...]:
        """A line for each day of each forecast."""
        return tuple(
            f"{report.city} {day.date}: {day.condition}, {day.low_c} to {day.high_c} °C"
            for report in (deed.result for deed in self.deeds)
            if isinstance(report, WeatherReport)
            for day in report.days
        )

    def _cancelled(self) -> set[str]:
        """By their ids, and by the keys of the requests that made them."""
        gone = {deed.result.booking for deed in self.deeds if isinstance(deed.result, Cancelled)}
        keys = {deed.arguments.request_key for deed in self.deeds if isinstance(deed.arguments, Cancel)} - {None}
        made = {_booking(deed) for deed in self.deeds if deed.key in keys}
        return {booking for booking in gone | made if booking is not None}

    def _used_holds(self) -> set[str]:
        asked = [deed.arguments for deed in self.deeds if deed.tool == "book_flight"]
        return {one.hold for one in asked if isinstance(one, BookFlight) and one.hold is not None}


def _booking(deed: Deed) -> str | None:
    return getattr(deed.result, "booking", None)


def total_minor(rows: Sequence[Booked]) -> int:
    """What they cost together."""
    return sum(row.amount_minor for row in rows)


def _row(deed: Deed, currency: str) -> Booked | None:
    """The line for a booking; None for a deed that is none."""
    match deed.result:
        case FlightReservation() as flight:
            seats = ", ".join(map(str, flight.seats))
            what = f"{flight.flight} {flight.origin}-{flight.destination} on {flight.date} at {flight.departs}"
            what, item, days = f"{what}, seats {seats}", flight.flight, (flight.date, flight.date)
            names, amount_minor, currency, state = flight.travellers, flight.amount_minor, flight.currency, flight.state
        case HotelReservation() as hotel:
            what = f"{hotel.name} in {hotel.city}, {hotel.check_in} to {hotel.check_out}"
            item, days, names = hotel.hotel, (hotel.check_in, hotel.check_out), hotel.guests
            amount_minor, currency, state = hotel.amount_minor, hotel.currency, hotel.state
        case TableReservation() as table:
            what = f"{table.name} in {table.city} on {table.date}"
            item, days, amount_minor, state = table.restaurant, (table.date, table.date), 0, table.state
            names = (deed.arguments.name,) if isinstance(deed.arguments, ReserveTable) else ()
        case _:
            return None
    return Booked(
        booking=deed.result.booking,
        domain=TOOLS[deed.tool].domain,
        tool=deed.tool,
        step=deed.step,
        what=what,
        item=item,
        first=str(days[0]),
        last=str(days[1]),
        names=names,
        amount_minor=amount_minor,
        currency=currency,
        state=state,
    )
