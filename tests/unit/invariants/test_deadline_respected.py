"""deadline_respected: whatever happens, it is over in time."""

from __future__ import annotations

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History


def judged(story, seconds=30.0, **parameters):
    """The verdict, which is the same of the saved history."""
    invariant = invariants.deadline_respected(seconds, **parameters)
    found = invariant.check(story.history)
    assert invariant.check(History.from_jsonl(story.history.to_jsonl())) == found
    return found


def run(*at_s, ended_s, ending="completed", story=None, name="search"):
    """A run that makes calls at these times after its beginning, and ends after so long."""
    story = story or Story()
    begun_s = story.now_s
    for moment_s in at_s:
        story.wait(begun_s + moment_s - story.now_s).call(name).ok([])
    return story.wait(begun_s + ended_s - story.now_s).ended(ending)


@pytest.mark.parametrize(
    ("ended_s", "expected"), [(29, "pass"), (30, "pass"), (31, "pass"), (31.1, "fail"), (500, "fail")]
)
@pytest.mark.parametrize("ending", ["completed", "raised"])
def test_a_run_has_to_end_in_time(ended_s, ending, expected):
    """By an answer or an error, a little grace included."""
    assert judged(run(0, 10, ended_s=ended_s, ending=ending)).status == expected


def test_the_verdict_says_how_long_it_took():
    """And points at the end."""
    found = judged(run(0, ended_s=45))
    assert (found.reason, found.ops) == ("it took 45 s, and 30 s are allowed, with 1 s of grace", (2,))
    assert judged(run(0, ended_s=12)).reason == "1 run took 12 s at most"
    assert judged(run(0, ended_s=45), grace_s=15).passed


def test_a_call_that_begins_too_late_fails_without_any_grace():
    """Nobody waits for its answer."""
    assert judged(run(0, 30, ended_s=30)).passed
    found = judged(run(0, 30.5, ended_s=30.6))
    assert (found.status, found.ops) == ("fail", (2,))
    assert found.reason == "tool search @ tools.example/mcp began 30.5 s after the first call"


def test_of_many_calls_that_are_late_the_first_is_named():
    """And how many others there are."""
    found = judged(run(0, 40, 41, 42, ended_s=42))
    assert found.reason.startswith(
        "tool search @ tools.example/mcp began 40 s after the first call, and 2 others after"
    )
    assert found.ops[:3] == (2, 4, 6)


def test_whoever_cleans_up_may_do_so_later():
    """By the names that are given, one or several."""
    story = Story()
    story.call("book").ok([])
    story.wait(30.5).call("cancel_flight").ok([]).ended("raised")
    assert judged(story).status == "fail"
    for globs in ("cancel_*", ["undo", "cancel_*"], ("cancel_flight",)):
        assert judged(story, except_for=globs).passed


def test_a_system_that_hangs_has_no_end():
    """However little time had passed, and if it never called anybody."""
    assert judged(run(0, ended_s=1, ending="hung")).status == "fail"
    assert judged(Story().ended("hung")).status == "fail"


def test_time_begins_with_the_first_call():
    """What went before is not seen."""
    assert judged(run(100, 120, ended_s=125)).passed


def test_each_run_has_its_own_time():
    """The one that took too long is named."""
    story = run(0, 20, ended_s=25)
    story.wait(1000)
    assert judged(run(0, 20, ended_s=25, story=story)).passed
    found = judged(run(0, 20, ended_s=40, story=story))
    assert found.reason == "run 3: it took 40 s, and 30 s are allowed, with 1 s of grace"


def test_calls_after_the_end_are_told():
    """In time they are worth a word, and too late they are a failure."""
    story = run(0, ended_s=10)
    story.wait(5).call("audit").ok([])
    found = judged(story)
    assert (found.status, found.reason) == ("pass", "1 run took 10 s at most; 1 call began after the end, in time")
    story.wait(30).call("audit").ok([])
    assert judged(story).status == "fail"


def test_what_was_not_seen_is_unknown():
    """No run, no call, or a history that was cut short; a call that is too late already is enough to fail."""
    assert judged(Story()).status == "unknown"
    assert judged(Story().ended()).status == "unknown"
    story = Story()
    story.call("search").ok([])
    assert judged(story).status == "unknown"
    story.wait(31).call("search")
    assert judged(story).status == "fail"


@pytest.mark.parametrize("at_s", [float("nan"), float("inf"), -3.0])
def test_a_wrong_clock_is_unknown(at_s):
    """No time can be measured by it."""
    story = run(0, ended_s=10)
    story.history.append("invoke", at_s=at_s, call=story.history[0].call)
    assert invariants.deadline_respected(30).check(story.ended().history).status == "unknown"


@pytest.mark.parametrize("outcome", [5, None, "", ["hung"]], ids=str)
def test_an_end_of_a_strange_kind_is_an_end(outcome):
    """When it came is all that counts."""
    story = run(0, ended_s=45)
    story.history.append("note", at_s=45.0, data={"outcome": outcome})
    assert judged(story).status == "fail"


@pytest.mark.parametrize(
    "given",
    [
        {"seconds": -1},
        {"seconds": "30"},
        {"seconds": None},
        {"seconds": float("inf")},
        {"seconds": 30, "grace_s": True},
        {"seconds": 30, "except_for": 5},
        {"seconds": 30, "except_for": [1]},
    ],
    ids=str,
)
def test_wrong_parameters_are_refused(given):
    """Before anything runs, with the value and the remedy."""
    with pytest.raises(UsageError, match=r"deadline_respected\(\w+=.*write"):
        invariants.deadline_respected(**given)


def test_its_name_tells_the_deadline():
    """Two of them can be told apart."""
    assert invariants.deadline_respected(30).name == "deadline_respected(30)"
