"""One short text for the whole business state."""

from __future__ import annotations

from contextlib import closing

import pytest

from reference_system.errors import SoldOutError
from reference_system.store import open_store
from reference_system.store.interface import EscalationRow, Intent, LogMessage, TripRow


@pytest.fixture
def history(clock, buy, hold):
    """Makes a store go through a long history, with everything in it; ``later_s`` shifts all its times."""

    def run(store, *, later_s=0.0):
        clock.now_s += later_s
        store.begin_trip(TripRow("T-1", "r1", {"text": "Zoë"}, f"c{later_s}", "v1", "running", None, clock.now_s))
        held = store.write(hold({"F": 3}, 2, until_s=clock.now_s + 900))
        store.write(hold({"F": 3, "é": 4, "Z": 4, "a": 4}, 1, until_s=clock.now_s + 100, details={"b": 1, "a": 2}))
        with pytest.raises(SoldOutError):
            store.write(buy({"F": 3}))
        clock.now_s += 200
        store.write(buy({"F": 3}))
        store.write(lambda writing: writing.cancel(held))
        store.write(lambda writing: writing.save_itinerary("T-1", "Weekend", ["a", "b"]))
        store.open_intent(Intent("T-1", "fly", "k1", "book_flight", {"x": 1}, None, "open"))
        store.close_intent("k1", "done", {"y": 2})
        store.log([LogMessage("T-1", "c", clock.now_s, "a", "b", "task", {"later": later_s})])
        store.escalate(EscalationRow("E-1", "T-1", f"c{later_s}", clock.now_s, "why", {"do": []}))
        store.end_trip("T-1", {"reason": "escalated"})
        return store.digest()

    return run


def test_the_same_history_gives_the_same_digest_on_every_database(history, tmp_path, postgres_url):
    """However they sort and number; times and the log do not count."""
    digests = []
    for number, url in enumerate(["sqlite://", f"sqlite:///{tmp_path}/travel.db", postgres_url]):
        store = open_store(url)
        digests.append(history(store, later_s=1_000.0 * number))
        store.close()
    assert len(set(digests)) == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda store, buy: store.write(buy({"G": 1})), id="a booking"),
        pytest.param(lambda store, buy: store.write(lambda writing: writing.cancel("F-000001")), id="a cancellation"),
        pytest.param(
            lambda store, buy: store.write(lambda writing: writing.save_itinerary("T-1", "Weekend", ["a", "b"])),
            id="a version of an itinerary",
        ),
        pytest.param(
            lambda store, buy: store.begin_trip(TripRow("T-2", "r2", {}, "c", "v1", "running", None, 0.0)), id="a trip"
        ),
        pytest.param(lambda store, buy: store.end_trip("T-1", {}), id="an answer"),
        pytest.param(lambda store, buy: store.close_intent("k1", "undone", None), id="what became of an intent"),
        pytest.param(lambda store, buy: store.close_escalation("E-1"), id="an escalation"),
    ],
)
def test_whatever_counts_changes_it(store, buy, change):
    """And back is not the way it came."""
    store.begin_trip(TripRow("T-1", "r1", {}, "c", "v1", "running", None, 0.0))
    store.write(buy({"F": 3}))
    store.write(lambda writing: writing.save_itinerary("T-1", "Weekend", ["a", "b"]))
    store.open_intent(Intent("T-1", "fly", "k1", "book_flight", {}, None, "open"))
    store.escalate(EscalationRow("E-1", "T-1", "c", 0.0, "why", {}))
    before = store.digest()
    change(store, buy)
    assert store.digest() != before


def test_what_does_not_count_does_not_change_it(store):
    """The log, checkpoints, capacities, and keys."""
    before = store.digest()
    store.log([LogMessage("T-1", "c", 0.0, "a", "b", "task", {})])
    store.save_checkpoint("T-1", 1, {})
    store.add_shadow("T-1", {})
    store.set_capacity("F", 3)
    store.write(lambda writing: writing.bar("k1"))
    assert store.digest() == before


def test_the_order_of_what_happened_at_once_does_not_count():
    """Two runs of one concurrent history differ in nothing else."""
    digests = []
    for order in (("T-1", "T-2"), ("T-2", "T-1")):
        with closing(open_store("sqlite://")) as store:
            for trip in order:
                store.begin_trip(TripRow(trip, f"r-{trip}", {}, "c", "v1", "running", None, 0.0))
                store.open_intent(Intent(trip, "fly", f"k-{trip}", "book_flight", {}, None, "open"))
            digests.append(store.digest())
    assert digests[0] == digests[1]
