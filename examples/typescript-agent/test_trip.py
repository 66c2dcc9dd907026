"""The traveller gets one seat, whatever becomes of the model: the catalogue's scenarios, on an agent in TypeScript."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_agentchaos import faults, invariants, on, scenario
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.system import System

TOO_LONG = {
    "rate-limited": "the model turns everything away for eight seconds",
    "quota-used-up": "the package itself waits for three seconds before it believes that",
    "refuses-always": "each of the model's answers takes a second",
    "drips": "each event takes twenty seconds",
    "slow-first-token": "each answer takes forty seconds",
}
"""What costs more real time than a test should: in virtual time it costs none."""
CALLS = 3
"""So often the agent asks the model: what happens to a later call happens to nobody."""
SEATS = {"flight": {"type": "string"}, "traveller": {"type": "string"}, "seats": {"type": "integer"}}
BODY = {"type": "object", "properties": SEATS, "required": [*SEATS]}
API = {"POST /bookings": {"arguments": {"properties": {"body": BODY}}, "result": {"required": ["booking"]}}}
"""What the airline's API takes and gives: plain HTTP does not say it of itself."""


def plans(family: str) -> Iterator[Any]:
    """The trials of a family of the catalogue that can be had in a few real seconds."""
    for path in scenario.files(scenario.shipped() / family):
        for name, plan in scenario.load(path, resolve=False).cases(resolve=False):
            reached = all((rule.selector.nth or 1) <= CALLS for rule in plan.schedule)
            if reached and plan.scenario not in TOO_LONG:
                yield pytest.param(plan, id=f"{plan.scenario}{name.removeprefix('usual')}")


def verify(agentchaos: Any, agent: Any, plan: Plan) -> None:
    """What the scenario says must hold, and: who is told that they fly has one seat."""
    asked = [replace(one, tools=API) if isinstance(one, invariants.valid_messages) else one for one in plan.invariants]
    plan = replace(plan, system=System.of(lambda: agent), mode="live", invariants=tuple(asked))
    result = perform(plan, chaos=agentchaos).result
    assert result.status == "pass", result.why
    assert len(agent.airline.sold) == (1 if result.ended in {"completed", "degraded"} else 0)


@pytest.mark.parametrize("plan", [*plans("model")])
def test_what_a_model_may_do(agentchaos, start, plan):
    silent = any(isinstance(rule.fault, faults.Hang) for rule in plan.schedule)
    verify(agentchaos, start(hasty=silent), plan)


@pytest.mark.parametrize("plan", [*plans("streams")])
def test_what_becomes_of_its_streams(agentchaos, start, plan):
    verify(agentchaos, start("--stream"), plan)


@pytest.mark.parametrize("stream", [(), ("--stream",)], ids=["whole", "stream"])
def test_a_lost_answer_is_asked_for_again_with_the_same_key(agentchaos, start, stream):
    agent = start(*stream)
    agent.introduce(agentchaos)
    agentchaos.inject(faults.DropResponse(), on.http("POST /bookings", nth=1))
    with agentchaos.live() as live:
        live.answer(agent.take())
    agentchaos.check(invariants.no_duplicate_effect(), invariants.world_agrees())
    assert len(agent.airline.sold) == 1


def test_without_a_key_the_traveller_has_two_seats(agentchaos, start):
    """What the key is for: the same fault, and the invariant finds it."""
    agent = start("--no-idempotency-key")
    agent.introduce(agentchaos)
    agentchaos.inject(faults.DropResponse(), on.http("POST /bookings", nth=1))
    with agentchaos.live() as live:
        live.answer(agent.take())
    with pytest.raises(pytest.fail.Exception, match=r"was executed \d+ times"):
        agentchaos.check(invariants.no_duplicate_effect())
    assert len(agent.airline.sold) > 1
