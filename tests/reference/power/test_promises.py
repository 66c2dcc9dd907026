"""What the travel system promises of its own: each promise kept, broken, and not to be judged."""

import pytest

from pytest_agentchaos.doubles import Story
from reference_system.promises import (
    handed_over,
    keeps_its_id,
    keeps_the_journey,
    refunds_once,
    spends_at_most,
    tells_what_is_missing,
)

ANSWER = {
    "trip": "t-1",
    "reason": "escalated",
    "text": "A person has your trip.",
    "bookings": [],
    "missing": [],
    "problem": None,
    "question": None,
    "escalation": "esc-t-1",
    "total_minor": 0,
    "currency": "EUR",
    "itinerary": False,
    "weather": [],
    "correlation": "c-1",
    "manifest": "v1",
}


def _answered(**more):
    story = Story()
    queue = more.pop("queue", None)
    answer = {"answers": [ANSWER | more]}
    story.ended(answer=answer if queue is None else answer | {"queue": queue})
    return story.history


@pytest.mark.parametrize(("queue", "status"), [(["esc-t-1"], "pass"), ([], "fail"), (None, "unknown")])
def test_an_escalated_trip_stands_in_the_queue(queue, status):
    """Whoever has not looked into the queue cannot say."""
    assert handed_over().check(_answered(queue=queue)).status == status


def test_where_nothing_is_escalated_nobody_need_look():
    """That is kept."""
    assert handed_over().check(_answered(reason="completed", escalation=None)).passed


def test_a_completed_journey_without_its_flights_is_named():
    """By the journey's own judge."""
    verdict = keeps_the_journey("weekend-in-lisbon").check(_answered(reason="completed", escalation=None))
    assert verdict.status == "fail"
    assert "it is called completed, and turn 1: 0 of 1 bookings like {'domain': 'flights'" in verdict.reason


def test_a_journey_that_is_not_called_completed_promises_nothing():
    """How it may end is another question."""
    assert keeps_the_journey("weekend-in-lisbon").check(_answered()).passed


def test_without_an_answer_nobody_can_say():
    """A run that raised has none."""
    story = Story()
    story.ended("raised", error="TripError: no")
    assert keeps_the_journey("weekend-in-lisbon").check(story.history).status == "unknown"
    assert tells_what_is_missing().check(story.history).status == "unknown"


@pytest.mark.parametrize(("text", "status"), [("No table in Lisbon.", "pass"), ("Have a good trip!", "fail")])
def test_what_is_missing_is_told(text, status):
    """In the words of the answer's own list."""
    history = _answered(reason="degraded", escalation=None, missing=["table in Lisbon"], text=text)
    assert tells_what_is_missing().check(history).status == status


def _refunded(*keys):
    story = Story()
    for key in keys:
        gone = {"booking": "H-1", "state": "cancelled", "refunded_minor": 100, "currency": "EUR"}
        story.call("cancel_hotel", booking="H-1", idempotency_key=key).ok(gone)
    story.ended(answer="Cancelled.")
    return story.history


@pytest.mark.parametrize(("keys", "status"), [(("a",), "pass"), (("a", "a"), "pass"), (("a", "b"), "fail")])
def test_what_is_cancelled_is_refunded_once(keys, status):
    """The same request sent again is the same refund; another one for the same booking is not."""
    assert refunds_once().check(_refunded(*keys)).status == status


def _written(*ids):
    story = Story()
    for correlation in ids:
        baggage = f"correlation={correlation}" if correlation else ""
        story.call("book_hotel", baggage=baggage, trip="t-1").ok({"booking": "H-1"})
    story.ended(answer={"answers": [ANSWER]})
    return story.history


@pytest.mark.parametrize(
    ("ids", "status"), [(("c-1", "c-1"), "pass"), (("c-1", "c-2"), "fail"), (("c-2",), "fail"), (("",), "unknown")]
)
def test_a_trip_keeps_its_id(ids, status):
    """In all that is written for it, and in its answer."""
    assert keeps_its_id().check(_written(*ids)).status == status


@pytest.mark.parametrize(("limit", "status"), [(500, "pass"), (499, "fail")])
def test_no_more_is_spent_than_may_be(limit, status):
    """By what the records show; the last look counts."""
    story = Story()
    story.ended(answer="Booked.")
    story.note(world="hotel_booking", rows=[{"id": "H-1", "amount": 300}, {"id": "H-2", "amount": 200}])
    assert spends_at_most(limit).check(story.history).status == status


def test_without_a_look_at_the_records_nobody_can_say():
    """A limit is not kept by looking away."""
    story = Story()
    story.ended(answer="Booked.")
    assert spends_at_most(500).check(story.history).status == "unknown"
