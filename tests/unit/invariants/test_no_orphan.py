"""no_orphan: what was done, an answer told of."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.invariants.no_orphan import no_orphan

SEAT = Effect("seat", tool="book", key=("flight",), id="result.booking", undo="cancel")
CLAIM = {"effect": "seat", "key": ["LX1"]}


def booked(booking: str = "B1", story: Story | None = None) -> Story:
    """A booking that is answered."""
    return (story or Story()).call("book", flight="LX1").ok({"booking": booking})


def judged(story: Story, *claims: dict[str, object], **more: object) -> tuple[str, str]:
    """The verdict on a run that claims this, which is the same after saving and loading."""
    return verdict_on(story.note(claims=list(claims), **more).ended(answer={}).history)


def verdict_on(history: History, judge: no_orphan = no_orphan(SEAT)) -> tuple[str, str]:  # noqa: B008
    """The verdict, which is the same after saving and loading."""
    verdict = judge.check(history)
    assert judge.check(History.from_jsonl(history.to_jsonl())) == verdict
    return verdict.status, verdict.reason


def test_what_stands_and_is_claimed_is_right():
    """By key or by id."""
    assert judged(booked(), CLAIM) == ("pass", "1 standing, all claimed")
    assert judged(booked(), {"effect": "seat", "id": "B1"})[0] == "pass"


def test_what_stands_and_was_not_claimed_is_an_orphan():
    """The user does not know that it was booked."""
    assert judged(booked()) == (
        "fail",
        "seat with key LX1 and id B1 was done at 0 s and stands, and was not claimed",
    )


def test_what_was_undone_needs_no_claim():
    """Nothing stands."""
    assert judged(booked().call("cancel", booking="B1").ok()) == ("pass", "nothing stands")


def test_one_claim_covers_one_thing():
    """The second booking is an orphan; also if two answers tell of the first."""
    story = booked("B2", booked())
    assert judged(story, CLAIM)[0] == "fail"
    twice = booked("B2", booked()).note(claims=[CLAIM]).ended(answer={})
    assert judged(twice, CLAIM)[0] == "fail"
    assert judged(booked("B2", booked()), CLAIM, CLAIM)[0] == "pass"


def test_any_answer_may_have_told_of_it():
    """What the first turn told the user, the second need not repeat."""
    assert judged(booked().note(claims=[CLAIM]).ended(answer={}))[0] == "pass"


@pytest.mark.parametrize("ending", ["raised", "hung"])
def test_what_a_run_that_did_not_complete_leaves_standing_is_an_orphan(ending):
    """It told nobody."""
    assert verdict_on(booked().ended(ending, error="x").history)[0] == "fail"


def test_what_may_stand_is_unknown():
    """Unless it was claimed."""
    story = Story()
    story.call("book", flight="LX1").info()
    assert judged(story)[0] == "unknown"
    assert judged(story, CLAIM)[0] == "pass"
    assert judged(booked().call("cancel", booking="B1").info())[0] == "unknown"


def test_the_world_decides_what_may_stand():
    """If somebody looked at it in the end."""
    story = Story()
    story.call("book", flight="LX1").info()
    assert judged(story.note(world="seat", rows=[{"key": ["LX1"]}]))[0] == "fail"
    assert judged(story.note(world="seat", rows=[]))[0] == "pass"


def test_claims_that_cannot_be_read_or_compared_leave_it_unknown():
    """The thing may be among them."""
    assert judged(booked(), problems=["the answer has no bookings"])[0] == "unknown"
    status, reason = judged(booked(), {"effect": "seat", "key": ["LX1", "x"]})
    assert status == "unknown"
    assert "its key has 2 fields" in reason


def test_without_declared_claims_nothing_was_judged():
    """The remedy is told."""
    status, reason = verdict_on(booked().ended(answer={}).history)
    assert status == "unknown"
    assert "agentchaos.claims(" in reason
    assert verdict_on(booked().history)[0] == "unknown"
    assert verdict_on(booked().ended("raised").history, no_orphan())[0] == "unknown"


def test_a_run_that_has_begun_and_not_ended_leaves_it_unknown():
    """A history that was cut short: it may still put things right."""
    story = booked().ended("raised")
    assert no_orphan(SEAT).check(story.history).status == "fail"
    story.call("cancel", booking="B1")
    verdict = no_orphan(SEAT).check(story.history)
    assert verdict.status == "unknown"
    assert "the last run has not ended" in verdict.reason


def test_wrong_parameters_are_named():
    """Before anything is run."""
    with pytest.raises(UsageError, match="no_orphan"):
        no_orphan(3)
