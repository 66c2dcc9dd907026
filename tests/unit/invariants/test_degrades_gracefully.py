"""degrades_gracefully: what no fault concerned is in the answer."""

from __future__ import annotations

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History

PARTS = {
    "weather": ["get_forecast"],
    "flights": {"at": "bookings.*", "where": {"domain": "flights"}, "needs": ["search_flights", "air.*"]},
}
FLIGHT, HOTEL = {"domain": "flights", "id": "B1"}, {"domain": "hotels", "id": "B2"}


def story(*faulted: str) -> Story:
    """A trip, in which these calls meet a fault."""
    told = Story()
    for name, target in (("get_forecast", "weather"), ("search_flights", "search"), ("book", "air.example")):
        call = told.call(name, target=target)
        call.fault("overloaded").refused(503) if name in faulted else call.ok([])
    return told


def judged(told: Story, parts: object = PARTS):
    """The verdict, which is the same after the history was saved."""
    judge = invariants.degrades_gracefully(parts)
    verdict = judge.check(told.history)
    assert judge.check(History.from_jsonl(told.history.to_jsonl())) == verdict
    return verdict


def test_what_no_fault_concerned_is_there():
    """The rest may be missing."""
    found = judged(story("get_forecast").ended(answer={"weather": None, "bookings": [HOTEL, FLIGHT]}))
    assert (found.invariant, found.status) == ("degrades_gracefully(weather, flights)", "pass")
    assert found.reason == "the answer has 'flights', which no fault concerned; faults met what 'weather' needs"


@pytest.mark.parametrize(
    "answer", [{"bookings": [HOTEL]}, {"bookings": []}, {}, "Sorry.", [1], {"bookings": "x"}], ids=str
)
def test_what_is_missing_without_a_reason_is_a_finding(answer):
    """An empty list is nothing, and so is a booking of another sort."""
    found = judged(story("get_forecast").ended(answer=answer))
    reason = "the answer lacks 'flights', though no fault met what that needs"
    assert (found.status, found.reason, found.ops) == ("fail", reason, (7,))


@pytest.mark.parametrize("name", ["search_flights", "book"])
def test_a_need_is_the_name_or_the_target_of_a_call(name):
    """A fault on either excuses the part."""
    assert judged(story(name).ended(answer={"weather": "sun"})).passed
    assert judged(story(name).ended(answer={"bookings": [FLIGHT]})).status == "fail"


@pytest.mark.parametrize("value", [0, False, 0.0, {"a": None}])
def test_no_and_zero_are_something(value):
    """Only what is empty is missing."""
    assert judged(story("book").ended(answer={"weather": value})).passed


def test_a_part_may_be_one_of_several_values():
    """`where` takes a value or a list of them."""
    parts = {"stays": {"at": "bookings.*", "where": {"domain": ["hotels", "flats"]}, "needs": ["search_hotels"]}}
    assert judged(story("book").ended(answer={"bookings": [FLIGHT, HOTEL]}), parts).passed


def test_a_run_that_raises_has_lost_what_it_could_have_given():
    """Nothing of it is in an answer."""
    found = judged(story("get_forecast").ended("raised", error="KeyError"))
    expected = "the answer lacks 'flights', though no fault met what that needs (the run raised: 'KeyError')"
    assert (found.status, found.reason) == ("fail", expected)


def test_where_faults_met_everything_nothing_was_due():
    """That is no proof of grace."""
    found = judged(story("get_forecast", "book").ended(answer={}))
    reason = "faults met what every part needs ('weather', 'flights'), so none was due"
    assert (found.status, found.reason) == ("unknown", reason)


def test_without_a_fault_there_was_nothing_to_degrade_from():
    """But what is missing then is missing for certain."""
    whole = {"weather": "sun", "bookings": [FLIGHT]}
    found = judged(story().ended(answer=whole))
    assert (found.status, found.reason) == (
        "unknown",
        "no fault acted, so nothing was there to degrade from: inject one that fires",
    )
    assert judged(story().ended(answer={"weather": "sun"})).status == "fail"


def test_each_run_is_judged_by_its_own_faults():
    """One that lacks something decides; a fault of the run before excuses nothing."""
    told = story("book").ended(answer={"weather": "sun"})
    call = told.call("get_forecast", target="weather")
    call.fault("overloaded").refused(503)
    assert judged(told.ended(answer={"bookings": []})).ops == (11,)


def test_of_an_answer_that_was_not_recorded_nothing_is_known():
    """Nor of a run that has not ended."""
    assert judged(story("book").ended()).status == "unknown"
    assert judged(story("book")).status == "unknown"
    open_story = story("book").ended(answer={"weather": "sun"})
    open_story.call("book")
    assert judged(open_story).status == "unknown"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        None,
        {"a": []},
        {"a": None},
        {"a": [5]},
        {5: ["x"]},
        {"a": {"at": "x"}},
        {"a": {"needs": ["x"], "were": {}}},
        {"a": {"needs": ["x"], "at": ""}},
        {"a": {"needs": ["x"], "where": {}}},
        {"a..b": ["x"]},
    ],
    ids=str,
)
def test_what_does_not_say_what_a_part_needs_is_refused(wrong):
    """Before anything runs, with an example."""
    with pytest.raises(UsageError, match=r"degrades_gracefully.* is due|does not say what it needs"):
        invariants.degrades_gracefully(wrong)
