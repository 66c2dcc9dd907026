"""The benchmarks' judge of the contest for the last seats: it is content with the right end, and with no other."""

from dataclasses import replace

import pytest

from benchmarks.reference.contest import RESOURCE, SEATS, USERS, Result
from reference_system.contracts.trip import Booked, TripAnswer
from reference_system.store.interface import BookingRow, TripRow

WINNERS = range(SEATS)


def _row(number, *, seat=None):
    units = ((RESOURCE, number + 1 if seat is None else seat),)
    return BookingRow(
        f"F-{number}", "flight", f"t-{number}", f"k-{number}", "OS140", {}, 7_400, "EUR", "booked", None, units
    )


def _trip(number):
    return TripRow(f"t-{number}", f"key:{number}", {}, "c-1", "v1", "ended", {}, 0.0)


def _booked(number):
    return Booked(
        booking=f"F-{number}",
        domain="flights",
        tool="book_flight",
        step="ticket",
        what="a seat",
        item="OS140",
        first="2027-05-08",
        last="2027-05-08",
        names=("Ada",),
        amount_minor=7_400,
        currency="EUR",
        state="booked",
    )


def _completed(number):
    return TripAnswer(trip=f"t-{number}", reason="completed", text="Done.", bookings=(_booked(number),))


def _sold_out(number):
    return TripAnswer(trip=f"t-{number}", reason="needs_input", text="Sold out.", problem="sold_out")


@pytest.fixture
def right():
    """Ten have a seat each, everybody else was told so, twice."""
    told = [(_completed(number) if number in WINNERS else _sold_out(number),) * 2 for number in range(USERS)]
    return Result(told, [_row(number) for number in WINNERS], [_trip(number) for number in range(USERS)])


def test_the_right_end_has_nothing_wrong(right):
    """And its figure keeps the limit."""
    figure = right.measurement("last seats", "at once")
    assert (figure.value, figure.holds) == (0, True)
    assert figure.detail == "10 seats sold, 10 different; 190 sold out, 10 completed; at once"


def _with_seat(result, seat):
    return replace(result, bookings=[*result.bookings[:-1], _row(SEATS - 1, seat=seat)])


def _told(result, number, *answers):
    return replace(result, told=[*result.told[:number], answers, *result.told[number + 1 :]])


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda right: _with_seat(right, 1), "seat 1 is sold 2 times"),
        (lambda right: replace(right, bookings=[*right.bookings, _row(10)]), "11 seats are sold, not 10"),
        (lambda right: replace(right, bookings=right.bookings[1:]), "the booking F-0 of t-0 is on no record"),
        (lambda right: replace(right, bookings=right.bookings[1:]), "9 seats are sold, not 10"),
        (
            lambda right: replace(right, bookings=[*right.bookings, replace(_row(9, seat=11), booking="F-11")]),
            "the trip t-9 has 2 seats",
        ),
        (
            lambda right: replace(right, bookings=[*right.bookings, replace(_row(10), units=())]),
            "nobody was told of the booking F-10 of t-10",
        ),
        (
            lambda right: replace(right, bookings=[*right.bookings, replace(_row(10), state="held")]),
            "1 seats are still held",
        ),
        (lambda right: _told(right, 20), "189 users were told 'sold out', not 190"),
        (lambda right: _told(right, 0, _sold_out(0)), "9 users were told 'completed', not 10"),
        (lambda right: _told(right, 0, _completed(0), _sold_out(0)), "1 users got two different answers"),
        (lambda right: replace(right, trips=right.trips[1:]), "199 trips for 200 users"),
        (
            lambda right: replace(right, trips=[replace(right.trips[0], state="running"), *right.trips[1:]]),
            "1 trips have no end",
        ),
    ],
    ids=[
        "twice", "one-more", "only-told", "one-less", "two-for-one", "only-on-record", "held", "no-answer", "no-winner",
        "two-answers", "no-trip", "no-end",
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(right, change, wrong):
    """Each way in which the end can be wrong is told in words, and breaks the limit."""
    result = change(right)
    assert wrong in list(result.wrong())
    assert not result.measurement("last seats", "at once").holds


def test_other_answers_are_told_by_their_reasons(right):
    """A trip that broke is told as what it was, and so is one without any answer."""
    failed = TripAnswer(trip="t-20", reason="escalated", text="A colleague has it.", problem="unfinished")
    detail = _told(_told(right, 20, failed), 21).measurement("last seats", "at once").detail
    assert "188 sold out, 10 completed, 1 escalated (unfinished), 1 nothing" in detail
