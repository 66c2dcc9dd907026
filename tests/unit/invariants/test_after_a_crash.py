"""A run that a crash has ended and the one in its place: what each invariant makes of them."""

from __future__ import annotations

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.conduct.reached import fault_was_masked
from pytest_agentchaos.evidence.effects.effect import Effect

SEAT = Effect("seat", tool="book", key=("flight",))
RESUMED_S = 60


def crash(story=None):
    """A story in which a booking was under way when the process ended."""
    story = Story() if story is None else story
    story.call("book", flight="TP-1").fault("crash").delivered({"id": 1}).info("its caller's process ended")
    return story.wait(5).ended("crashed")


def resumed(story=None, answer=None):
    """The same, and a second process that finds out and completes."""
    story = crash(story).wait(RESUMED_S)
    story.call("book", flight="TP-1").ok({"id": 1})
    return story.ended(answer={"text": "booked"} if answer is None else answer)


@pytest.mark.parametrize(
    "invariant",
    [
        invariants.terminates(),
        invariants.no_progress_loop(),
        invariants.at_most("calls", 9),
        invariants.degrades_gracefully({"text": ["search"]}),
        invariants.undone_if_failed(SEAT),
        invariants.no_orphan(SEAT),
        invariants.deadline_respected(100),
        invariants.recovers_within(100),
    ],
    ids=lambda invariant: invariant.name,
)
def test_while_the_system_is_down_nothing_is_proved(invariant):
    """Nobody started it again: more would follow. That is no failure of the system's."""
    verdict = invariant.check(crash().history)
    assert verdict.status == "unknown"
    assert "crashed" in verdict.reason or "no run has ended" in verdict.reason


def test_a_run_in_its_place_is_the_end_of_both():
    """And the reason for the end is asked of that one alone."""
    assert invariants.terminates().check(resumed().history).reason == "1 of 1 runs ended, after 1 restart"
    assert invariants.terminates("text", ["booked"]).check(resumed().history).passed


def test_the_deadline_goes_on_while_the_system_is_down():
    """The user waits all the time."""
    assert invariants.deadline_respected(100).check(resumed().history).passed
    verdict = invariants.deadline_respected(30).check(resumed().history)
    assert verdict.status == "fail"
    assert "65 s" in verdict.reason


def test_recovery_is_counted_from_the_crash_to_the_end_of_the_run_in_its_place():
    """A crash that was survived is a fault that was masked."""
    history = resumed().history
    assert invariants.recovers_within(70).check(history).passed
    assert invariants.recovers_within(30).check(history).status == "fail"
    assert fault_was_masked(history)
    assert not fault_was_masked(crash().history)


def test_parts_of_the_answer_are_asked_of_the_run_in_its_place():
    """What a fault met before the crash excuses what is missing after it."""
    parts = {"text": ["book"], "weather": ["forecast"]}
    assert invariants.degrades_gracefully(parts).check(resumed(answer={"weather": "sunny"}).history).passed
    verdict = invariants.degrades_gracefully(parts).check(resumed().history)
    assert verdict.status == "fail"
    assert "weather" in verdict.reason


def test_a_process_that_was_started_anew_may_ask_again():
    """It does not know what the one before was told; the same within one process is a loop."""
    story = Story()
    for ending in ("crashed", "crashed", "completed"):
        for _ in range(2):
            story.call("search", city="Lisbon").ok(["H-1"])
        story.ended(ending)
    assert invariants.no_progress_loop(repeats=2).check(story.history).passed
    for _ in range(4):
        story.call("search", city="Lisbon").ok(["H-1"])
    assert invariants.no_progress_loop(repeats=2).check(story.ended().history).status == "fail"


def test_an_approval_before_the_crash_still_counts():
    """It is one journey."""
    story = Story()
    story.call("approve").ok({"yes": True})
    story.ended("crashed").wait(9).call("pay").ok()
    policy = invariants.obeys_policy(approvals={"pay": {"tool": "approve", "approved_at": "yes"}})
    assert policy.check(story.ended().history).passed


def test_who_has_to_escalate_may_do_so_after_the_restart():
    """And if it never does, that is a failure."""
    told = Story()
    told.call("book").refused()
    told.ended("crashed").wait(9).call("ask_a_person").ok()
    assert invariants.escalates_after(1, to="ask_a_person").check(told.ended().history).passed
    told = Story()
    told.call("book").refused()
    told.ended("crashed").wait(9).call("search").ok()
    assert invariants.escalates_after(1, to="ask_a_person").check(told.ended().history).status == "fail"


def test_spans_that_were_open_at_the_crash_are_no_gap_of_the_trace():
    """They went with their process, and with them the parents of others; the time after it is asked as ever."""
    story = Story()
    story.call("search").ok()
    lost = Story().span("trip", span_id="f" * 16)
    story.span("execute_tool search", parent=lost)
    story.call("hold").info("its caller's process ended")
    story.ended("crashed").wait(9)
    root = story.span("trip", trace_id="2" * 32)
    call = story.call("book", traceparent=f"00-{root.trace_id}-{root.span_id}-01")
    call.ok()
    told = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "book"}
    story.span("execute_tool book", parent=root, attributes=told)
    assert invariants.complete_trace().check(story.ended().history).passed
    story.call("pay").ok()
    verdict = invariants.complete_trace().check(story.ended().history)
    assert verdict.status == "fail"
    assert "search" not in verdict.reason
