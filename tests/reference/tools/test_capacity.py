"""The last seats: sold once each, however many buyers come at once."""

from __future__ import annotations

import asyncio
from datetime import date

import mcp
import pytest

from pytest_agentchaos.trial import Trial
from reference_system.catalogue import planted
from reference_system.catalogue.flights import services
from reference_system.contracts.tools import FlightReservation
from reference_system.hardening import Hardening
from reference_system.store import open_store
from reference_system.tools import build_server

(CONTESTED,) = services(*planted.SINGLE_ROUTE)
SEATS = {"flight": CONTESTED.flight, "date": "2027-03-12"}
TEN = tuple(range(1, planted.SINGLE_ROUTE_SEATS + 1))


def test_two_hundred_buyers_get_ten_seats(caller_of, shared_store_url):
    """Each seat is sold once; all others are refused, and none sees an error."""
    caller = caller_of(shared_store_url)
    answers = caller.at_once("book_flight", [{**SEATS, "travellers": [f"Buyer {n}"]} for n in range(200)])
    sold = [one for one in answers if isinstance(one, FlightReservation)]
    assert sorted(seat for one in sold for seat in one.seats) == list(TEN)
    assert {one.refused for one in answers if one not in sold} == {"sold_out"}
    assert len(caller.store.bookings(state="booked")) == len(TEN)


def test_holds_and_bookings_compete_for_the_same_seats(caller_of, shared_store_url):
    """A seat that is held is not for sale, and the hold can always be bought."""
    caller = caller_of(shared_store_url)
    answers = caller.at_once("hold_flight", [{**SEATS, "travellers": [f"Buyer {n}"]} for n in range(30)])
    held = [one for one in answers if isinstance(one, FlightReservation)]
    assert len(held) == len(TEN)
    tickets = [{**SEATS, "travellers": one.travellers, "hold": one.booking} for one in held]
    rivals = [{**SEATS, "travellers": [f"Rival {n}"]} for n in range(20)]
    bought = caller.at_once("book_flight", [*tickets, *rivals])
    assert [one.seats for one in bought[: len(TEN)]] == [one.seats for one in held]
    assert {one.refused for one in bought[len(TEN) :]} == {"sold_out"}


def test_the_last_rooms_of_overlapping_stays_are_sold_once(caller_of, shared_store_url):
    """In no night more guests than rooms, in whatever order the nights are taken; nobody waits for ever."""
    caller = caller_of(shared_store_url)
    stays = [("2027-03-05", "2027-03-08"), ("2027-03-07", "2027-03-10"), ("2027-03-06", "2027-03-09")]
    calls = [
        {"hotel": "H-LIS-4", "check_in": first, "check_out": last, "guests": [f"Guest {n}"]}
        for n, (first, last) in enumerate(stays * 8)
    ]
    answers = caller.at_once("book_hotel", calls)
    units = [unit for row in caller.store.bookings(state="booked") for unit in row.units]
    assert len(units) == len(set(units))
    assert {number for _, number in units} <= {1, 2, 3, 4}
    assert any(getattr(one, "refused", None) == "sold_out" for one in answers)


@pytest.mark.parametrize("constraint", [True, False], ids=["guarded", "unguarded"])
def test_without_the_constraint_seats_are_sold_that_do_not_exist(caller_of, shared_store_url, constraint):
    """Switch ``capacity_constraint`` off: all look, all see a free seat, all buy."""
    caller = caller_of(shared_store_url, *([] if constraint else ["capacity_constraint"]))
    answers = caller.at_once("book_flight", [{**SEATS, "travellers": [f"Buyer {n}"]} for n in range(40)])
    sold = [one for one in answers if isinstance(one, FlightReservation)]
    assert (len(sold) == len(TEN)) is constraint
    assert len(sold) >= len(TEN)


@pytest.mark.parametrize(("off", "sold"), [((), 10), (("capacity_constraint",), 14)], ids=["guarded", "unguarded"])
def test_overselling_shows_in_a_simulation_of_one_thread(off, sold):
    """Fourteen buyers over HTTP in virtual time; the naive server lets others have their turn before it sells."""
    trial = Trial()
    hardening = Hardening().without(*off)
    store = open_store("sqlite://", capacity_constraint=hardening.capacity_constraint)
    trial.upstreams.declare("http://flights.travel.local/mcp", build_server("flights", store, hardening))

    async def main():
        async with mcp.Client("http://flights.travel.local/mcp") as client:
            calls = [
                client.call_tool("book_flight", {**SEATS, "travellers": [f"Buyer {n}"], "idempotency_key": f"k-{n}"})
                for n in range(14)
            ]
            await asyncio.gather(*calls)

    trial.run(main)
    assert len(store.bookings(state="booked")) == sold
    store.close()


def test_without_the_constraint_a_single_buyer_is_still_refused(caller_of):
    """Switch ``capacity_constraint`` off: it is careless, not blind."""
    caller = caller_of("sqlite://", "capacity_constraint")
    caller.call("book_flight", **SEATS, travellers=[f"Traveller {n}" for n in range(9)])
    assert caller.call("book_flight", **SEATS, travellers=["Ada", "Ben"]).refused == "sold_out"
    last = caller.call("book_flight", **SEATS, travellers=["Ada"], idempotency_key="k")
    assert last.seats == (10,)
    assert caller.call("book_flight", **SEATS, travellers=["Ada"], idempotency_key="k") == last


def test_an_operator_may_change_the_capacity(caller):
    """What the store says goes before what the catalogue says, in searches and sales."""
    caller.store.set_capacity(f"flight:{CONTESTED.flight}:2027-03-12", 1)
    origin, destination = planted.SINGLE_ROUTE
    found = caller.call("search_flights", origin=origin, destination=destination, depart_on="2027-03-12")
    assert found.outbound[0].seats_left == 1
    assert CONTESTED.seats(date(2027, 3, 12)) == planted.SINGLE_ROUTE_SEATS
    assert caller.call("book_flight", **SEATS, travellers=["Ada", "Ben"]).refused == "sold_out"
