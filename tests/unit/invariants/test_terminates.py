"""terminates: every run of the system came to an end."""

from __future__ import annotations

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.verdict import Verdict


def ended(*outcomes: str) -> History:
    """Runs that ended like this, with a note of another sort before them."""
    history = History()
    history.append("note", at_s=0.0, data={"upstream_error": "x"})
    for outcome in outcomes:
        history.append("note", at_s=1.0, data={"outcome": outcome})
    return history


@pytest.mark.parametrize("outcomes", [("completed",), ("raised",), ("completed", "raised")])
def test_an_answer_is_an_end_and_so_is_an_error(outcomes):
    """How good an end it is, others judge."""
    count = len(outcomes)
    expected = Verdict("terminates", "pass", f"{count} of {count} runs ended")
    assert invariants.terminates().check(ended(*outcomes)) == expected


def test_a_run_that_hangs_has_no_end():
    """One is enough, and it is pointed at."""
    found = invariants.terminates().check(ended("completed", "hung", "completed", "hung"))
    assert found == Verdict("terminates", "fail", "the system waits for something that can never come", (2, 4))


def test_of_a_system_that_nobody_ran_nothing_is_known():
    """And unknown is no pass."""
    found = invariants.terminates().check(ended())
    assert found == Verdict("terminates", "unknown", "no run has ended yet: call agentchaos.run(...) first")


# -- with a reason ---------------------------------------------------------------------------------------------------


def answered(*answers: object) -> History:
    """Runs that completed with these answers."""
    story = Story()
    for answer in answers:
        story.ended(answer=answer)
    return story.history


@pytest.mark.parametrize(
    ("judge", "answer"),
    [
        (invariants.terminates("outcome.reason"), {"outcome": {"reason": "whatever"}}),
        (invariants.terminates("outcome.reason", among=["done", "degraded"]), {"outcome": {"reason": "degraded"}}),
        (invariants.terminates("steps.*.end", among=["a", "b"]), {"steps": [{"end": "a"}, {"end": "b"}]}),
        (invariants.terminates("code", among=[0]), {"code": 0}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_run_can_be_asked_for_the_reason_of_its_end(judge, answer):
    """It stands at a place in the answer, also after the history was saved."""
    told = answered(answer)
    assert judge.check(told) == Verdict(judge.name, "pass", "1 of 1 runs ended")
    assert judge.check(History.from_jsonl(told.to_jsonl())) == judge.check(told)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"outcome": {}}, "a run gave no reason for its end: its answer has nothing at outcome.reason"),
        ({"outcome": {"reason": ""}}, "a run gave no reason for its end: its answer has nothing at outcome.reason"),
        ("Booked.", "a run gave no reason for its end: its answer has nothing at outcome.reason"),
        ({"outcome": {"reason": "oops"}}, "a run ended with the reason 'oops', which is not among 'done', 'degraded'"),
        (
            {"outcome": {"reason": ["done"]}},
            "a run ended with the reason ['done'], which is not among 'done', 'degraded'",
        ),
    ],
    ids=str,
)
def test_no_reason_or_another_is_none(answer, reason):
    """The run is pointed at, and it is the one of several that is wrong."""
    good = {"outcome": {"reason": "done"}}
    found = invariants.terminates("outcome.reason", among=("done", "degraded")).check(answered(good, answer))
    assert found == Verdict("terminates(reason=outcome.reason)", "fail", reason, (1,))


def test_an_exception_is_no_reason():
    """It is what the caller gets in place of one."""
    story = Story().ended("raised", error="KeyError: api_key=sk-aaaaaaaaaaaaaaaaaaaaaaa")
    found = invariants.terminates("reason").check(story.history)
    assert found.status == "fail"
    assert found.reason == "a run gave no reason for its end: it raised 'KeyError: api_key=[hidden]'"


def test_of_an_answer_that_was_not_recorded_nothing_is_known():
    """A live block does not see it unless it is told."""
    found = invariants.terminates("reason").check(Story(mode="live").ended().history)
    assert found.status == "unknown"
    assert "live.answer(...)" in found.reason


def test_a_run_that_is_under_way_has_not_ended():
    """That others have ended before says nothing about it."""
    story = Story().ended()
    story.call("search")
    found = invariants.terminates().check(story.history)
    reason = "1 run ended, and since then calls were begun that are still open"
    assert found == Verdict("terminates", "unknown", reason, (1,))


def test_an_ending_that_nobody_knows_is_no_pass():
    """The history was written by something else, or damaged."""
    history = History()
    history.append("note", at_s=0.0, data={"outcome": ["x"]})
    assert invariants.terminates().check(history).status == "unknown"


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": 5},
        {"reason": "a..b"},
        {"among": ["x"]},
        {"reason": "a", "among": "x"},
        {"reason": "a", "among": 5},
    ],
    ids=str,
)
def test_what_is_no_reason_is_refused(wrong):
    """Before anything runs, with an example."""
    with pytest.raises(UsageError, match=r"^terminates\(.*(write for example|for example reason=)"):
        invariants.terminates(**wrong)
