"""The itinerary server."""

from __future__ import annotations

from reference_system.contracts.tools import Itinerary


def test_what_is_saved_can_be_loaded(caller):
    """Saving again replaces it under the next version."""
    caller.call("save_itinerary", trip="t-1", title="Lisbon", lines=["Friday: fly"])
    saved = caller.call("save_itinerary", trip="t-1", title="Lisbon, at last", lines=["Friday: fly", "Monday: back"])
    expected = Itinerary(trip="t-1", version=2, title="Lisbon, at last", lines=("Friday: fly", "Monday: back"))
    assert saved == expected
    assert caller.call("load_itinerary", trip="t-1") == expected


def test_what_was_never_saved_is_not_found(caller):
    """Nor is what was saved for another trip."""
    caller.call("save_itinerary", trip="t-1", title="Lisbon", lines=[])
    refusal = caller.call("load_itinerary", trip="t-2")
    assert refusal.refused == "not_found"
    assert refusal.message == "trip: nothing is kept for 't-2'; save_itinerary keeps it"


def test_the_trip_of_an_itinerary_is_business_and_cannot_be_left_out(caller):
    """Other writes may say for which trip they are; here it is what is written."""
    refusal = caller.call("save_itinerary", title="Lisbon", lines=[])
    assert refusal.message == "trip: missing, save_itinerary needs it"
