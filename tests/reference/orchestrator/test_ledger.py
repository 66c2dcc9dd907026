"""The ledger: lines from answers of tools, and how they stand."""

from __future__ import annotations

from typing import Any

import pytest

from reference_system.agents.deed import Deed
from reference_system.contracts.asks import Fact
from reference_system.orchestrator.ledger import Ledger
from reference_system.store.interface import BookingRow, Intent

FLIGHT = {"flight": "LX1766", "date": "2027-03-05", "travellers": ["Ada"]}


def reservation(booking: str, state: str) -> dict[str, Any]:
    """One seat."""
    return FLIGHT | {
        "booking": booking,
        "state": state,
        "origin": "Zurich",
        "destination": "Lisbon",
        "departs": "07:25",
        "seats": [3],
        "amount_minor": 14_700,
        "currency": "EUR",
    }


def deed(tool: str, arguments: dict[str, Any], result: dict[str, Any], key: str | None) -> Deed:
    """As it is read back from a checkpoint."""
    return Deed.told(Fact(step="fly", tool=tool, arguments=arguments, result=result), key)


HOLD = deed("hold_flight", FLIGHT, reservation("FH-000001", "held"), "k-hold")
BOOKING = deed("book_flight", FLIGHT | {"hold": "FH-000001"}, reservation("F-000001", "booked"), "k-book")
GONE = {"booking": "F-000001", "state": "cancelled", "refunded_minor": 14_700, "currency": "EUR"}


@pytest.fixture
def ledger() -> Ledger:
    """A seat that was held, and then booked."""
    return Ledger("EUR", (), [HOLD, BOOKING])


def test_a_hold_that_became_a_booking_counts_once(ledger):
    """In lines and in money."""
    assert [row.booking for row in ledger.rows()] == ["F-000001"]
    assert ledger.committed_minor() == 14_700
    assert ledger.is_over("FH-000001")


def test_a_line_says_to_people_what_it_is(ledger):
    """Flight, way, day, seats."""
    (row,) = ledger.rows()

    assert row.what == "LX1766 Zurich-Lisbon on 2027-03-05 at 07:25, seats 3"
    assert (row.item, row.first, row.last, row.names) == ("LX1766", "2027-03-05", "2027-03-05", ("Ada",))


def test_a_write_that_is_adopted_is_not_noted_twice(ledger):
    """The same key is the same deed."""
    ledger.record(BOOKING)
    ledger.adopt([Intent("t", "fly", "k-book", "book_flight", BOOKING.fact.arguments, BOOKING.fact.result, "done")])

    assert len(ledger.deeds) == 2


def test_a_write_that_only_the_store_knows_is_noted():
    """It was done, and the process was killed before it was told."""
    ledger = Ledger("EUR")

    ledger.adopt(
        [
            Intent("t", "fly", "k-hold", "hold_flight", FLIGHT, reservation("FH-000001", "held"), "done"),
            Intent("t", "fly", "k-other", "hold_flight", FLIGHT, None, "open"),
            Intent("t", "fly", "k-undone", "hold_flight", FLIGHT, reservation("FH-000002", "held"), "undone"),
        ]
    )

    assert [row.booking for row in ledger.in_state("held")] == ["FH-000001"]


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"booking": "F-000001"}, "F-000001"),
        ({"request_key": "k-book"}, "F-garbled"),
        ({"request_key": "k-book"}, None),
    ],
)
def test_what_is_cancelled_stands_no_more(ledger, named, told):
    """Whether it was named by its id or by the key of the request that made it."""
    ledger.record(deed("cancel_flight", named, GONE | {"booking": told}, "k-cancel"))

    assert [row.state for row in ledger.rows()] == ["cancelled"]
    assert ledger.committed_minor() == 0


def test_a_garbled_line_is_put_right_from_the_record(ledger):
    """By the key: nobody garbles it on its way."""
    record = BookingRow(
        "F-000007", "flight", "t", "k-book", "LX1766", {}, 15_000, "EUR", "booked", None, (("flight:LX1766", 3),)
    )

    assert ledger.compare([record]) == ()
    assert [(row.booking, row.amount_minor) for row in ledger.in_state("booked")] == [("F-000007", 15_000)]


def test_a_line_without_a_record_is_struck_out(ledger):
    """And named."""
    (unfounded,) = ledger.compare([])

    assert unfounded.booking == "F-000001"
    assert ledger.in_state("booked") == ()
