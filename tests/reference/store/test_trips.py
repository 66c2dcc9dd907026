"""What the service and the orchestrator keep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reference_system.errors import KeyConflictError, StoreError
from reference_system.store import open_store
from reference_system.store.interface import Intent, TripRow

TRIP = TripRow(
    trip="T-1",
    request_key="r1",
    request={"text": "Lisbon, please", "user": "Ann"},
    correlation="c1",
    manifest="v1",
    state="running",
    answer=None,
    began_at_s=1_800_000_000.25,
)
INTENT = Intent(
    trip="T-1",
    step="fly",
    key="k1",
    tool="hold_flight",
    arguments={"flight": "LX1766"},
    result=None,
    state="open",
)


def test_a_new_trip_is_stored_as_it_is(store):
    """And found by its id."""
    assert store.begin_trip(TRIP) == (TRIP, True)
    assert store.trip("T-1") == TRIP
    assert store.trip("T-2") is None


def test_the_same_request_finds_its_trip(store):
    """Whatever id the second attempt would have given it."""
    store.begin_trip(TRIP)
    again = replace(TRIP, trip="T-2", correlation="c2", request=dict(reversed(TRIP.request.items())))
    assert store.begin_trip(again) == (TRIP, False)
    assert store.trips() == (TRIP,)


def test_the_same_key_with_another_request_is_a_conflict(store):
    """Naming the key and the trip that it belongs to."""
    store.begin_trip(TRIP)
    with pytest.raises(KeyConflictError, match=r"'r1' was used for another request \(trip T-1\)"):
        store.begin_trip(replace(TRIP, trip="T-2", request={"text": "Oslo", "user": "Ann"}))
    assert store.trips() == (TRIP,)


def test_the_id_of_another_trip_is_refused(store):
    """An id that is given twice would mix two users' trips."""
    store.begin_trip(TRIP)
    with pytest.raises(StoreError, match="a trip 'T-1' already"):
        store.begin_trip(replace(TRIP, request_key="r2"))


def test_trips_are_listed_by_state_in_the_order_in_which_they_began(store):
    """A restarted service asks for those that run."""
    rows = [replace(TRIP, trip=f"T-{number}", request_key=f"r{number}") for number in (3, 1, 2)]
    for row in rows:
        store.begin_trip(row)
    store.end_trip("T-1", {"reason": "completed"})
    assert [row.trip for row in store.trips()] == ["T-3", "T-1", "T-2"]
    assert [row.trip for row in store.trips("running")] == ["T-3", "T-2"]
    assert store.trips("ended") == (replace(rows[1], state="ended", answer={"reason": "completed"}),)


def test_a_trip_keeps_its_first_answer(store):
    """Two processes that both resumed it do not give two answers."""
    store.begin_trip(TRIP)
    store.end_trip("T-1", {"reason": "completed"})
    store.end_trip("T-1", {"reason": "failed"})
    assert store.trip("T-1").answer == {"reason": "completed"}


def test_a_trip_that_never_began_cannot_end(store):
    """It names the trip."""
    with pytest.raises(StoreError, match="no trip 'T-9' to end"):
        store.end_trip("T-9", {})


def test_the_checkpoint_with_the_highest_number_counts(store):
    """One with the same number is replaced; an older one that comes late does not matter."""
    assert store.checkpoint("T-1") is None
    store.save_checkpoint("T-1", 9, {"step": "old"})
    store.save_checkpoint("T-1", 10, {"step": "fly"})
    store.save_checkpoint("T-1", 10, {"step": "stay"})
    store.save_checkpoint("T-1", 2, {"step": "late"})
    store.save_checkpoint("T-2", 11, {"step": "another trip"})
    assert store.checkpoint("T-1") == (10, {"step": "stay"})


def test_an_intent_is_written_down_once(store):
    """Whoever opens it again learns what has become of it."""
    assert store.open_intent(INTENT) == INTENT
    store.close_intent("k1", "done", {"booking": "F-1"})
    done = replace(INTENT, state="done", result={"booking": "F-1"})
    assert store.open_intent(INTENT) == done
    assert store.intents("T-1") == (done,)
    assert store.intents("T-2") == ()


def test_what_is_undone_still_says_what_it_was(store):
    """Without a new result the stored one stays."""
    store.open_intent(INTENT)
    store.close_intent("k1", "done", {"booking": "F-1"})
    store.close_intent("k1", "undone", None)
    assert store.intents("T-1") == (replace(INTENT, state="undone", result={"booking": "F-1"}),)


def test_intents_come_in_the_order_in_which_they_were_opened(store):
    """Compensation goes backwards through them."""
    for key in ("k2", "k1", "k3"):
        store.open_intent(replace(INTENT, key=key))
    assert [intent.key for intent in store.intents("T-1")] == ["k2", "k1", "k3"]


def test_an_intent_that_was_never_opened_cannot_be_closed(store):
    """It names the key."""
    with pytest.raises(StoreError, match="no intent with key 'k9'"):
        store.close_intent("k9", "done", None)


def test_an_itinerary_is_replaced_and_counts_its_versions(store):
    """Any text may stand in it."""
    assert store.itinerary("T-1") is None
    lines = ["Flight \x00 out", "half a pair \ud800", "Zürich → Lisboa"]
    assert store.write(lambda writing: writing.save_itinerary("T-1", "Weekend", ["first"])) == 1
    assert store.write(lambda writing: writing.save_itinerary("T-1", "Long weekend", lines)) == 2
    assert store.write(lambda writing: writing.save_itinerary("T-2", "Other", [])) == 1
    assert store.itinerary("T-1") == (2, "Long weekend", tuple(lines))


def test_all_of_it_is_there_for_another_process(shared_store_url, buy):
    """A store that is opened again goes on where it was."""
    first = open_store(shared_store_url)
    first.begin_trip(TRIP)
    first.open_intent(INTENT)
    first.save_checkpoint("T-1", 1, {"step": "fly"})
    first.write(buy({"LX": 3}))
    first.close()
    second = open_store(shared_store_url)
    assert second.trip("T-1") == TRIP
    assert second.intents("T-1") == (INTENT,)
    assert second.checkpoint("T-1") == (1, {"step": "fly"})
    assert second.write(buy({"LX": 3})) == "F-000002"
    second.close()
