"""Undoing: by booking, by the key of a request, twice, too early, and of the wrong thing."""

from __future__ import annotations

import pytest

from reference_system.contracts.tools import Cancelled

LX1766 = {"flight": "LX1766", "date": "2027-03-05", "travellers": ["Ada"]}
ROOM = {"hotel": "H-LIS-3", "check_in": "2027-03-05", "check_out": "2027-03-07", "guests": ["Ada"]}
TABLE = {"restaurant": "R-LIS-1", "date": "2027-03-05", "guests": 2, "name": "Ada"}
EFFECTS = [
    ("book_flight", LX1766, "cancel_flight"),
    ("hold_flight", LX1766, "cancel_flight"),
    ("book_hotel", ROOM, "cancel_hotel"),
    ("reserve_table", TABLE, "cancel_table"),
]


@pytest.mark.parametrize(("tool", "arguments", "undo"), EFFECTS)
def test_a_booking_is_undone_by_its_id_and_what_was_paid_comes_back(caller, tool, arguments, undo):
    """Its units are free again; a hold and a table have cost nothing."""
    booked = caller.call(tool, **arguments)
    cancelled = caller.call(undo, booking=booked.booking)
    paid = booked.amount_minor if tool in {"book_flight", "book_hotel"} else 0
    assert cancelled == Cancelled(booking=booked.booking, state="cancelled", refunded_minor=paid, currency="EUR")
    (row,) = caller.store.bookings()
    assert (row.state, row.units) == ("cancelled", ())


@pytest.mark.parametrize(("tool", "arguments", "undo"), EFFECTS)
def test_a_booking_is_undone_by_the_key_of_its_request(caller, tool, arguments, undo):
    """For callers who never got the answer and do not know the id."""
    booked = caller.call(tool, **arguments, idempotency_key="lost")
    assert caller.call(undo, request_key="lost").booking == booked.booking
    assert caller.store.bookings(state="cancelled")


@pytest.mark.parametrize(("tool", "arguments", "undo"), EFFECTS)
def test_a_request_that_is_undone_before_it_arrives_is_never_executed(caller, tool, arguments, undo):
    """It is late by then, and its key is barred."""
    cancelled = caller.call(undo, request_key="slow")
    assert cancelled == Cancelled(booking=None, state="cancelled", refunded_minor=0, currency="EUR")
    refusal = caller.call(tool, **arguments, idempotency_key="slow")
    assert refusal.refused == "barred"
    assert "'slow'" in refusal.message
    assert caller.store.bookings() == ()


def test_to_cancel_twice_is_to_cancel_once(caller):
    """The answer is the same, by id or by key, and nothing is refunded to somebody else's seat."""
    booked = caller.call("book_flight", **LX1766, idempotency_key="k")
    first = caller.call("cancel_flight", booking=booked.booking)
    other = caller.call("book_flight", **LX1766)
    assert other.seats == booked.seats
    assert caller.call("cancel_flight", booking=booked.booking) == first
    assert caller.call("cancel_flight", request_key="k") == first
    assert [row.booking for row in caller.store.bookings(state="booked")] == [other.booking]


def test_a_used_hold_can_be_cancelled_without_harm_to_its_booking(caller):
    """Whoever undoes everything may begin with either."""
    held = caller.call("hold_flight", **LX1766)
    booked = caller.call("book_flight", **LX1766, hold=held.booking)
    assert caller.call("cancel_flight", booking=held.booking).refunded_minor == 0
    assert [row.booking for row in caller.store.bookings(state="booked")] == [booked.booking]


def test_each_server_undoes_only_its_own_bookings(caller):
    """The refusal names the tool that does it."""
    booked = caller.call("book_hotel", **ROOM)
    refusal = caller.call("cancel_flight", booking=booked.booking)
    assert refusal.refused == "bad_request"
    assert refusal.message == f"booking: {booked.booking} is a room; call cancel_hotel for it"
    assert caller.store.bookings()[0].state == "booked"


def test_a_booking_that_does_not_exist_is_not_found(caller):
    """Nothing happens."""
    refusal = caller.call("cancel_hotel", booking="H-000099")
    assert (refusal.refused, "'H-000099'" in refusal.message) == ("not_found", True)


@pytest.mark.parametrize("named", [{}, {"booking": "F-000001", "request_key": "k"}])
def test_exactly_one_name_is_needed(caller, named):
    """Neither or both leave open what is meant."""
    refusal = caller.call("cancel_flight", **named)
    assert refusal.refused == "bad_request"
    assert "one of them and not both" in refusal.message


def test_a_key_that_did_something_without_a_booking_cannot_be_barred(caller):
    """The itinerary is saved; to say that it never will be would be a lie."""
    caller.call("save_itinerary", trip="t-1", title="Lisbon", lines=[], idempotency_key="k")
    assert caller.call("cancel_flight", request_key="k").refused == "key_conflict"


def test_without_keys_nothing_can_be_undone_by_key(caller_of):
    """Switch ``idempotency`` off: the server does not know which request made a booking, and says so."""
    caller = caller_of("sqlite://", "idempotency")
    booked = caller.call("book_flight", **LX1766, idempotency_key="k")
    refusal = caller.call("cancel_flight", request_key="k")
    assert (refusal.refused, refusal.message) == ("bad_request", "request_key: no keys are kept here; name the booking")
    assert caller.call("cancel_flight", booking=booked.booking).booking == booked.booking
