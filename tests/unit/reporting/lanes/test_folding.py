"""Long trials: what happened is drawn, the rest is told together."""

from __future__ import annotations

from pytest_agentchaos.doubles import Story

from .conftest import twice


def research(story, turns):
    """So many turns of asking a model and searching, to which nothing happens."""
    for turn in range(turns):
        story.ask(f"turn {turn}").says("", ("search", {"q": turn}))
        story.call("search", q=turn).ok({})
    return story


def test_a_short_trial_is_drawn_whole(drawn):
    """Nothing is left out as long as it can be read."""
    timeline = drawn(research(Story(), 40))
    assert (len(timeline.bars), timeline.left_out, timeline.folds) == (80, 0, ())


def test_of_a_long_trial_what_happened_is_drawn_with_what_was_around_it(drawn):
    """A double booking in the middle of a thousand searches; every call is drawn or counted."""
    story = research(Story(), 250)
    _, first, second = twice(story)
    timeline = drawn(research(story, 250), first)
    ops = [bar.op for bar in timeline.bars]
    assert first in ops
    assert second in ops
    assert len(ops) <= 80
    assert len(ops) + timeline.left_out == 1003
    assert timeline.folds[0].text.endswith("; all answered")
    assert timeline.folds[0].ways == ((0, 2), (0, 3))
    assert {mark.text for mark in timeline.marks} >= {"seat B1 done"}


def test_of_a_storm_of_retries_the_first_and_the_last_are_drawn(drawn):
    """The hundredth refusal tells no more than the third; the fold says that they failed, and why."""
    story = Story()
    for _ in range(200):
        story.call("book").fault("unavailable").refused().wait(1)
    timeline = drawn(story)
    assert [bar.attempt for bar in timeline.bars][:3] == [1, 2, 3]
    assert timeline.bars[-1].attempt == 200
    assert len(timeline.bars) < 30
    (fold,) = timeline.folds
    assert f"{fold.calls} of them failed; under unavailable" in fold.text


def test_where_something_happens_at_every_call_the_evidence_is_drawn_for_sure(drawn):
    """More events than lines: the first, the last, and what the verdict points at."""
    story = Story()
    for number in range(500):
        story.call("book", number=number).fault("unavailable").refused()
    wanted = story.history.calls()[250].index
    timeline = drawn(story, wanted)
    assert wanted in {bar.op for bar in timeline.bars}
    assert len(timeline.bars) <= 80
    assert len(timeline.bars) + timeline.left_out == 500
