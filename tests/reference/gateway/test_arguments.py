"""What a model asks for is understood, or sent back with a remedy."""

from __future__ import annotations

import json

import pytest

from reference_system.errors import InvalidArgumentsError, ToolRefusedError
from reference_system.gateway.arguments import understood
from reference_system.hardening import Hardening

STAY = {"city": "Lisbon", "check_in": "2027-03-05", "check_out": "2027-03-08", "rooms": 1}


@pytest.mark.parametrize("given", [STAY, json.dumps(STAY)], ids=["object", "text"])
def test_an_object_and_its_text_mean_the_same(given):
    """Models give texts, rules give objects."""
    asked = understood("search_hotels", given, trip="t1", validate=True)
    assert asked.tool.domain == "hotels"
    assert asked.business == STAY


def test_null_for_what_may_be_absent_is_the_same_as_nothing():
    """Strict schemas make a model name every field."""
    with_nulls = {
        "origin": "Zurich",
        "destination": "Lisbon",
        "depart_on": "2027-03-05",
        "return_on": None,
        "seats": None,
    }
    asked = understood("search_flights", with_nulls, trip="t1", validate=True)
    assert asked.business == {"origin": "Zurich", "destination": "Lisbon", "depart_on": "2027-03-05", "seats": 1}


@pytest.mark.parametrize(
    ("tool", "given", "says"),
    [
        ("book_spaceship", {}, "there is no tool 'book_spaceship'; the tools are search_flights, hold_flight"),
        ("search_hotels", '{"city": "Lis', "not JSON"),
        ("search_hotels", "[1]", "are a list; give one JSON object"),
        ("search_hotels", None, "are null; give one JSON object"),
        ("search_hotels", {**STAY, "rooms": "1"}, "rooms: Input should be a valid integer (given: '1')"),
        ("search_hotels", {**STAY, "check_in": "5 March"}, "'5 March' is not a day; write it like 2027-03-01"),
        ("search_hotels", {"city": "Lisbon", "check_in": "2027-03-05"}, "check_out: Field required"),
        ("search_hotels", {**STAY, "stars": 4}, "stars: Extra inputs are not permitted"),
        ("search_hotels", {**STAY, "city": None}, "city: Input should be a valid string (given: None)"),
        ("book_hotel", {"idempotency_key": "k"}, "idempotency_key: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(tool, given, says):
    """So that the model can correct itself."""
    with pytest.raises(InvalidArgumentsError) as caught:
        understood(tool, given, trip="t1", validate=True)
    assert says in str(caught.value)


def test_a_trip_keeps_and_reads_its_own_plan_only():
    """Whatever trip a model names, it is the one that it works for."""
    plan = {"trip": "somebody-elses", "title": "Mine now", "lines": []}
    assert understood("save_itinerary", plan, trip="t1", validate=True).arguments.trip == "t1"
    assert understood("load_itinerary", {"trip": "this"}, trip="t1", validate=True).business == {"trip": "t1"}


def test_nothing_is_sent_for_wrong_arguments(world):
    """No request, no intent, no budget used."""
    trip = world()
    assert isinstance(trip.run(lambda agent: agent.call("book_hotel", {"hotel": "H-LIS-1"})), InvalidArgumentsError)
    assert trip.calls("*") == 0
    assert trip.store.intents("t1") == ()
    assert trip.budget.used()["tool_calls"] == 0


def test_with_the_switch_off_wrong_arguments_reach_the_server(world, hotel):
    """Switch validate_arguments off: the request is made, and whether that is harmless is up to the server."""
    trip = world(hardening=Hardening().without("validate_arguments"))
    error = trip.run(lambda agent: agent.call("book_hotel", {**hotel, "rooms": "one"}))
    assert isinstance(error, ToolRefusedError)
    assert trip.calls("book_hotel") == 1


def test_with_the_switch_off_right_arguments_work_as_ever(world, hotel):
    """It is a missing check, not another system."""
    trip = world(hardening=Hardening().without("validate_arguments"))
    assert trip.run(lambda agent: agent.call("book_hotel", hotel)).arguments.rooms == 1
