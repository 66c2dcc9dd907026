"""Reached: conditions that tell whether a suite has tried what it is there to try."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.conduct.reached import (
    breaker_opened,
    effect_was_undone,
    fallback_answered,
    fault_was_masked,
    partial_answer,
    retry_succeeded,
)
from pytest_agentchaos.evidence.effects.deed import deeds
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.history import History


def holds(condition, story: Story) -> bool:
    """Whether it holds, also after the history was saved; of nothing it never does."""
    found = condition(story.history)
    assert condition(History.from_jsonl(story.history.to_jsonl())) is found
    assert condition(History()) is False
    return found


def test_a_retry_succeeds_when_the_same_call_fails_first():
    """Other arguments, or a success before the failure, are no retry."""
    story = Story()
    story.call("book", n=1).ok()
    story.call("book", n=1).failed()
    story.call("book", n=2).ok()
    assert not holds(retry_succeeded, story)
    story.call("book", n=1).refused()
    assert not holds(retry_succeeded, story)
    story.call("book", n=1).ok()
    assert holds(retry_succeeded, story)


def test_a_call_that_was_begun_before_the_other_failed_is_no_retry():
    """Two at once."""
    story = Story()
    first, second = story.call("book"), story.call("book")
    first.fail()
    second.ok()
    assert not holds(retry_succeeded, story)


def test_a_fault_is_masked_when_the_run_completes():
    """Without a fault there is nothing to mask, and raising is no mask."""
    story = Story().ended()
    story.call("book").lost()
    assert not holds(fault_was_masked, story)
    assert not holds(fault_was_masked, story.ended("raised", error="x"))
    story.call("book").lost()
    assert holds(fault_was_masked, story.ended())


def test_a_fallback_answers_after_the_primary_has_failed():
    """In the same run, and after it."""
    condition = fallback_answered("gpt-*", "claude*")
    story = Story()
    story.ask(model="claude-x").says("first")
    story.ask(model="gpt-5").refused(529)
    story.ask(model="claude-x").refused(529)
    assert not holds(condition, story)
    story.ended()
    story.ask(model="claude-x").says("in another run")
    assert not holds(condition, story)
    story.ask(model="gpt-5").refused(529)
    story.ask(model="claude-x").says("now")
    assert holds(condition, story)


def test_a_fallback_may_be_another_server():
    """Globs fit the names or the targets of calls."""
    story = Story()
    story.call("search", target="a.example").fail()
    story.call("search", target="b.example").ok()
    assert holds(fallback_answered("a.*", "b.*"), story)
    assert not holds(fallback_answered("b.*", "a.*"), story)


def test_an_answer_is_partial_when_some_of_it_is_there():
    """All of it or nothing is not, and a run that raised gives none."""
    condition = partial_answer("flights.*", "hotels.*")
    assert not holds(condition, Story().ended(answer={"flights": ["a"], "hotels": ["b"]}))
    assert not holds(condition, Story().ended(answer={"flights": [], "hotels": []}).ended(answer="text").ended())
    assert holds(condition, Story().ended(answer={"flights": ["a"], "hotels": []}))


def failures(count: int, story: Story | None = None) -> Story:
    """So many failures in a row of calls to one server."""
    told = story or Story()
    for _ in range(count):
        told.call("search", target="a").refused()
    return told


def test_a_breaker_opens_when_a_target_is_left_alone_after_failures():
    """While calls to others go on."""
    story = failures(3)
    story.call("search", target="b").ok()
    assert not holds(breaker_opened(), story)
    story.wait(5).call("search", target="b").ok()
    assert holds(breaker_opened(), story)
    assert not holds(breaker_opened(4), story)
    assert not holds(breaker_opened(rest_s=6), story)


def test_going_on_to_call_it_is_no_breaker():
    """However many others are called in between."""
    story = failures(3)
    for _ in range(9):
        failures(1, story.wait(4))
        story.call("search", target="b").ok()
    assert not holds(breaker_opened(), story)


def test_waiting_with_everything_is_no_breaker():
    """Nobody was called."""
    story = failures(3).wait(60)
    story.call("search", target="a").ok()
    assert not holds(breaker_opened(), story)


def test_a_success_closes_it_and_a_run_begins_anew():
    """What failed in the run before is forgotten."""
    story = failures(3)
    story.call("search", target="a").ok()
    story.wait(60).call("search", target="b").ok()
    assert not holds(breaker_opened(), story)
    failures(3, story).ended()
    story.wait(60).call("search", target="b").ok()
    assert not holds(breaker_opened(), story)


def test_an_effect_is_undone_when_the_ledger_says_so():
    """By declarations; an undoing that failed undid nothing."""
    seat = Effect("seat", tool="book", key="flight", id="result.booking", undo="cancel")

    def booked(*, cancelled: bool) -> Story:
        story = Story()
        story.call("book", flight="LX1").ok({"booking": "B1"})
        call = story.call("cancel", booking="B1")
        call.ok({}) if cancelled else call.failed()
        for exchange in story.history.calls():
            for deed in deeds(exchange, [seat]):
                story.history.append("effect", at_s=0.0, of=deed.op, data=deed.to_data())
        return story.ended()

    assert holds(effect_was_undone, booked(cancelled=True))
    assert not holds(effect_was_undone, booked(cancelled=False))


@pytest.mark.parametrize(
    "make",
    [
        lambda: fallback_answered("", "x"),
        lambda: fallback_answered("x", 5),
        lambda: partial_answer("a"),
        lambda: partial_answer("a", "b..c"),
        lambda: breaker_opened(0),
        lambda: breaker_opened(3, rest_s=-1),
    ],
)
def test_wrong_parameters_are_refused(make):
    """Before anything runs."""
    with pytest.raises(UsageError, match="due"):
        make()
