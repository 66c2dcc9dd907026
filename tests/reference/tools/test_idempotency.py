"""A write with a key happens once, however often and in whatever order it arrives."""

from __future__ import annotations

import pytest

LX1766 = {"flight": "LX1766", "date": "2027-03-05", "travellers": ["Ada"]}
ROOM = {"hotel": "H-LIS-3", "check_in": "2027-03-05", "check_out": "2027-03-07", "guests": ["Ada"]}
TABLE = {"restaurant": "R-LIS-1", "date": "2027-03-05", "guests": 2, "name": "Ada"}
PLAN = {"trip": "t-1", "title": "Lisbon", "lines": ["Friday: fly"]}
WRITES = [
    ("hold_flight", LX1766),
    ("book_flight", LX1766),
    ("book_hotel", ROOM),
    ("reserve_table", TABLE),
]


@pytest.mark.parametrize(("tool", "arguments"), WRITES)
def test_a_repeated_request_is_answered_from_the_records(caller, tool, arguments):
    """The same answer, one booking."""
    first = caller.call(tool, **arguments, idempotency_key="k")
    assert caller.call(tool, **arguments, idempotency_key="k") == first
    assert len(caller.store.bookings()) == 1


def test_a_repeated_saving_is_no_new_version(caller):
    """An itinerary is replaced by what is new, not by what is late."""
    assert caller.call("save_itinerary", **PLAN, idempotency_key="k").version == 1
    caller.call("save_itinerary", trip="t-1", title="Porto", lines=[])
    assert caller.call("save_itinerary", **PLAN, idempotency_key="k").version == 1
    assert caller.call("load_itinerary", trip="t-1").title == "Porto"


def test_twenty_repetitions_at_once_are_one_booking(caller_of, store_url):
    """All wait for the first one and get its answer, on each kind of store."""
    caller = caller_of(store_url)
    answers = caller.at_once("book_hotel", [{**ROOM, "idempotency_key": "k"}] * 20)
    assert len({one.booking for one in answers}) == 1
    assert len(caller.store.bookings()) == 1


def test_the_last_seat_is_answered_again_although_it_is_sold(caller):
    """A repetition is no new buyer."""
    party = [f"Traveller {number}" for number in range(9)]
    flight = {"flight": "OS140", "date": "2027-03-05"}
    caller.call("book_flight", **flight, travellers=party)
    last = caller.call("book_flight", **flight, travellers=["Ada"], idempotency_key="k")
    assert caller.call("book_flight", **flight, travellers=["Ben"]).refused == "sold_out"
    assert caller.call("book_flight", **flight, travellers=["Ada"], idempotency_key="k") == last


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("book_hotel", {**ROOM, "rooms": 2}, "with other arguments"),
        ("book_flight", LX1766, "for book_hotel"),
    ],
)
def test_a_key_cannot_be_used_for_something_else(caller, tool, arguments, says):
    """Other arguments or another tool: refused, and nothing happens."""
    caller.call("book_hotel", **ROOM, idempotency_key="k")
    refusal = caller.call(tool, **arguments, idempotency_key="k")
    assert refusal.refused == "key_conflict"
    assert says in refusal.message
    assert len(caller.store.bookings()) == 1


def test_an_argument_that_is_left_out_is_the_same_as_its_default(caller):
    """Who repeats a request may write it out."""
    first = caller.call("book_hotel", **ROOM, idempotency_key="k")
    assert caller.call("book_hotel", **ROOM, rooms=1, idempotency_key="k") == first


def test_a_refused_request_leaves_its_key_free(caller):
    """What could not be done may be tried again when there is room."""
    full = caller.call("book_flight", flight="OS140", date="2027-03-05", travellers=[f"T{n}" for n in range(9)])
    ask = {"flight": "OS140", "date": "2027-03-05", "travellers": ["Ada", "Ben"], "idempotency_key": "k"}
    assert caller.call("book_flight", **ask).refused == "sold_out"
    caller.call("cancel_flight", booking=full.booking)
    assert caller.call("book_flight", **ask).state == "booked"


@pytest.mark.parametrize(("tool", "arguments"), [*WRITES, ("save_itinerary", PLAN)])
def test_a_write_without_a_key_is_refused(caller, tool, arguments):
    """The server cannot keep a promise about a request that has no name."""
    for missing in ({"idempotency_key": None}, {"idempotency_key": ""}):
        refusal = caller.call(tool, **arguments, **missing)
        assert refusal.refused == "bad_request"
        assert refusal.message.startswith("idempotency_key: ")
    assert caller.store.bookings() == ()


@pytest.mark.parametrize(("tool", "arguments"), WRITES)
@pytest.mark.parametrize("key", ["k", None])
def test_without_idempotency_a_repetition_is_a_second_booking(caller_of, tool, arguments, key):
    """Switch ``idempotency`` off: keys are neither needed nor looked at, and each arrival is an effect."""
    caller = caller_of("sqlite://", "idempotency")
    first = caller.call(tool, **arguments, idempotency_key=key)
    second = caller.call(tool, **arguments, idempotency_key=key)
    assert first.booking != second.booking
    assert [row.request_key for row in caller.store.bookings()] == [None, None]


def test_without_idempotency_a_repeated_ticket_sells_a_second_seat(caller_of):
    """Switch ``idempotency`` off: the hold is used up by the first, and the second takes a fresh seat."""
    caller = caller_of("sqlite://", "idempotency")
    held = caller.call("hold_flight", **LX1766)
    booked = [caller.call("book_flight", **LX1766, hold=held.booking) for _ in range(2)]
    assert [one.seats for one in booked] == [(1,), (2,)]
    assert sum(row.amount_minor for row in caller.store.bookings(state="booked")) == 2 * held.amount_minor
