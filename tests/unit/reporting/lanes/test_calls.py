"""A call as a bar: what was said on it, what faults made of it, which attempt it is."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles import Story


def only(timeline):
    """The call of a trial that has one."""
    (bar,) = timeline.bars
    return bar


def test_the_attempts_of_a_call_belong_together(drawn, twice):
    """Each says which of how many it is, and which was the first."""
    story, first, second = twice
    bars = [bar for bar in drawn(story).bars if bar.name == "book"]
    assert [(bar.attempt, bar.attempts, bar.series) for bar in bars] == [(1, 2, first), (2, 2, first)]
    assert bars[1].op == second


def test_a_call_is_marked_if_a_failing_verdict_points_at_any_of_its_ops(drawn, twice):
    """At its beginning, its end, a delivery or what it did."""
    story, first, _ = twice
    of_first = [op.index for op in story.history if op.of == first]
    for op in (first, *of_first):
        assert [bar.evidence for bar in drawn(story, op).bars] == [False, True, False]


def test_both_sides_of_a_lost_answer_are_kept(drawn, twice):
    """What the caller was told, and what the callee truly answered."""
    story, first, _ = twice
    bar = next(bar for bar in drawn(story).bars if bar.op == first)
    assert "ReadTimeout" in bar.answered
    assert bar.delivered == "id: B1"
    assert bar.reply.startswith("no answer: ReadTimeout")


STORIES = {
    "It was done, and the answer was lost: the caller does not know.": lambda call: call.lost(5, result=1),
    "The request never arrived, and no answer came.": lambda call: call.fault("drop_request").wait(9).info(),
    "The request never arrived: the caller was told so.": lambda call: call.fault("refused").fail(),
    "The request never arrived: the fault answered in its place.": lambda call: call.fault("overloaded").refused(),
    "The request arrived twice, and was carried out twice.": lambda call: (
        call.fault("duplicate").delivered(1).delivered(2).ok(1)
    ),
    "The request arrived and was answered; it took 4 s.": lambda call: (
        call.fault("latency", seconds=4).wait(4).delivered(1).ok(1)
    ),
    "The request arrived and was carried out; the answer that came back is not the one that was given.": lambda call: (
        call.fault("stale").delivered(1).ok(2)
    ),
    "The request arrived, and the answer was lost: the caller does not know.": lambda call: (
        call.fault("drop_response").delivered(None, status=500).wait(5).info()
    ),
}


@pytest.mark.parametrize("fate", STORIES)
def test_what_a_fault_made_of_a_call_is_told_by_what_was_seen_on_the_wire(drawn, fate):
    """Whatever the fault is called."""
    story = Story()
    STORIES[fate](story.call("book"))
    assert only(drawn(story)).fate == fate


def test_a_request_that_arrives_when_nobody_waits_is_told_as_late(drawn):
    """So much later, and whether it was carried out."""
    story = Story()
    call = story.call("book").fault("late_delivery", seconds=60)
    call.wait(2).info()
    story.wait(58)
    call.delivered({"id": 1})
    bar = only(drawn(story))
    assert bar.fate == "The request arrived 60 s late, when nobody waited for it any more, and was carried out."
    assert [delivery.late for delivery in bar.deliveries] == [True]


def test_a_call_without_faults_has_no_fate(drawn):
    """There is nothing to tell."""
    story = Story()
    story.call("book").ok({})
    assert only(drawn(story)).fate == ""


def test_of_a_conversation_only_the_news_are_told(drawn):
    """A model is told the whole of it with every call."""
    story = Story()
    first = [{"role": "user", "content": "one"}]
    story.ask(first, agent="a").says("two")
    story.ask([*first, {"role": "user", "content": "three"}], agent="a").says("four")
    one, other = drawn(story).bars
    assert "one" in one.asked
    assert "three" in other.asked
    assert '"one"' not in other.asked
    assert "1 earlier messages" in other.asked


def test_tokens_and_money_of_a_step_count_what_was_paid_for(drawn):
    """Also where the answer was lost on its way back."""
    story = Story()
    story.ask("?", model="gpt-5").says("hello", tokens=(1000, 100))
    lost = story.ask("?", model="gpt-5").fault("drop_response")
    lost.delivered("hello", usage={"input_tokens": 10, "output_tokens": 5, "cached_tokens": 0}).wait(5).info()
    timeline = drawn(story)
    assert [bar.tokens for bar in timeline.bars] == [(1000, 100), (10, 5)]
    assert timeline.tokens == 1115
    assert timeline.cost == pytest.approx((1010 * 1.25 + 105 * 10) / 1e6)
    assert timeline.currency == "USD"


def test_a_model_that_nobody_knows_the_price_of_has_no_cost(drawn):
    """A guess would be worse, and so would the sum of the others."""
    story = Story()
    story.ask("?", model="gpt-5").says("hello", tokens=(1000, 100))
    story.ask("?", model="home-made").says("hello", tokens=(1000, 100))
    assert drawn(story).cost is None
    assert drawn(story).tokens == 2200


def test_a_call_is_missing_in_the_trace_only_where_there_is_a_trace(drawn):
    """Without any span nothing is known."""
    story = Story()
    story.call("book").ok({})
    assert only(drawn(story)).traced is None
    story.span(
        "execute_tool search", attributes={"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
    )
    assert only(drawn(story)).traced is False
    story.span("execute_tool book", attributes={"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "book"})
    assert only(drawn(story)).traced is True


def test_what_all_calls_say_is_left_out_of_their_lines(drawn):
    """The name of the trip stands in every call, and tells none from another."""
    story = Story()
    for flight in ("LX1", "LX2", "LX3", "LX4"):
        story.call("hold", trip="t-1", flight=flight).ok({})
    assert [bar.gist for bar in drawn(story).bars] == [f"flight LX{number}" for number in range(1, 5)]


def test_megabytes_are_shortened_when_they_are_read_and_say_how_many_they_were(drawn):
    """Deep inside of an answer as well."""
    story = Story()
    story.call("read", path="x" * 5_000_000).ok({"pages": [{"text": "y" * 5_000_000}] * 3})
    bar = only(drawn(story))
    assert len(repr(bar)) < 20_000
    assert "5,000,000 characters in all" in bar.asked


def test_secrets_are_hidden_also_where_a_long_text_is_cut(drawn):
    """A history that was never saved still has them."""
    key = "sk-" + "a1b2" * 10
    story = Story()
    story.call("read", api_key="open sesame", text="x" * 3_990 + " " + key).ok(f"the key is {key}")
    told = repr(drawn(story))
    assert "open sesame" not in told
    assert "a1b2" not in told
