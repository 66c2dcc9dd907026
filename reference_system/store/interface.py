"""What the store keeps, and the promises that both implementations hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

Json = dict[str, Any]
T = TypeVar("T")

TripState = Literal["running", "ended"]
BookingState = Literal["held", "booked", "cancelled", "expired"]


@dataclass(frozen=True, slots=True)
class BookingRow:
    """One booking, as the tool servers keep it."""

    booking: str
    kind: Literal["flight", "room", "table"]
    trip: str
    request_key: str | None
    item: str
    details: Json
    amount_minor: int
    currency: str
    state: BookingState
    expires_at_s: float | None
    units: tuple[tuple[str, int], ...]
    """(resource, unit) pairs that it occupies; none once it is cancelled or has expired."""


@dataclass(frozen=True, slots=True)
class TripRow:
    """One trip, as the service keeps it."""

    trip: str
    request_key: str
    request: Json
    correlation: str
    manifest: str
    state: TripState
    answer: Json | None
    began_at_s: float


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that a trip is about to make, or has made: written down before it is sent."""

    trip: str
    step: str
    key: str
    tool: str
    arguments: Json
    result: Json | None
    """None: nobody knows yet."""
    state: Literal["open", "done", "refused", "undone"]


@dataclass(frozen=True, slots=True)
class LogMessage:
    """One thing that passed between two parts of the system."""

    trip: str
    correlation: str
    at_s: float
    sender: str
    receiver: str
    kind: str
    """request, route, plan, task, model_call, model_reply, tool_call, tool_result, tool_error, answer, ..."""
    body: Json
    number: int = 0
    """Given by the store, ascending."""


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """A trip that a person has to finish."""

    escalation: str
    trip: str
    correlation: str
    at_s: float
    why: str
    document: Json
    """Request, plan, what is done, what is not, what is in doubt, what to do."""
    state: Literal["open", "closed"] = "open"


class Writing(Protocol):
    """One transaction of a tool server: the effect, and the memory of its key, together or not at all."""

    def remembered(self, key: str, tool: str, arguments: Mapping[str, Any]) -> Json | None:
        """The result stored for this key; None if it is new, and reserved from now on.

        A concurrent transaction with the same key waits for this one. KeyConflictError: the key was used with another
        tool or other arguments. BarredError: it was cancelled before it arrived.
        """

    def remember(self, key: str, result: Mapping[str, Any]) -> None:
        """Store the result of a key that :meth:`remembered` did not know.

        A work that returns without it for a key that it reserved is rolled back with a StoreError: the key would
        answer nothing for ever. One that is to leave no trace (a refusal) raises.
        """

    def bar(self, key: str) -> None:
        """The request with this key, should it still arrive, is not to be executed.

        Look for what it did first (:meth:`booking_of_key`). If it is executed between that look and this call, the
        whole work is run again and finds it. KeyConflictError: it was executed, and the work does not see it.
        """

    def next_id(self, prefix: str) -> str:
        """A booking id that no booking has: F-000001. Ask before :meth:`take`, so that all queue in the same order."""

    def take(self, resources: Mapping[str, int], booking: str, count: int) -> dict[str, tuple[int, ...]]:
        """Occupy ``count`` units of each resource (name -> capacity); which units. SoldOutError: not so many are free.

        All or nothing, the lowest free numbers. Units of holds that have expired are free. A capacity set by
        :meth:`Store.set_capacity` goes first. The booking must be put in the same transaction.

        Without the capacity constraint nothing is checked here: the caller looks at :meth:`Store.left` before it
        begins to write, and two that look before either of them writes both get units, beyond the capacity.
        """

    def put(self, row: BookingRow) -> None:
        """Store a new booking (its units are taken already)."""

    def booking(self, booking: str) -> BookingRow | None:
        """The booking with this id."""

    def booking_of_key(self, request_key: str) -> BookingRow | None:
        """The booking that the request with this key made."""

    def hand_over(self, hold: str, booking: str) -> bool:
        """Give the units of an open hold to a booking; the hold is then cancelled. False: it is open no more.

        The booking must be put in the same transaction.
        """

    def cancel(self, booking: str) -> None:
        """Free the units of a booking and mark it as cancelled; again does no harm. StoreError: there is none."""

    def save_itinerary(self, trip: str, title: str, lines: Sequence[str]) -> int:
        """Replace the itinerary of a trip; its new version."""


class Store(Protocol):
    """Everything that must outlive a process. All methods block; ``run`` is for callers on an event loop."""

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """Call a method of this store without keeping the event loop waiting (in memory: directly)."""

    def close(self) -> None:
        """Let go of all connections."""

    def ping(self) -> None:
        """Raise StoreError unless the store answers."""

    # what the tool servers keep
    def write(self, work: Callable[[Writing], T]) -> T:
        """Run ``work`` in one transaction, again from the start if the database asks for it; commit if it returns.

        What ``work`` raises comes out, and leaves nothing in the store. ``work`` must not swallow what the store
        raises (but SoldOutError, which has taken nothing), and uses the store only through what it is given.
        """

    def left(self, resources: Mapping[str, int]) -> dict[str, int]:
        """How many units of each resource (name -> capacity) are free."""

    def set_capacity(self, resource: str, capacity: int) -> None:
        """From now on this resource has this capacity, whatever its name is given with.

        StoreError: a unit beyond it is occupied.
        """

    def bookings(self, *, trip: str | None = None, state: BookingState | None = None) -> tuple[BookingRow, ...]:
        """Bookings in the order in which they were made."""

    def booking(self, booking: str) -> BookingRow | None:
        """The one with this id."""

    def itinerary(self, trip: str) -> tuple[int, str, tuple[str, ...]] | None:
        """Version, title and lines."""

    # what the orchestrator keeps
    def begin_trip(self, row: TripRow) -> tuple[TripRow, bool]:
        """Store a new trip unless its request key is known: then that trip, and False.

        KeyConflictError: the key was used for another request.
        """

    def trip(self, trip: str) -> TripRow | None:
        """The trip with this id."""

    def trips(self, state: TripState | None = None) -> tuple[TripRow, ...]:
        """Those in this state, in the order in which they began."""

    def end_trip(self, trip: str, answer: Json) -> None:
        """Store the answer of a running trip; one that has ended keeps the answer that it has."""

    def save_checkpoint(self, trip: str, number: int, state: Json) -> None:
        """A checkpoint with the same number is replaced."""

    def checkpoint(self, trip: str) -> tuple[int, Json] | None:
        """The one with the highest number."""

    def open_intent(self, intent: Intent) -> Intent:
        """Store it unless its key is known; what is stored: ``intent`` itself if it is new."""

    def close_intent(self, key: str, state: Literal["done", "refused", "undone"], result: Json | None) -> None:
        """Say what became of a write; without a result, one that is stored stays."""

    def intents(self, trip: str) -> tuple[Intent, ...]:
        """Of this trip, in the order in which they were opened."""

    def log(self, messages: Iterable[LogMessage]) -> None:
        """All in one transaction."""

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
        """The first that match, in order; ``text`` is looked for in the body, ``party`` in sender and receiver."""

    def escalate(self, row: EscalationRow) -> None:
        """Store it unless its id is known."""

    def close_escalation(self, escalation: str) -> None:
        """A person has finished it. StoreError: there is none."""

    def escalations(self, state: Literal["open", "closed"] | None = None) -> tuple[EscalationRow, ...]:
        """Those in this state, in the order in which they came."""

    def add_shadow(self, trip: str, differences: Json) -> None:
        """Write down what a shadow run of this trip did differently."""

    def shadows(self) -> tuple[tuple[str, Json], ...]:
        """(trip, differences), in order."""

    def digest(self) -> str:
        """Of the business state: bookings, itineraries, trips, intents, escalations, without times and log."""
