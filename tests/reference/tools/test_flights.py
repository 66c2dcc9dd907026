"""The flights server: what it finds, holds and sells, and what it refuses."""

from __future__ import annotations

import time
from datetime import date

import pytest

from pytest_agentchaos.trial import Trial
from reference_system.catalogue import planted
from reference_system.catalogue.flights import SERVICES
from reference_system.tools.flights import HOLD_LASTS_S

FRIDAY, MONDAY = "2027-03-05", "2027-03-08"
TRIP = {"origin": "Zurich", "destination": "Lisbon"}
LX1766 = {"flight": "LX1766", "date": FRIDAY}


def test_a_search_finds_flights_of_the_route_cheapest_first(caller):
    """With prices and free seats as the catalogue has them."""
    found = caller.call("search_flights", **TRIP, depart_on=FRIDAY)
    assert {(one.origin, one.destination, one.date) for one in found.outbound} == {
        ("Zurich", "Lisbon", date(2027, 3, 5))
    }
    assert [one.price_minor for one in found.outbound] == sorted(one.price_minor for one in found.outbound)
    for offer in found.outbound:
        assert offer.price_minor == SERVICES[offer.flight].price_minor(offer.date)
        assert offer.seats_left == SERVICES[offer.flight].seats(offer.date)
    assert found.inbound == ()


def test_a_search_for_a_return_trip_finds_both_ways(caller):
    """The way back on its own day."""
    found = caller.call("search_flights", **TRIP, depart_on=FRIDAY, return_on=MONDAY)
    assert {(one.origin, one.date) for one in found.inbound} == {("Lisbon", date(2027, 3, 8))}
    assert found.outbound


def test_a_search_shows_only_flights_with_room_for_all(caller):
    """And what others have taken is not offered again."""
    before = caller.call("search_flights", **TRIP, depart_on=FRIDAY, seats=9)
    assert "LX1766" in {one.flight for one in before.outbound}
    caller.call("hold_flight", **LX1766, travellers=[f"Traveller {n}" for n in range(9)])
    after = caller.call("search_flights", **TRIP, depart_on=FRIDAY, seats=9)
    assert "LX1766" not in {one.flight for one in after.outbound}


def test_a_sold_out_day_is_an_empty_result_and_no_refusal(caller):
    """The search has worked; there is only nothing to sell."""
    origin, destination = planted.SOLD_OUT_ROUTE
    found = caller.call("search_flights", origin=origin, destination=destination, depart_on=str(planted.SOLD_OUT_DAY))
    assert found.outbound == ()


@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [
        ({"origin": "Zurick"}, "unknown_city", "origin: 'Zurick' is not a city of the catalogue; the nearest: Zurich"),
        ({"destination": "zurich"}, "unknown_city", "the nearest: Zurich"),
        ({"destination": "Ulan Bator"}, "unknown_city", "destination: 'Ulan Bator'"),
        ({"destination": "Zurich"}, "bad_request", "destination: Zurich is the origin as well"),
        ({"origin": "Bergen", "destination": "Palermo"}, "no_route", "from Bergen one flies to Amsterdam"),
        ({"depart_on": "2027-06-01"}, "out_of_calendar", "take a day from 2027-03-01 to 2027-05-30"),
        ({"depart_on": "2027-02-28"}, "out_of_calendar", "depart_on: 2027-02-28"),
        ({"return_on": "2027-06-01"}, "out_of_calendar", "return_on: 2027-06-01"),
        ({"return_on": "2027-03-04"}, "bad_request", "return_on: 2027-03-04 is before depart_on, 2027-03-05"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused_with_a_remedy(caller, wrong, code, says):
    """The refusal names the argument, its value, and what would be right."""
    refusal = caller.call("search_flights", **{**TRIP, "depart_on": FRIDAY, **wrong})
    assert refusal.refused == code
    assert says in refusal.message


def test_a_city_that_resembles_nothing_is_refused_with_all_cities(caller):
    """So that the caller can choose."""
    refusal = caller.call("search_flights", origin="Qqqqqqqqqqqq", destination="Lisbon", depart_on=FRIDAY)
    assert "take one of London, Paris," in refusal.message


def test_a_hold_keeps_one_seat_for_each_traveller_for_a_quarter_of_an_hour(caller):
    """Free of charge, at the price of the offer."""
    held = caller.call("hold_flight", **LX1766, travellers=["Ada", "Ben"], trip="t-1")
    assert (held.state, held.seats, held.travellers) == ("held", (1, 2), ("Ada", "Ben"))
    assert held.amount_minor == 2 * SERVICES["LX1766"].price_minor(date(2027, 3, 5))
    assert held.expires_at_s == pytest.approx(time.time() + HOLD_LASTS_S, abs=5)
    (row,) = caller.store.bookings(trip="t-1")
    assert (row.state, row.item, row.details["charged"]) == ("held", "LX1766", False)
    assert row.units == (("flight:LX1766:2027-03-05", 1), ("flight:LX1766:2027-03-05", 2))


def test_a_booking_from_a_hold_takes_over_its_seats(caller):
    """The hold is used up, and no other seat is taken."""
    caller.call("hold_flight", **LX1766, travellers=["Somebody"])
    held = caller.call("hold_flight", **LX1766, travellers=["Ada", "Ben"])
    booked = caller.call("book_flight", **LX1766, travellers=["Ada", "Ben"], hold=held.booking)
    assert (booked.state, booked.seats, booked.amount_minor) == ("booked", held.seats, held.amount_minor)
    assert booked.expires_at_s is None
    states = {row.booking: (row.state, len(row.units)) for row in caller.store.bookings()}
    assert states[held.booking] == ("cancelled", 0)
    assert states[booked.booking] == ("booked", 2)


def test_a_booking_without_a_hold_takes_free_seats(caller):
    """The next ones."""
    caller.call("hold_flight", **LX1766, travellers=["Somebody"])
    assert caller.call("book_flight", **LX1766, travellers=["Ada"]).seats == (2,)


def test_a_hold_that_was_used_gives_no_seats_again(caller):
    """A second booking with it buys other seats: only its key can tell that it is a repetition."""
    held = caller.call("hold_flight", **LX1766, travellers=["Ada"])
    first = caller.call("book_flight", **LX1766, travellers=["Ada"], hold=held.booking)
    second = caller.call("book_flight", **LX1766, travellers=["Ada"], hold=held.booking)
    assert (first.seats, second.seats) == ((1,), (2,))


def test_a_hold_that_nobody_knows_is_as_good_as_none(caller):
    """It may have run out long ago."""
    assert caller.call("book_flight", **LX1766, travellers=["Ada"], hold="FH-000099").state == "booked"


def test_a_hold_runs_out(caller_of):
    """Then its seats are free for others, and a booking with it takes fresh seats or none."""
    trial = Trial()
    origin, destination = planted.SINGLE_ROUTE
    day = "2027-03-10"

    async def main():
        import asyncio

        import mcp

        caller = caller_of()
        async with mcp.Client(caller.servers["flights"]) as client:

            async def call(tool, key, **arguments):
                result = await client.call_tool(tool, {**arguments, "idempotency_key": key})
                return result.structured_content or result.content[0].text

            flight = {"flight": "OS140", "date": day}
            held = await call("hold_flight", "a", **flight, travellers=[f"Traveller {n}" for n in range(9)])
            assert "sold_out" in await call("hold_flight", "b", **flight, travellers=["Ada", "Ben"])
            await asyncio.sleep(HOLD_LASTS_S + 1)
            found = await client.call_tool(
                "search_flights", {"origin": origin, "destination": destination, "depart_on": day}
            )
            assert found.structured_content["outbound"][0]["seats_left"] == 10
            other = await call("book_flight", "c", **flight, travellers=["Ada", "Ben"])
            late = await call("book_flight", "d", **flight, travellers=held["travellers"], hold=held["booking"])
        assert other["seats"] == [1, 2]
        assert "sold_out" in late

    trial.run(main)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"flight": "LX1767"}, "holds ('LX1766', '2027-03-05', 1), not ('LX1767', '2027-03-05', 1)"),
        ({"date": "2027-03-06"}, "not ('LX1766', '2027-03-06', 1)"),
        ({"travellers": ["Ada", "Ben"]}, "not ('LX1766', '2027-03-05', 2)"),
    ],
)
def test_a_hold_for_something_else_is_refused(caller, wrong, says):
    """Nothing is sold that was not meant."""
    held = caller.call("hold_flight", **LX1766, travellers=["Ada"])
    refusal = caller.call("book_flight", **{**LX1766, "travellers": ["Ada"], "hold": held.booking, **wrong})
    assert refusal.refused == "bad_request"
    assert says in refusal.message
    assert [row.state for row in caller.store.bookings()] == ["held"]


def test_a_booking_is_no_hold(caller):
    """What is sold cannot be sold once more."""
    booked = caller.call("book_flight", **LX1766, travellers=["Ada"])
    refusal = caller.call("book_flight", **LX1766, travellers=["Ada"], hold=booked.booking)
    assert (refusal.refused, refusal.message) == (
        "bad_request",
        f"hold: {booked.booking} is no hold; give what hold_flight answered, or null",
    )


@pytest.mark.parametrize("tool", ["hold_flight", "book_flight"])
def test_what_is_not_for_sale_is_refused(caller, tool):
    """An unknown flight, a day outside of the calendar, a sold-out flight."""
    unknown = caller.call(tool, flight="LX17666", date=FRIDAY, travellers=["Ada"])
    assert unknown.refused == "unknown_item"
    assert "flight: there is no flight 'LX17666'; the nearest: LX1766" in unknown.message
    late = caller.call(tool, flight="LX1766", date="2027-06-05", travellers=["Ada"])
    assert late.refused == "out_of_calendar"
    full = caller.call(tool, flight="LX1792", date=str(planted.SOLD_OUT_DAY), travellers=["Ada"])
    assert (full.refused, full.message) == (
        "sold_out",
        "flight: no seat is left on LX1792 on 2027-04-02; search_flights from Zurich to Reykjavik shows what is free",
    )
    assert caller.store.bookings() == ()


def test_seats_are_sold_for_all_travellers_or_for_none(caller):
    """Nine seats and two more do not fit into ten."""
    flight = {"flight": "OS140", "date": FRIDAY}
    caller.call("book_flight", **flight, travellers=[f"Traveller {n}" for n in range(9)])
    refusal = caller.call("book_flight", **flight, travellers=["Ada", "Ben"])
    assert refusal.refused == "sold_out"
    assert "fewer than 2 seats are left on OS140" in refusal.message
    assert caller.call("book_flight", **flight, travellers=["Ada"]).seats == (10,)
