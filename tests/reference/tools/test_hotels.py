"""The hotels server: what it finds and sells, and what it refuses."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reference_system.catalogue import planted
from reference_system.catalogue.hotels import HOTELS
from reference_system.catalogue.season import nights
from reference_system.contracts.tools import BookHotel

STAY = {"check_in": "2027-03-05", "check_out": "2027-03-08"}
NIGHTS = nights(date(2027, 3, 5), date(2027, 3, 8))


def test_a_search_finds_the_hotels_of_a_city_cheapest_first(caller):
    """With the price of all nights and rooms together."""
    found = caller.call("search_hotels", city="Lisbon", **STAY)
    assert {offer.hotel for offer in found.offers} == {f"H-LIS-{n}" for n in range(1, 6)}
    assert [offer.price_minor for offer in found.offers] == sorted(offer.price_minor for offer in found.offers)
    for offer in found.offers:
        hotel = HOTELS[offer.hotel]
        assert offer.price_minor == sum(hotel.price_minor(night) for night in NIGHTS)
        assert (offer.stars, offer.review, offer.rooms_left) == (hotel.stars, hotel.review, hotel.rooms)


def test_two_rooms_cost_twice_as_much(caller):
    """And only hotels with two free rooms are shown."""
    one = {offer.hotel: offer for offer in caller.call("search_hotels", city="Lisbon", **STAY).offers}
    for offer in caller.call("search_hotels", city="Lisbon", **STAY, rooms=2).offers:
        assert offer.price_minor == 2 * one[offer.hotel].price_minor
        assert offer.rooms_left >= 2


def test_a_hotel_is_free_only_if_it_is_free_in_every_night(caller):
    """The fullest night decides."""
    rooms = HOTELS["H-LIS-1"].rooms
    middle = {"check_in": "2027-03-06", "check_out": "2027-03-07"}
    caller.call("book_hotel", hotel="H-LIS-1", **middle, guests=["Ada"], rooms=rooms)
    offered = {offer.hotel for offer in caller.call("search_hotels", city="Lisbon", **STAY).offers}
    assert "H-LIS-1" not in offered
    refusal = caller.call("book_hotel", hotel="H-LIS-1", **STAY, guests=["Ada"])
    assert refusal.refused == "sold_out"
    assert refusal.message == (
        "hotel: no room is left in H-LIS-1 in some night from 2027-03-05 to 2027-03-07;"
        " search_hotels in Lisbon shows what is free"
    )
    before = {"check_in": "2027-03-05", "check_out": "2027-03-06"}
    assert caller.call("book_hotel", hotel="H-LIS-1", **before, guests=["Ada"]).state == "booked"


def test_a_booking_takes_a_room_in_every_night(caller):
    """At the price of the offer, written down for the trip."""
    offer = next(one for one in caller.call("search_hotels", city="Lisbon", **STAY).offers if one.hotel == "H-LIS-3")
    booked = caller.call("book_hotel", hotel="H-LIS-3", **STAY, guests=["Ada", "Ben"], trip="t-1")
    assert (booked.amount_minor, booked.currency) == (offer.price_minor, offer.currency)
    assert (booked.state, booked.city, booked.guests) == ("booked", "Lisbon", ("Ada", "Ben"))
    (row,) = caller.store.bookings(trip="t-1")
    assert row.units == tuple((f"room:H-LIS-3:{night}", 1) for night in NIGHTS)
    assert (row.kind, row.amount_minor, row.details["charged"]) == ("room", booked.amount_minor, True)


def test_a_city_can_be_full_for_some_nights(caller):
    """Nothing is offered for a stay with such a night in it."""
    first = planted.FULL_NIGHTS[0]
    full = caller.call(
        "search_hotels",
        city=planted.FULL_CITY,
        check_in=str(first - timedelta(days=1)),
        check_out=str(first + timedelta(days=1)),
    )
    assert full.offers == ()


def test_a_hostile_review_is_passed_on_as_it_is(caller):
    """It is data: who reads it must know that."""
    found = caller.call("search_hotels", city="Prague", **STAY)
    reviews = {offer.hotel: offer.review for offer in found.offers}
    assert reviews[planted.HOSTILE_HOTEL] == planted.HOSTILE_HOTEL_REVIEW


@pytest.mark.parametrize("tool", ["search_hotels", "book_hotel"])
@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [
        ({"check_out": "2027-03-05"}, "bad_request", "check_out: 2027-03-05 is not after check_in, 2027-03-05"),
        ({"check_out": "2027-03-01"}, "bad_request", "give a later day"),
        ({"check_out": "2027-03-20"}, "bad_request", "15 nights are too many; stay 14 nights at most"),
        ({"check_in": "2027-02-27"}, "out_of_calendar", "check_in: 2027-02-27"),
        ({"check_out": "2027-06-01"}, "out_of_calendar", "check_out: 2027-06-01"),
    ],
)
def test_a_stay_that_makes_no_sense_is_refused(caller, tool, wrong, code, says):
    """Whether it is looked for or booked; nothing is sold."""
    what = {"city": "Lisbon"} if tool == "search_hotels" else {"hotel": "H-LIS-1", "guests": ["Ada"]}
    refusal = caller.call(tool, **{**what, **STAY, **wrong})
    assert refusal.refused == code
    assert says in refusal.message
    assert caller.store.bookings() == ()


def test_fourteen_nights_are_not_too_many(caller):
    """The limit itself is allowed."""
    stay = {"check_in": "2027-03-05", "check_out": "2027-03-19"}
    assert caller.call("book_hotel", hotel="H-LIS-5", **stay, guests=["Ada"]).state == "booked"


def test_unknown_places_are_refused_with_the_nearest(caller):
    """A city and a hotel."""
    assert "the nearest: Lisbon" in caller.call("search_hotels", city="Lissabon", **STAY).message
    refusal = caller.call("book_hotel", hotel="H-LIS-9", **STAY, guests=["Ada"])
    assert refusal.refused == "unknown_item"
    assert "the nearest: H-LIS-" in refusal.message
    assert "search_hotels shows" in caller.call("book_hotel", hotel="Q", **STAY, guests=["Ada"]).message


def test_the_contract_of_a_booking_is_what_the_server_reads():
    """One definition: a field of the contract is an argument of the tool."""
    assert set(BookHotel.model_fields) == {"hotel", "check_in", "check_out", "guests", "rooms"}
