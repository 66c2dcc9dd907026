"""Metrics: numbers of a history, each with the ops that it was counted from."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.figures.metrics import METRICS, Measured, Part, metric
from pytest_agentchaos.evidence.history import History


def measured(name: str, story: Story, **part: str) -> Measured:
    """The metric of a story, which is the same after it was saved."""
    found = metric(name)(Part(story.history, **part))
    assert metric(name)(Part(History.from_jsonl(story.history.to_jsonl()), **part)) == found
    return found


@pytest.mark.parametrize("name", METRICS)
def test_of_nothing_there_is_nothing(name):
    """No metric divides by zero, or takes the most of none."""
    assert measured(name, Story()) == (0, (), (), "")


# -- tokens and cost -------------------------------------------------------------------------------------------------


def test_an_answer_that_was_lost_was_paid_for():
    """The model truly gave it, and the caller never saw it."""
    story = Story()
    call = story.ask("x").fault("drop_response").delivered("y", usage={"input_tokens": 10, "output_tokens": 5})
    call.info()
    assert measured("tokens", story) == (15, (2,), (), "")


def test_an_answer_that_a_fault_made_up_was_not():
    """No model ever saw the call."""
    story = Story()
    story.ask("x").fault("refusal").ok("no", usage={"input_tokens": 10, "output_tokens": 5})
    assert measured("tokens", story) == (0, (), (), "")


def test_a_request_that_was_delivered_twice_was_paid_for_twice():
    """Whatever the caller got."""
    story = Story()
    usage = {"input_tokens": 10, "output_tokens": 5}
    story.ask("x").fault("duplicate").delivered("y", usage=usage).delivered("y", usage=usage).ok("y", usage=usage)
    assert measured("tokens", story) == (30, (2, 3), (), "")


@pytest.mark.parametrize("end", [lambda call: call.info(), lambda call: call.ok("cut"), lambda call: None])
def test_what_may_have_been_spent_and_nobody_told_is_unread(end):
    """A timeout, a stream without usage, a call that is still open."""
    story = Story()
    end(story.ask("x"))
    for name in ("tokens", "input_tokens", "output_tokens", "cost"):
        assert len(measured(name, story).unread) == 1


def test_errors_and_refused_connections_are_free():
    """The model did nothing."""
    story = Story()
    story.ask("x").refused(429)
    story.ask("x").fail()
    story.ask("x").fault("hang").info()
    assert measured("tokens", story) == (0, (), (), "")


def test_cached_tokens_have_a_price_of_their_own():
    """They are part of the input."""
    story = Story().note(prices={"gpt-*": [1, 10, 0.1]})
    story.ask("x").ok("y", usage={"input_tokens": 1_000_000, "output_tokens": 100_000, "cached_tokens": 600_000})
    assert measured("cost", story) == (0.4 + 0.06 + 1, (2,), (), "")


def test_the_last_prices_of_a_history_count():
    """And the default ones where it has none."""
    story = Story()
    story.ask("x").says("y", tokens=(1_000_000, 0))
    assert measured("cost", story).value == 1.25
    assert measured("cost", story.note(prices={"gpt-5": [2, 2]}).note(prices={"gpt-5": [3, 3]})).value == 3


@pytest.mark.parametrize("prices", [5, {}, {"gpt-5": "x"}, {"gpt-5": [-1, 2]}, {"": [1, 2]}], ids=str)
def test_prices_that_cannot_be_read_make_the_cost_unknown(prices):
    """Whether or not there is a model to pay for."""
    found = measured("cost", Story().note(prices=prices))
    assert found.why.startswith("the history's prices cannot be read: prices")


def test_sums_of_money_have_no_dust():
    """A tenth and two tenths are three tenths."""
    story = Story().note(prices={"a": [0.1, 0], "b": [0.2, 0]})
    for model in ("a", "b"):
        story.ask(model=model).says("y", tokens=(1_000_000, 0))
    assert measured("cost", story).value == 0.3


def test_models_without_a_price_are_named():
    """Three of them, and how many others there are."""
    story = Story()
    for number in range(5):
        story.ask(model=f"own-{number}").says("y", tokens=(1, 1))
    assert "no price for 'own-0', 'own-1', 'own-2' ... and 2 others" in measured("cost", story).why


# -- repetition ------------------------------------------------------------------------------------------------------


def test_handshakes_of_mcp_are_no_retries():
    """Each connection begins with the same one."""
    story = Story()
    for _ in range(5):
        story.listed({"name": "x"})
    assert (measured("retries", story).value, measured("amplification", story).value) == (0, 0)
    assert measured("calls", story).value == 5


def test_amplification_counts_attempts_and_deliveries():
    """Two distinct calls: one is made three times, one is delivered twice by a fault."""
    story = Story()
    for _ in range(3):
        story.call("search").refused()
    story.call("book").fault("duplicate").delivered().delivered().ok()
    assert measured("amplification", story) == (2.5, (2, 4, 6), (), "")


def test_an_attempt_that_never_arrived_was_sent_all_the_same():
    """It counts once, like any other."""
    story = Story()
    story.call("search").fault("drop_request").info()
    story.call("search").ok()
    assert measured("amplification", story) == (2, (3,), (), "")


# -- errors, steps, time, and what is open at once -------------------------------------------------------------------


def test_a_call_without_what_was_asked_for_is_an_error():
    """By its ending, its status, or the word of the tool; an open one is none yet."""
    story = Story()
    for end in ("ok", "refused", "failed", "info", "fail"):
        getattr(story.call(end), end)()
    story.call("open")
    assert measured("errors", story) == (4, (2, 4, 6, 8), (), "")


def test_steps_are_what_an_agent_does():
    """Models, tools and agents; no plain HTTP, and no handshake."""
    story = Story()
    story.ask("x").says("y")
    for kind in ("tool", "agent", "http", "rpc", "tcp"):
        story.call(kind, kind=kind).ok()
    assert measured("steps", story) == (3, (0, 2, 4), (), "")


def test_calls_are_concurrent_while_they_are_open():
    """The ops are those that were open at the moment when there were most."""
    story = Story()
    first, second = story.call("a"), story.call("b")
    first.ok()
    third, _ = story.call("c"), story.call("d")
    second.ok()
    third.ok()
    story.call("e")
    assert measured("concurrent_calls", story) == (3, (1, 3, 4), (), "")
    assert measured("concurrent_calls", story, of="[abe]") == (2, (0, 1), (), "")


def test_a_run_takes_until_it_ends():
    """What arrives later, and whoever looks at the world, takes none of its time."""
    story = Story()
    call = story.call("a").fault("late_delivery")
    call.wait(3).info()
    story.ended().wait(60)
    call.delivered()
    story.note(world="seat", rows=[])
    assert measured("duration_s", story) == (3, (3,), (), "")
    story.call("b").wait(2).ok()
    assert measured("duration_s", story) == (65, (7,), (), "")


def test_a_part_takes_from_its_first_call_to_its_last():
    """One that is open may take for ever."""
    story = Story().wait(10)
    story.call("a").wait(5).ok()
    story.call("b").wait(5).ok()
    story.call("a").wait(1).ok()
    assert measured("duration_s", story, of="a") == (11, (5,), (), "")
    story.call("a")
    assert measured("duration_s", story, of="a").unread == (6,)


def test_a_large_history_takes_a_time_in_proportion():
    """All calls open at once, or all the same, is no worse than others."""
    story = Story()
    calls = [story.call("a") for _ in range(20_000)]
    for call in calls:
        call.ok()
    for name in METRICS:
        measured = metric(name)(Part(story.history))
        assert len(measured.ops) <= 20_000
    assert metric("concurrent_calls")(Part(story.history)).value == 20_000
