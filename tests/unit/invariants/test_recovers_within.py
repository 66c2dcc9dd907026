"""recovers_within: once the last fault has acted, the run ends well, and soon."""

from __future__ import annotations

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.verdict import Verdict

JUDGE = invariants.recovers_within(30)
ACTED = "the last fault, 'drop_response', acted at 5 s"


def faulted(story: Story | None = None) -> Story:
    """A search whose answer is lost at 5 s, and again at 25 s that works."""
    told = story or Story()
    told.wait(5).call("search").lost()
    told.call("search").wait(2).ok()
    return told


def test_a_run_that_completes_soon_has_recovered():
    """Counted from when the last fault began to act, also after the history was saved."""
    told = faulted().ended().history
    expected = Verdict("recovers_within(30 s)", "pass", f"{ACTED}, and the run completed 22 s later")
    assert JUDGE.check(told) == JUDGE.check(History.from_jsonl(told.to_jsonl())) == expected


@pytest.mark.parametrize(("seconds", "status"), [(22, "pass"), (21.999, "fail"), (0, "fail")])
def test_the_limit_itself_is_still_within(seconds, status):
    """A moment later is not."""
    assert invariants.recovers_within(seconds).check(faulted().ended().history).status == status


@pytest.mark.parametrize(
    ("ending", "error", "reason"),
    [("raised", "KeyError: 'x'", "raised: \"KeyError: 'x'\""), ("hung", "HungError: y", "hung: 'HungError: y'")],
)
def test_a_run_that_does_not_complete_has_not_recovered(ending, error, reason):
    """However soon."""
    found = JUDGE.check(faulted().ended(ending, error=error).history)
    assert found == Verdict("recovers_within(30 s)", "fail", f"{ACTED}, and the run {reason}", (1, 6))


def test_without_a_fault_there_is_nothing_to_recover_from():
    """Which the user should know, since nothing was tried."""
    story = Story()
    story.call("search").ok()
    found = JUDGE.check(story.ended().history)
    reason = "no fault acted, so there was nothing to recover from: inject one that fires"
    assert found == Verdict("recovers_within(30 s)", "unknown", reason)


def test_a_run_that_has_not_ended_may_recover_yet():
    """Even though an earlier one did."""
    found = JUDGE.check(faulted(faulted().ended()).history)
    assert (found.status, found.reason) == (
        "unknown",
        "the last fault, 'drop_response', acted at 32 s, and no run has ended since",
    )


def test_each_run_is_judged_by_its_own_faults():
    """One that met none does not count, and one that is too slow decides."""
    story = faulted().ended().wait(500).ended()
    assert JUDGE.check(story.history).passed
    found = JUDGE.check(faulted(story).wait(60).ended().history)
    assert (found.status, found.ops) == ("fail", (9, 14))


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ({"end": {"reason": "degraded"}}, "pass", ""),
        ({"end": {"reason": "escalated"}}, "fail", ", but end.reason is 'escalated', not 'completed', 'degraded'"),
        ({"end": {}}, "fail", ", but there is no end.reason in the answer"),
        ("text", "fail", ", but there is no end.reason in the answer"),
        (None, "unknown", ", but what it answered was not recorded"),
    ],
    ids=str,
)
def test_a_right_answer_can_be_asked_for(answer, status, reason):
    """By places and the values that are right there."""
    judge = invariants.recovers_within(30, answer={"end.reason": ["completed", "degraded"]})
    found = judge.check(faulted().ended(answer=answer).history)
    assert (found.status, found.reason) == (status, f"{ACTED}, and the run completed 22 s later{reason}")


@pytest.mark.parametrize("at_s", [float("nan"), float("inf"), 1.0])
def test_a_clock_that_runs_backwards_or_shows_no_number_proves_nothing(at_s):
    """An unknown, and no pass."""
    told = faulted()
    told.now_s = at_s
    assert JUDGE.check(told.ended().history).status == "unknown"


def test_a_damaged_fault_or_ending_is_no_pass():
    """Whatever stands in the history."""
    story = Story()
    story.history.append("fault", at_s=0.0, of=99, data={"fault": {"x": 1}})
    assert JUDGE.check(story.note(outcome=5).history).status == "unknown"


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), 10**400, True, "30", None], ids=lambda v: str(v)[:9])
def test_what_is_no_time_is_refused(wrong):
    """Before anything runs."""
    with pytest.raises(UsageError, match="a number of seconds, 0 to 1e9, is due; write for example 30"):
        invariants.recovers_within(wrong)


@pytest.mark.parametrize("wrong", ["reason", {}, {"": ["a"]}, {5: ["a"]}, ["reason"]], ids=str)
def test_what_says_nothing_about_an_answer_is_refused(wrong):
    """With an example."""
    with pytest.raises(UsageError, match=r"write for example recovers_within\(answer="):
        invariants.recovers_within(3, answer=wrong)
