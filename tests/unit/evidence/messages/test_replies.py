"""True replies: what the callee answered, whatever its caller saw."""

from __future__ import annotations

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.messages.replies import true_replies


def replies(story):
    """The true replies to the first call, as (op, result)."""
    return [(reply.op, reply.data.get("result")) for reply in true_replies(story.history.calls()[0])]


def test_without_a_fault_it_is_what_the_caller_got():
    """One call, one reply."""
    assert replies(Story().call("book").ok("B1")) == [(1, "B1")]


def test_under_a_fault_it_is_what_each_delivery_was_answered():
    """Whether or not the caller saw it."""
    call = Story().call("book").fault("schema_drift").delivered("B1").delivered("B2")
    assert replies(call.ok("broken")) == [(2, "B1"), (3, "B2")]


def test_what_a_fault_answered_in_place_of_the_callee_is_no_true_reply():
    """Nor is there one where none came."""
    assert replies(Story().call("book").fault("overloaded").refused(529)) == []
    assert replies(Story().call("book").info()) == []
    story = Story()
    story.call("book")
    assert replies(story) == []


def test_an_error_says_so_by_its_status_or_in_words():
    """A tool may fail with the status 200."""
    assert [
        true_replies(story.history.calls()[0])[0].is_error
        for story in (Story().call("a").ok(1), Story().call("a").refused(503), Story().call("a").failed())
    ] == [False, True, True]


def test_a_reply_that_nobody_read_says_why():
    """Too large to be kept, or of a dialect that failed."""
    unread = [
        true_replies(Story().call("a").ok(**data).history.calls()[0])[0].unread
        for data in ({}, {"bytes": 2_000_000}, {"unread": "ValueError: x"})
    ]
    assert unread == [None, "it is too large to be kept (2000000 bytes)", "it could not be read"]
