"""undone_if_failed: a run that fails leaves nothing behind."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.invariants.undone_if_failed import undone_if_failed

SEAT = Effect("seat", tool="book", key=("flight",), id="result.booking", undo="cancel")
JUDGE = undone_if_failed(SEAT, failed_when={"reason": ["failed", "escalated"]})


def booked() -> Story:
    """A booking that is answered."""
    return Story().call("book", flight="LX1").ok({"booking": "B1"})


def judged(story: Story, judge: undone_if_failed = JUDGE) -> tuple[str, str]:
    """The verdict, which is the same after saving and loading."""
    verdict = judge.check(story.history)
    assert judge.check(History.from_jsonl(story.history.to_jsonl())) == verdict
    return verdict.status, verdict.reason


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ({"ending": "raised"}, "the last run raised"),
        ({"ending": "hung"}, "the last run hung"),
        ({"answer": {"reason": "failed"}}, 'the answer has reason = "failed"'),
        ({"answer": {"reason": "escalated"}}, 'the answer has reason = "escalated"'),
    ],
    ids=str,
)
def test_what_stands_after_a_failure_is_found(ending, words):
    """However the run tells of it."""
    status, reason = judged(booked().ended(**ending))
    assert (status, reason) == ("fail", f"seat with key LX1 and id B1 was done at 0 s and stands, though {words}")


def test_what_was_undone_is_right():
    """Nothing stands."""
    story = booked().call("cancel", booking="B1").ok().ended("raised")
    assert judged(story) == ("pass", "the last run raised, and 1 things were undone; nothing stands")


def test_a_run_that_did_not_fail_has_nothing_to_undo():
    """By its ending, or by its answer."""
    assert judged(booked().ended(answer={"reason": "completed"}))[0] == "pass"
    assert judged(booked().ended(answer="whatever"), undone_if_failed(SEAT))[0] == "pass"


def test_the_last_run_counts():
    """A run that is resumed and completes has not failed."""
    assert judged(booked().ended("raised").ended(answer={"reason": "completed"}))[0] == "pass"


def test_what_nobody_knows_the_fate_of_is_unknown():
    """Of the deed, or of its undoing."""
    story = Story()
    story.call("book", flight="LX1").info()
    assert judged(story.ended("raised"))[0] == "unknown"
    status, reason = judged(booked().call("cancel", booking="B1").info().ended("raised"))
    assert status == "unknown"
    assert reason.endswith("nobody knows what became of undoing it")


def test_an_answer_that_does_not_say_it_is_unknown():
    """A misspelt place must not look like a run that went well."""
    assert judged(booked().ended(answer={"outcome": "failed"}))[0] == "unknown"
    assert judged(booked().ended())[0] == "unknown"


def test_without_evidence_nothing_was_judged():
    """No run, no declaration."""
    assert judged(booked())[0] == "unknown"
    assert "agentchaos.effect(" in judged(booked().ended("raised"), undone_if_failed())[1]


def test_a_run_that_has_begun_and_not_ended_leaves_it_unknown():
    """A history that was cut short: it may still put things right."""
    story = booked().ended("raised")
    assert JUDGE.check(story.history).status == "fail"
    story.call("cancel", booking="B1")
    verdict = JUDGE.check(story.history)
    assert verdict.status == "unknown"
    assert "the last run has not ended" in verdict.reason


@pytest.mark.parametrize("told", ["reason", {}, {3: "x"}, ["reason"]], ids=str)
def test_wrong_parameters_are_named(told):
    """Before anything is run."""
    with pytest.raises(UsageError, match="failed_when"):
        undone_if_failed(failed_when=told)
    with pytest.raises(UsageError, match="undone_if_failed"):
        undone_if_failed(3)
