"""Attempts: which calls are one call that was made again, and which failures are trouble."""

from __future__ import annotations

import sys

import pytest

from pytest_agentchaos.doubles import Story
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.conduct.attempts import in_trouble, is_quantity, missing_end, series, wrong_clock
from pytest_agentchaos.evidence.history import History


def told(story):
    """Of each series, the ops with which its attempts begin, and whether that is sure; the same after saving."""
    found = [([one.index for one in each.attempts], each.sure) for each in series(story.history)]
    loaded = History.from_jsonl(story.history.to_jsonl())
    assert [([one.index for one in each.attempts], each.sure) for each in series(loaded)] == found
    return found


@pytest.mark.parametrize(
    "fails",
    [
        lambda call: call.refused(503),
        lambda call: call.refused(404),
        lambda call: call.failed("sold out"),
        lambda call: call.fail(),
        lambda call: call.info(),
    ],
    ids=["503", "404", "refusal", "fail", "info"],
)
def test_a_call_that_failed_and_is_made_again_is_one_series(fails):
    """However it failed; the pauses go from an end to the next beginning."""
    story = Story()
    fails(story.call("search", city="Rome"))
    fails(story.wait(1.5).call("search", city="Rome").wait(4))
    story.wait(3).call("search", city="Rome").ok([])
    assert [sure for _, sure in told(story)] == [True]
    assert series(story.history)[0].pauses_s == (1.5, 3.0)


def test_a_call_that_succeeded_is_not_made_again_but_once_more():
    """The next equal one is another wish."""
    story = Story()
    for _ in range(2):
        story.call("search").ok([])
    assert told(story) == [([0], True), ([2], True)]


@pytest.mark.parametrize(
    "other",
    [{"city": "Oslo"}, {"agent": "hotels"}, {"target": "elsewhere"}, {"kind": "http"}],
    ids=["arguments", "agent", "target", "kind"],
)
def test_what_is_not_equal_is_another_call(other):
    """Also an attempt that changes its arguments: nothing on the wire says that it is one."""
    story = Story()
    story.call("search", city="Rome", agent="flights").fail()
    story.call("search", **{"city": "Rome", "agent": "flights", **other}).ok([])
    assert len(told(story)) == 2


def test_equal_calls_under_way_together_are_two_series():
    """The second cannot be a repetition of the first, which had not failed yet; an open call is never repeated."""
    story = Story()
    first, second = story.call("search"), story.call("search")
    first.fail()
    second.ok([])
    story.call("search")
    story.call("search").ok([])
    assert told(story) == [([0, 4], True), ([1], True), ([5], True)]


def test_of_two_that_failed_nobody_knows_which_is_made_again():
    """They are told in the order in which they failed, as unsure."""
    story = Story()
    first, second = story.call("search"), story.call("search")
    second.fail()
    first.fail()
    story.call("search").ok([])
    story.call("search").ok([])
    assert told(story) == [([0, 6], False), ([1, 4], False)]


def test_a_run_that_ended_repeats_nothing_any_more():
    """The next run begins anew."""
    story = Story()
    story.call("search").fail()
    story.ended("raised").call("search").ok([])
    assert told(story) == [([0], True), ([3], True)]


@pytest.mark.parametrize("name", ["search", "flights__search", "flights.search"])
def test_what_a_model_asks_for_anew_is_a_new_call(name):
    """A repetition is the caller's own idea; whatever a framework puts before the name of the tool."""
    story = Story()
    story.call("search").fail()
    story.ask("again?").says("", (name, {}))
    story.call("search").fail()
    story.ask("and now?").says("", ("book", {}))
    story.call("search").ok([])
    assert told(story) == [([0], True), ([2], True), ([4, 8], True), ([6], True)]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (lambda call: call.ok([]), False),
        (lambda call: call.refused(500), True),
        (lambda call: call.refused(429), True),
        (lambda call: call.refused(408), True),
        (lambda call: call.refused(404), False),
        (lambda call: call.failed("sold out"), False),
        (lambda call: call.fail(), True),
        (lambda call: call.info(), True),
        (lambda call: call.info("CancelledError: its caller stopped waiting"), False),
        (lambda call: call.fault("hang").info("CancelledError: its caller stopped waiting"), True),
        (lambda call: call.fault("hang").info("the client gave up"), True),
        (lambda call: call.fault("tool_failure").fail("ToolCallError: no"), False),
        (lambda call: call, False),
    ],
    ids=[
        "ok", "500", "429", "408", "404", "refusal", "fail", "info", "cancelled", "cancelled under a fault",
        "given up under a fault", "refusal by a fault", "open",
    ],
)  # fmt: skip
def test_trouble_is_what_speaks_of_health(ends, expected):
    """A callee that says no is well, and a caller that loses interest says nothing unless a fault had made it wait."""
    story = Story()
    ends(story.call("search"))
    assert in_trouble(story.history.calls()[0]) is expected


@pytest.mark.parametrize(
    ("error", "expected"), [("ValueError: no such city", False), ("ConnectionRefusedError: [Errno 111]", True)]
)
def test_an_error_that_a_function_raises_is_its_answer(error, expected):
    """Unless it says that nobody could be reached."""
    story = Story()
    story.begin(Call("tool", "python", "search", wire="function")).fail(error)
    assert in_trouble(story.history.calls()[0]) is expected


@pytest.mark.parametrize("at_s", [float("nan"), float("inf"), -5.0])
def test_a_clock_that_cannot_be_right_is_told(at_s):
    """No number, or back in time; what other ops say of time is not asked."""
    story = Story()
    story.wait(1).call("search").ok([])
    assert wrong_clock(story.history) is None
    story.history.append("note", at_s=-1.0)
    assert wrong_clock(story.history) is None
    story.history.append("invoke", at_s=at_s, call=Call("tool", "t", "search"))
    reason, ops = wrong_clock(story.history)
    assert 3 in ops
    assert ("which is no time" in reason) == (at_s != -5.0)


def test_threads_that_write_a_little_late_are_no_wrong_clock():
    """In live mode an op may be written after a younger one."""
    history = History(mode="live")
    history.append("invoke", at_s=1.0, call=Call("tool", "t", "search"))
    history.append("invoke", at_s=0.95, call=Call("tool", "t", "search"))
    assert wrong_clock(history) is None


def test_a_history_has_an_end_when_its_run_has_one():
    """Without one, or with calls under way after it, more may have happened than it tells."""
    story = Story()
    story.call("search").ok([])
    assert missing_end(story.history)[0].startswith("no run has ended")
    story.ended()
    assert missing_end(story.history) is None
    story.call("search")
    assert missing_end(story.history) == ("the history was cut short: it ends while 1 calls are under way", (3,))


def test_a_quantity_is_a_finite_number_from_0_up():
    """Nothing that could not be added to a time."""
    assert all(map(is_quantity, (0, 0.5, 10**9)))
    assert not any(map(is_quantity, (-1, True, None, "5", float("nan"), float("inf"), 10**400, [1])))


def test_it_takes_one_pass():
    """Ten times the calls, of one kind and all failing together, take some ten times the work and not a hundred."""

    def work(count):
        """How many functions are called meanwhile."""
        story = Story()
        for _ in range(2):
            for call in [story.call("search") for _ in range(count)]:
                call.fail()
        story.history.calls()
        called = 0

        def count_one(_frame, event, _argument):
            nonlocal called
            called += event in {"call", "c_call"}

        before = sys.getprofile()
        sys.setprofile(count_one)
        try:
            assert len(series(story.history)) == count
        finally:
            sys.setprofile(before)
        return called

    assert work(2000) < 15 * work(200)
