"""The restaurants server: what it finds and reserves, and what it refuses."""

from __future__ import annotations

from datetime import date

from reference_system.catalogue import planted
from reference_system.catalogue.restaurants import RESTAURANTS, restaurants_in

EVENING = "2027-03-06"


def test_a_search_finds_open_restaurants_best_rated_first(caller):
    """Those that have a table that evening."""
    found = caller.call("search_restaurants", city="Rome", date=EVENING)
    open_then = [one.restaurant for one in restaurants_in("Rome") if one.tables_on(date(2027, 3, 6))]
    assert [offer.restaurant for offer in found.offers] == open_then
    assert all(offer.tables_left == RESTAURANTS[offer.restaurant].tables for offer in found.offers)


def test_a_reservation_takes_a_table_until_there_is_none(caller):
    """Then the restaurant is full, and is not offered any more."""
    tables = RESTAURANTS["R-ROM-1"].tables
    for number in range(tables):
        reserved = caller.call("reserve_table", restaurant="R-ROM-1", date=EVENING, guests=2, name=f"Guest {number}")
        assert (reserved.state, reserved.city, reserved.guests) == ("booked", "Rome", 2)
    refusal = caller.call("reserve_table", restaurant="R-ROM-1", date=EVENING, guests=2, name="Ada")
    assert refusal.refused == "sold_out"
    assert refusal.message.startswith("restaurant: R-ROM-1 is full on 2027-03-06; search_restaurants in Rome")
    offered = {offer.restaurant for offer in caller.call("search_restaurants", city="Rome", date=EVENING).offers}
    assert "R-ROM-1" not in offered
    assert caller.store.bookings()[0].amount_minor == 0


def test_on_a_day_off_nothing_is_offered_and_nothing_reserved(caller):
    """Good Friday in Bergen."""
    day = str(planted.CLOSED_DAY)
    assert caller.call("search_restaurants", city=planted.CLOSED_CITY, date=day).offers == ()
    refusal = caller.call("reserve_table", restaurant="R-BGO-1", date=day, guests=2, name="Ada")
    assert (refusal.refused, "is closed on 2027-03-26" in refusal.message) == ("sold_out", True)


def test_unknown_places_and_days_are_refused(caller):
    """With the nearest that there is."""
    assert "the nearest: Vienna" in caller.call("search_restaurants", city="Viena", date=EVENING).message
    assert caller.call("search_restaurants", city="Vienna", date="2026-03-06").refused == "out_of_calendar"
    unknown = caller.call("reserve_table", restaurant="R-VIE-8", date=EVENING, guests=2, name="Ada")
    assert (unknown.refused, "the nearest: R-VIE-" in unknown.message) == ("unknown_item", True)
    late = caller.call("reserve_table", restaurant="R-VIE-1", date="2027-06-06", guests=2, name="Ada")
    assert late.refused == "out_of_calendar"


def test_a_party_larger_than_nine_is_refused(caller):
    """The contract says so; the refusal names the argument."""
    refusal = caller.call("reserve_table", restaurant="R-VIE-1", date=EVENING, guests=10, name="Ada")
    assert refusal.refused == "bad_request"
    assert refusal.message == "guests: Input should be less than or equal to 9, not 10"


def test_a_hostile_review_is_passed_on_as_it_is(caller):
    """It is data: who reads it must know that."""
    offers = caller.call("search_restaurants", city="Prague", date=EVENING).offers
    reviews = {offer.restaurant: offer.review for offer in offers}
    assert reviews[planted.HOSTILE_RESTAURANT] == planted.HOSTILE_RESTAURANT_REVIEW
