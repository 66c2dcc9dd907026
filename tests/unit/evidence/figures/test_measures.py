"""Measures: one run in numbers, and what it cost to recover."""

from __future__ import annotations

import json

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.effects.deed import deeds
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.figures.measures import Effected, Latency, Measures, measure, recovery_cost
from pytest_agentchaos.evidence.figures.prices import Prices
from pytest_agentchaos.evidence.figures.spread import spread
from pytest_agentchaos.evidence.history import History

SEAT = Effect("seat", tool="book", key="flight", id="result.booking", undo="cancel")


def accounted(story: Story, *effects: Effect) -> Story:
    """Its effects are written into the history, as a trial writes them."""
    for exchange in story.history.calls():
        for deed in deeds(exchange, effects):
            story.history.append("effect", at_s=story.now_s, of=deed.op, data=deed.to_data())
    return story


def trip(*, lost: bool) -> Story:
    """A booking; when its answer is lost, it is made twice and one is cancelled."""
    story = Story().note(effects=["seat"])
    story.ask("book me a seat").wait(1).says("", ("book", {"flight": "LX1"}), tokens=(1000, 100))
    if lost:
        story.call("book", flight="LX1").lost(result={"booking": "B1"})
    story.call("book", flight="LX1").wait(2).ok({"booking": "B2"})
    if lost:
        story.call("cancel", booking="B1").wait(1).ok({})
        story.ask("what now?").wait(1).says("", tokens=(2000, 50))
    story.call("planner", kind="agent").ok("done")
    return accounted(story.ended(answer="Booked."), SEAT)


def test_a_run_in_numbers():
    """All of them from what crossed the wires, and the same after the history was saved."""
    told = trip(lost=True).history
    found = measure(told)
    assert found == Measures(
        outcome="completed",
        duration_s=25.0,
        calls=6,
        steps=6,
        model_calls=2,
        agent_calls=1,
        tool_calls={"book": 2, "cancel": 1},
        latency={
            "book": Latency(2, 2.0, 2.0, 20.0, 20.0, spread((2, 20))),
            "cancel": Latency(1, 1.0, 1.0, 1.0, 1.0, spread((1,))),
        },
        errors={"book": 1},
        retries=1,
        input_tokens=3000,
        output_tokens=150,
        cached_tokens=0,
        cost=0.00525,
        currency="USD",
        effects={"seat": Effected(done=2, undone=1, perhaps=0)},
        faults={"drop_response": 1},
        recovery_s=24.0,
    )
    assert measure(History.from_jsonl(told.to_jsonl())) == found


def test_of_nothing_there_is_nothing():
    """And it can be written as JSON."""
    found = measure(History())
    assert (found.outcome, found.calls, found.cost, found.recovery_s, found.effects) == (None, 0, 0, None, {})
    assert json.loads(json.dumps(found.to_data(), allow_nan=False)) == found.to_data()


def test_calls_that_the_trace_does_not_show_are_counted():
    """By kind and name, of those that it has to show; without any span nobody knows."""
    story = Story()
    story.call("search").wait(1).ok()
    story.span("execute_tool search", start_s=0.0, attributes={"gen_ai.tool.name": "search"})
    for _ in range(2):
        story.call("book").wait(1).ok()
    story.call("GET /health", kind="http").ok()
    found = measure(story.ended().history)
    assert (found.untraced, found.traced) == ({"tool book": 2}, 3)
    assert json.loads(json.dumps(found.to_data()))["untraced"] == {"tool book": 2}
    bare = measure(trip(lost=False).history)
    assert (bare.untraced, bare.traced) == (None, 0)


def test_what_a_crash_took_with_it_had_not_to_be_shown():
    """A process that a fault has ended took its open spans along."""
    story = Story()
    story.call("book")
    story.note(outcome="crashed")
    story.call("search").ok()
    story.span("execute_tool search", start_s=0.0, attributes={"gen_ai.tool.name": "search"})
    found = measure(story.ended().history)
    assert (found.untraced, found.traced) == ({}, 1)


def test_measures_are_json():
    """With names for the parts of what has parts."""
    data = measure(trip(lost=True).history).to_data()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["effects"] == {"seat": {"done": 2, "undone": 1, "perhaps": 0}}
    told = {"calls": 1, "min_s": 1.0, "median_s": 1.0, "p95_s": 1.0, "max_s": 1.0, "spread": list(spread((1,)))}
    assert data["latency"]["cancel"] == told


def test_latencies_are_those_of_calls():
    """Median and 95th percentile are the times of some call, by nearest rank."""
    story = Story()
    for seconds in range(20, 0, -1):
        story.call("search").wait(seconds).ok()
    story.call("search")
    assert measure(story.history).latency == {"search": Latency(20, 1.0, 10.0, 19.0, 20.0, spread(range(1, 21)))}


def test_what_nobody_knows_is_none():
    """Tokens that were not told, models without a price, a recovery that has not ended."""
    story = Story()
    story.ask("x").ok("cut")
    story.call("book").lost()
    found = measure(story.history)
    assert (found.input_tokens, found.output_tokens, found.cached_tokens, found.cost) == (None, None, None, None)
    assert (found.outcome, found.recovery_s) == (None, None)
    own = Story()
    own.ask(model="own").says("x", tokens=(1_000_000, 0))
    assert measure(own.history).cost is None
    listed = Prices.of({"own": [2, 2]}, currency="EUR")
    assert (measure(own.history, prices=listed).cost, measure(own.history, prices=listed).currency) == (2, "EUR")


def test_effects_that_perhaps_happened_are_told_apart():
    """Neither done nor not."""
    story = Story()
    story.call("book", flight="LX1").info()
    story.call("book", flight="LX2").ok({"booking": "B2"})
    assert measure(accounted(story.ended(), SEAT).history).effects == {"seat": Effected(1, 0, 1)}


@pytest.mark.parametrize("at_s", [float("nan"), float("inf"), -5.0])
def test_a_damaged_clock_leaves_no_number_that_is_none(at_s):
    """JSON has no word for them."""
    story = Story()
    story.call("a").fault("x").ok()
    index = story.call("b").fault("y").index
    story.history.append("ok", at_s=at_s, of=index)
    story.now_s = at_s
    json.dumps(measure(story.ended().history).to_data(), allow_nan=False)


# -- the difference --------------------------------------------------------------------------------------------------


def test_recovery_costs_the_difference():
    """And a good one leaves as much standing in the world as there would have been."""
    cost = recovery_cost(measure(trip(lost=True).history), measure(trip(lost=False).history))
    assert cost.to_data() == {
        "seconds": 22.0,
        "calls": 3,
        "steps": 3,
        "tokens": 2050,
        "cost": 0.003,
        "effects": {"seat": 0},
    }


def test_what_is_unknown_of_either_is_unknown_of_the_difference():
    """Nothing is guessed."""
    story = trip(lost=False)
    story.ask("x").ok("cut")
    story.call("book", flight="LX2").info()
    unknown, known = measure(accounted(story, SEAT).history), measure(trip(lost=False).history)
    for cost in (recovery_cost(unknown, known), recovery_cost(known, unknown)):
        assert (cost.tokens, cost.cost, cost.effects) == (None, None, {"seat": None})


def test_an_effect_that_only_one_of_them_had_counts_from_nothing():
    """Less is negative."""
    nothing, something = measure(Story().ended().history), measure(trip(lost=False).history)
    assert recovery_cost(something, nothing).effects == {"seat": 1}
    assert recovery_cost(nothing, something).effects == {"seat": -1}


def test_costs_in_two_currencies_cannot_be_compared():
    """There is no rate in a history."""
    told = trip(lost=False).history
    euros = measure(told, prices=Prices.of({"*": [1, 1]}, currency="EUR"))
    assert recovery_cost(euros, measure(told)).cost is None
    assert recovery_cost(euros, euros).cost == 0
