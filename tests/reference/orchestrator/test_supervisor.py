"""Who watches the specialists: repeated calls, ping-pong, endless turns, standstill."""

from __future__ import annotations

import pytest

from reference_system.agents.watch import Watch
from reference_system.contracts.manifest import load
from reference_system.contracts.plan import Forecast, Plan, PlanStep
from reference_system.contracts.trip import Reason
from reference_system.errors import StuckError
from reference_system.model.interface import FunctionCall
from reference_system.orchestrator.meter import CALLS_AT_MOST


def call(name: str, arguments: str = "{}") -> FunctionCall:
    """As the model asks for it; the id differs each time."""
    call.count = getattr(call, "count", 0) + 1
    return FunctionCall(f"call-{call.count}", name, arguments)


@pytest.fixture
def watch() -> Watch:
    """With the limits of v1: eight turns, each call twice at most."""
    return Watch(load("v1").workflow)


def test_the_same_call_for_the_third_time_is_a_loop(watch):
    """However its arguments are laid out."""
    watch.turn([call("search", '{"a": 1, "b": 2}')])
    watch.turn([call("search", '{"b":2,"a":1}')])
    with pytest.raises(StuckError, match="3th time"):
        watch.turn([call("search", '{ "a":1,"b":2 }')])


def test_another_conversation_about_the_step_may_look_once_for_itself(watch):
    """It knows nothing of the first one; but what a call has told twice, and once more, is known."""
    watch.begin()
    watch.turn([call("search")])
    watch.turn([call("search")])
    watch.begin()
    watch.turn([call("search")])
    with pytest.raises(StuckError, match="3th time"):
        watch.turn([call("search")])


def test_another_conversation_about_the_step_has_turns_of_its_own(watch):
    """That the first one took them all says nothing of the second."""
    for _ in range(2):
        watch.begin()
        for number in range(8):
            watch.turn([call("a", f'{{"n": {number}}}')])


def test_two_turns_that_alternate_are_ping_pong(watch):
    """A, B, A, B: each of them is still within what may be repeated."""
    for name in ("a", "b", "a"):
        watch.turn([call(name)])
    with pytest.raises(StuckError, match="in turns"):
        watch.turn([call("b")])


def test_a_turn_of_several_calls_that_is_repeated_once_is_no_ping_pong(watch):
    """Two holds that failed, and are asked for again."""
    watch.turn([call("a"), call("b")])
    watch.turn([call("a"), call("b")])


def test_arguments_that_are_no_json_are_compared_as_they_are(watch):
    """Garbage three times is a loop as well."""
    watch.turn([call("a", "{oops")])
    watch.turn([call("a", "{oops")])
    with pytest.raises(StuckError):
        watch.turn([call("a", "{oops")])


def test_a_step_has_so_many_turns(watch):
    """Also if each of them is new."""
    for number in range(8):
        watch.turn([call("a", f'{{"n": {number}}}')])
    with pytest.raises(StuckError, match="8 turns"):
        watch.turn([])


def test_a_looping_model_is_stopped_and_its_work_done_by_rules(world):
    """A handful of turns a step, instead of all that the trip may take."""
    scene = world(model="travel-looping")

    assert scene.run().reason is Reason.COMPLETED
    assert scene.model_calls < 30
    assert scene.calls("search_flights") == 4  # twice, once by simpler words, once by rules


def test_without_a_supervisor_a_looping_model_uses_up_the_whole_budget(world, off, truthful):
    """Nobody stops it before the trip's own limits do."""
    scene = world(model="travel-looping", hardening=off("supervisor"))

    answer = scene.run()

    assert answer.reason is Reason.BUDGET_EXHAUSTED
    truthful(scene, answer)


def test_nothing_is_endless_even_without_any_limit(world, off):
    """The last resort is a number of calls that no trip should ever see."""

    class Fast:
        def __init__(self, model):
            self.model = model
            self.asked = 0

        async def ask(self, question, allowance):
            self.asked += 1
            if self.asked > 3 and question.role == "flights":  # the rest of the loop, without the wire
                return last[0]
            last[:] = [await self.model.ask(question, allowance)]
            return last[0]

    last = []
    hardening = off("supervisor", "step_budget", "token_budget", "tool_budget")
    scene = world(model="travel-looping", hardening=hardening, wrap_model=Fast)

    answer = scene.run("From Zurich to Lisbon from 2027-03-05 to 2027-03-07 for Ada, flights only")

    assert answer.reason is Reason.BUDGET_EXHAUSTED
    assert f"{CALLS_AT_MOST} model calls" in scene.messages("decision")[0]["because"]


def circular(asked) -> str:
    """A plan in which two steps wait for each other."""
    task = Forecast.model_validate({"task": "forecast", "city": "Lisbon", "first": "2027-03-05", "last": "2027-03-06"})
    steps = (
        PlanStep(id="one", task=task, needs=("two",), required=True),
        PlanStep(id="two", task=task, needs=("one",), required=True),
    )
    return Plan(steps=steps, budget_minor=None, problem=None, question=None).model_dump_json()


def plans_in_circles(asked):
    """The rest of the mind is as usual."""
    from reference_system.model.brain import think

    return circular(asked) if '"ask":"plan"' in asked.last_user else think(asked)


def test_a_plan_in_circles_is_never_executed(world):
    """Three tries to mend it, then a person."""
    scene = world(think=plans_in_circles)

    answer = scene.run("How will the weather be in Lisbon on 2027-03-05?")

    assert answer.reason is Reason.ESCALATED
    assert "circle" in scene.messages("decision")[0]["because"]
    assert scene.model_calls == 4


def test_a_standstill_is_noticed(world, off):
    """The plan was not checked; the supervisor sees that nothing can start."""
    scene = world(think=plans_in_circles, hardening=off("validate_results"))

    answer = scene.run("How will the weather be in Lisbon on 2027-03-05?")

    assert answer.reason is Reason.ESCALATED
    assert "standstill: one, two" in scene.messages("decision")[0]["because"]


def test_without_a_supervisor_nobody_notices(world, off):
    """Nothing was done, and the trip does not say that it failed."""
    scene = world(think=plans_in_circles, hardening=off("validate_results", "supervisor"))

    assert scene.run("How will the weather be in Lisbon on 2027-03-05?").reason is Reason.DEGRADED
