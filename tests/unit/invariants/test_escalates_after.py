"""escalates_after: what fails again and again is given to somebody else."""

from __future__ import annotations

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History

ANSWER = {"reason": ["escalated"]}
FAILED = "tool 'book' failed 3 times in a row by 3 s"


def failing(*, times: int = 3, name: str = "book", told: Story | None = None) -> Story:
    """A call that fails, a second each, in a way of its own each time."""
    story = told or Story()
    for number in range(times):
        call = story.call(name, attempt=number).wait(1)
        (call.refused, call.failed, call.fail, call.info)[number % 4]()
    return story


def judged(story: Story, *args: object, **parameters: object):
    """The verdict, which is the same after the history was saved."""
    judge = invariants.escalates_after(*args, **parameters)
    verdict = judge.check(story.history)
    assert judge.check(History.from_jsonl(story.history.to_jsonl())) == verdict
    return verdict


def test_a_call_that_escalates_is_enough():
    """It has to follow, and to work."""
    story = failing()
    story.call("escalate_to_agent").ok()
    found = judged(story.ended())
    assert (found.status, found.reason) == ("pass", f"{FAILED}, and 'escalate_to_agent' was called at 3 s")
    assert judged(story, 3, to="ask_person").status == "fail"


def test_going_on_as_if_nothing_had_happened_is_a_finding():
    """The failures are pointed at."""
    found = judged(failing(times=5).ended())
    reason = f"{FAILED}, and nothing escalated: no call of escalate* followed"
    assert (found.status, found.reason, found.ops) == ("fail", reason, (0, 2, 4))


def test_an_escalation_that_did_not_work_is_none():
    """Nobody was told."""
    story = failing()
    story.call("escalate").refused(503)
    found = judged(story.ended())
    reason = f"{FAILED}, and nothing escalated: 'escalate' was called, and did not work"
    assert (found.status, found.reason) == ("fail", reason)


def test_an_escalation_before_the_failures_does_not_count():
    """It was about something else."""
    story = Story()
    story.call("escalate").ok()
    assert judged(failing(told=story).ended()).status == "fail"


def test_a_later_row_needs_an_escalation_of_its_own():
    """One that was escalated does not excuse the next."""
    story = failing()
    story.call("escalate").ok()
    assert judged(failing(name="pay", told=story).ended()).status == "fail"
    story.call("escalate").ok()
    assert judged(story.ended(), 3).status == "fail"  # the run of the second row ended without


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"reason": "escalated"}, "pass"),
        ({"reason": "completed"}, "fail"),
        ({}, "fail"),
        ("x", "fail"),
        (None, "unknown"),
    ],
    ids=str,
)
def test_an_answer_can_escalate(answer, status):
    """If it is said which does."""
    assert judged(failing().ended(answer=answer), answer=ANSWER).status == status


def test_an_answer_that_does_not_escalate_is_told():
    """With what it says in its place."""
    found = judged(failing().ended(answer={"reason": "completed"}), answer=ANSWER)
    said = "no call of escalate* followed, and reason is 'completed', not 'escalated'"
    assert found.reason == f"{FAILED}, and nothing escalated: {said}"


def test_a_success_ends_the_row():
    """So does another target, which is another thing."""
    story = failing(times=2)
    story.call("book").ok()
    failing(times=2, told=story)
    story.call("book", target="elsewhere").fail()
    found = judged(story.ended())
    assert (found.status, found.reason) == (
        "unknown",
        "nothing failed 3 times in a row, so nothing was to be escalated: inject a fault that makes it fail so often",
    )


def test_failures_of_different_runs_are_no_row():
    """Each run begins anew."""
    assert judged(failing(times=2, told=failing(times=2).ended()).ended()).status == "unknown"


def test_once_can_be_enough():
    """The smallest number."""
    assert judged(failing(times=1).ended(), 1).status == "fail"
    assert judged(Story().ended(), 1).reason.startswith("nothing failed at all")


def test_failures_are_counted_as_they_come_in():
    """Of calls made together, the order of their ends counts."""
    story = Story()
    first = story.call("book", n=1)
    second = story.call("book", n=2)
    third = story.call("book", n=3)
    first.fail()
    third.fail()
    second.ok()
    assert judged(story.ended(), 2).ops == (0, 2)


def test_a_run_that_is_under_way_may_escalate_yet():
    """Nothing is known until it ends."""
    found = judged(failing())
    assert (found.status, found.reason) == (
        "unknown",
        f"{FAILED}, nothing escalated so far, and no run has ended since",
    )


@pytest.mark.parametrize("ending", ["raised", "hung"])
def test_an_exception_is_no_escalation(ending):
    """It stands in no answer."""
    assert judged(failing().ended(ending, error="KeyError"), answer=ANSWER).status == "fail"


@pytest.mark.parametrize(
    "wrong", [{"failures": 0}, {"failures": True}, {"failures": "3"}, {"to": ""}, {"to": None}, {"answer": {}}], ids=str
)
def test_wrong_parameters_are_refused(wrong):
    """Before anything runs, with an example."""
    with pytest.raises(UsageError, match=r"^escalates_after\(.* is due; write for example "):
        invariants.escalates_after(**wrong)
