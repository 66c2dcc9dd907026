"""no_deadlock: no run ends up waiting for ever."""

from __future__ import annotations

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.verdict import Verdict

JUDGE = invariants.no_deadlock()


def waiting(*pairs: tuple[str, str]) -> Story:
    """Agents that have called one another and got no answer."""
    story = Story()
    for caller, callee in pairs:
        story.call(callee, kind="agent", agent=caller)
    return story


def test_runs_that_ended_wait_for_nothing():
    """Also when they raised, and when something that they did not wait for is still open."""
    story = Story()
    story.call("search").ok()
    story.call("log")
    story.ended("raised", error="KeyError").ended()
    assert JUDGE.check(story.history) == Verdict("no_deadlock", "pass", "2 of 2 runs ended without waiting for ever")


def test_agents_that_wait_for_one_another_are_named():
    """Whoever only waits for one of them, or is waited for, is not in the ring."""
    story = waiting(("user", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("b", "leaf")).ended("hung")
    expected = "'a' waits for 'b', 'b' waits for 'c', 'c' waits for 'a'"
    assert JUDGE.check(story.history) == Verdict("no_deadlock", "fail", expected, (0, 1, 2, 3, 4, 5))
    assert JUDGE.check(History.from_jsonl(story.history.to_jsonl())).reason == expected


def test_an_agent_that_waits_for_itself_is_a_ring():
    """Of one."""
    assert JUDGE.check(waiting(("a", "a")).ended("hung").history).reason == "'a' waits for 'a'"


def test_without_a_ring_the_open_calls_are_told():
    """With the faults that keep them open."""
    story = Story()
    story.call("search").ok()
    story.wait(2).call("book").fault("hang")
    found = JUDGE.check(story.ended("hung").history)
    reason = "a run hung, waiting for tool 'book' (called at 2 s, under the fault 'hang')"
    assert found == Verdict("no_deadlock", "fail", reason, (2, 4))


def test_a_chain_of_agents_is_no_ring():
    """What the last of them waits for is."""
    story = waiting(("a", "b"), ("b", "c"))
    found = JUDGE.check(story.ended("hung").history)
    assert found.reason == "a run hung, waiting for agent 'b' (called at 0 s), agent 'c' (called at 0 s)"


def test_a_run_that_hangs_inside_the_process_is_told_as_such():
    """No call shows what it waits for."""
    found = JUDGE.check(Story().ended("hung").history)
    reason = "a run hung with no call open: it waits for something inside the process"
    assert found == Verdict("no_deadlock", "fail", reason, (0,))


def test_many_open_calls_are_told_in_part():
    """A reason is a sentence."""
    story = Story()
    for number in range(20):
        story.call("x" * 200, number=number)
    reason = JUDGE.check(story.ended("hung").history).reason
    assert reason.count("tool 'xxx") == 12
    assert reason.endswith("... and 8 others")
    assert len(reason) < 12 * 150


def test_of_a_run_that_is_under_way_nothing_is_known_yet():
    """A ring may still be broken by a timeout, so it is told and not judged."""
    found = JUDGE.check(waiting(("a", "b"), ("b", "a")).history)
    reason = "2 calls are still open and no run has ended since: 'a' waits for 'b', 'b' waits for 'a'"
    assert found == Verdict("no_deadlock", "unknown", reason, (0, 1))
    assert JUDGE.check(History()).status == "unknown"


def test_a_hundred_thousand_calls_are_judged_in_one_go():
    """A ring is found without trying every way round."""
    story = waiting(*((f"a{number}", f"a{number + 1}") for number in range(20_000)), ("a20000", "a0"))
    assert JUDGE.check(story.ended("hung").history).reason.startswith("'a0' waits for 'a1', 'a1' waits for 'a2'")


def test_calls_that_are_given_up_because_the_run_hangs_were_open():
    """The wires write that before the end of the run; what had ended earlier is not blamed."""
    story = Story()
    story.call("search").ok({})
    slow = story.call("forecast")
    slow.wait(20).info("ReadTimeout: nothing came")
    outer = story.call("booker", kind="agent", agent="planner")
    inner = story.call("planner", kind="agent", agent="planner/booker")
    inner.info("CancelledError: its caller stopped waiting")
    outer.info("CancelledError: its caller stopped waiting")
    verdict = invariants.no_deadlock().check(story.ended("hung", error="HungError").history)
    assert verdict.status == "fail"
    assert "'planner' waits for 'booker', 'booker' waits for 'planner'" in verdict.reason
    assert "forecast" not in verdict.reason
