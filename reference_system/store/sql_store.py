"""The store, on any of the databases: every method is one transaction."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from reference_system.store import bookings, journal, schema, state_digest, trips
from reference_system.store.capacity import Capacity
from reference_system.store.database import Database, Session
from reference_system.store.interface import (
    BookingRow,
    BookingState,
    EscalationRow,
    Intent,
    Json,
    LogMessage,
    TripRow,
    TripState,
    Writing,
)
from reference_system.store.request_keys import RequestKeys

T = TypeVar("T")

_NEXT = (
    "INSERT INTO counters (prefix, last) VALUES (?, 1)"
    " ON CONFLICT (prefix) DO UPDATE SET last = counters.last + 1 RETURNING last"
)


class SqlWriting:
    """What a tool server may do in one transaction."""

    def __init__(self, session: Session, keys: RequestKeys, *, guarded: bool) -> None:
        self._session = session
        self._now_s = time.time()
        self.remembered = keys.remembered
        self.remember = keys.remember
        self.bar = keys.bar
        self.take = Capacity(session, now_s=self._now_s, guarded=guarded).take

    def next_id(self, prefix: str) -> str:
        """The next number, counted with the transaction: one that is rolled back leaves no gap."""
        row = self._session.row(_NEXT, prefix)
        return f"{prefix}-{0 if row is None else row[0]:06d}"

    def put(self, row: BookingRow) -> None:
        """Store a new booking."""
        bookings.put(self._session, row)

    def booking(self, booking: str) -> BookingRow | None:
        """By its id."""
        return bookings.by_id(self._session, booking, now_s=self._now_s)

    def booking_of_key(self, request_key: str) -> BookingRow | None:
        """By the key of the request that made it."""
        return bookings.by_key(self._session, request_key, now_s=self._now_s)

    def hand_over(self, hold: str, booking: str) -> bool:
        """Turn an open hold into a booking's units."""
        return bookings.hand_over(self._session, hold, booking, now_s=self._now_s)

    def cancel(self, booking: str) -> None:
        """Free its units."""
        bookings.cancel(self._session, booking)

    def save_itinerary(self, trip: str, title: str, lines: Sequence[str]) -> int:
        """Replace the itinerary."""
        return trips.save_itinerary(self._session, trip, title, lines)


class SqlStore:
    """Everything that must outlive a process, in one database."""

    def __init__(self, database: Database, *, guarded: bool = True) -> None:
        self._database = database
        self._guarded = guarded
        try:
            schema.prepare(database, guarded=guarded)
        except BaseException:
            database.close()
            raise

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """Call directly if that cannot take long, else in a worker thread."""
        if self._database.in_memory:
            return work(*args)
        return await asyncio.to_thread(work, *args)

    def close(self) -> None:
        """Let go of all connections."""
        self._database.close()

    def ping(self) -> None:
        """Ask the database for a number."""
        self._database.read(lambda session: session.row("SELECT 1"))

    def write(self, work: Callable[[Writing], T]) -> T:
        """Run ``work`` in one transaction."""
        executed_before: set[str] = set()

        def transaction(session: Session) -> T:
            keys = RequestKeys(session, executed_before)
            result = work(SqlWriting(session, keys, guarded=self._guarded))
            keys.check()
            return result

        return self._database.write(transaction)

    def left(self, resources: Mapping[str, int]) -> dict[str, int]:
        """How many units are free."""
        return self._database.read(lambda session: self._capacity(session).left(resources))

    def set_capacity(self, resource: str, capacity: int) -> None:
        """Change a capacity."""
        self._database.write(lambda session: self._capacity(session).change(resource, capacity))

    def bookings(self, *, trip: str | None = None, state: BookingState | None = None) -> tuple[BookingRow, ...]:
        """Those that match."""
        return self._database.read(lambda session: bookings.select(session, now_s=time.time(), trip=trip, state=state))

    def booking(self, booking: str) -> BookingRow | None:
        """The one with this id."""
        return self._database.read(lambda session: bookings.by_id(session, booking, now_s=time.time()))

    def itinerary(self, trip: str) -> tuple[int, str, tuple[str, ...]] | None:
        """Version, title and lines."""
        return self._database.read(lambda session: trips.itinerary(session, trip))

    def begin_trip(self, row: TripRow) -> tuple[TripRow, bool]:
        """Store a new trip, or find the one with this request key."""
        return self._database.write(lambda session: trips.begin(session, row))

    def trip(self, trip: str) -> TripRow | None:
        """By its id."""
        return self._database.read(lambda session: trips.find(session, trip))

    def trips(self, state: TripState | None = None) -> tuple[TripRow, ...]:
        """Those in this state."""
        return self._database.read(lambda session: trips.select(session, state))

    def end_trip(self, trip: str, answer: Json) -> None:
        """Store the answer."""
        self._database.write(lambda session: trips.end(session, trip, answer))

    def save_checkpoint(self, trip: str, number: int, state: Json) -> None:
        """Store a checkpoint."""
        self._database.write(lambda session: trips.save_checkpoint(session, trip, number, state))

    def checkpoint(self, trip: str) -> tuple[int, Json] | None:
        """The last checkpoint."""
        return self._database.read(lambda session: trips.checkpoint(session, trip))

    def open_intent(self, intent: Intent) -> Intent:
        """Write down a write before it is sent."""
        return self._database.write(lambda session: trips.open_intent(session, intent))

    def close_intent(self, key: str, state: Literal["done", "refused", "undone"], result: Json | None) -> None:
        """Say what became of it."""
        self._database.write(lambda session: trips.close_intent(session, key, state, result))

    def intents(self, trip: str) -> tuple[Intent, ...]:
        """Of this trip."""
        return self._database.read(lambda session: trips.intents(session, trip))

    def log(self, messages: Iterable[LogMessage]) -> None:
        """Write messages down."""
        batch = tuple(messages)  # an iterator would be empty when the transaction is run again
        if batch:
            self._database.write(lambda session: journal.log(session, batch))

    def messages(  # noqa: PLR0913 - one parameter for each thing that can be looked for
        self,
        *,
        trip: str | None = None,
        correlation: str | None = None,
        text: str | None = None,
        party: str | None = None,
        kind: str | None = None,
        limit: int = 1_000,
    ) -> tuple[LogMessage, ...]:
        """The first that match."""
        return self._database.read(
            lambda session: journal.messages(
                session, trip=trip, correlation=correlation, text=text, party=party, kind=kind, limit=limit
            )
        )

    def escalate(self, row: EscalationRow) -> None:
        """Hand a trip to a person."""
        self._database.write(lambda session: journal.escalate(session, row))

    def close_escalation(self, escalation: str) -> None:
        """A person has finished it."""
        self._database.write(lambda session: journal.close_escalation(session, escalation))

    def escalations(self, state: Literal["open", "closed"] | None = None) -> tuple[EscalationRow, ...]:
        """Those in this state."""
        return self._database.read(lambda session: journal.escalations(session, state))

    def add_shadow(self, trip: str, differences: Json) -> None:
        """Write down what a shadow run did differently."""
        self._database.write(lambda session: journal.add_shadow(session, trip, differences))

    def shadows(self) -> tuple[tuple[str, Json], ...]:
        """What shadow runs did differently."""
        return self._database.read(journal.shadows)

    def digest(self) -> str:
        """Of the business state."""
        return self._database.read(lambda session: state_digest.of(session, now_s=time.time()))

    def _capacity(self, session: Session) -> Capacity:
        return Capacity(session, now_s=time.time(), guarded=self._guarded)
