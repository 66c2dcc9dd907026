"""Compression with the embedded model, through its real client: what was said at first decides the plan at last."""

from __future__ import annotations

from datetime import date

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.trial import Trial
from reference_system.catalogue import CITIES
from reference_system.context.compression import compress
from reference_system.context.tokens import tokens_of
from reference_system.contracts.asks import AskPlan
from reference_system.contracts.manifest import load
from reference_system.contracts.plan import Plan
from reference_system.contracts.trip import Turn
from reference_system.hardening import Hardening
from reference_system.model.endpoint import ModelEndpoint
from reference_system.model.interface import Question
from reference_system.model.responses import ResponsesModel
from reference_system.settings import Settings
from reference_system.telemetry.null import NullTelemetry

SAID = (
    Turn(role="assistant", text="Welcome! What can I do for you?"),
    Turn(role="user", text="I want to fly from Zurich to Lisbon on 5 March 2027 for three nights, at most 900 euros."),
    *(
        Turn(
            role="assistant" if number % 2 else "user",
            text=f"And is it nice to walk around there in spring, or would rain be a nuisance? ({number})",
        )
        for number in range(1, 299)
    ),
)


def planned(allowance, *rules):
    """The conversation, compressed and planned in virtual time under these faults."""
    trial, manifest = Trial(rules), load("v1")
    trial.upstreams.declare("http://model.travel.local", ModelEndpoint())

    async def run():
        model = ResponsesModel(Settings(), manifest.errors, NullTelemetry(), Hardening())
        try:
            talk = await compress(SAID, model, manifest, allowance, names=tuple(CITIES))
            ask = AskPlan(
                kind="trip", language="en", text="So please book all of that.", talk=talk, user="Ada",
                today="2027-03-01", first_day="2027-03-01", last_day="2027-05-30", cities=tuple(CITIES), currency="EUR",
                travellers_at_most=9, nights_at_most=14,
            )  # fmt: skip
            question = Question("planner", manifest.prompt("planner"), ask.model_dump_json(), answer=Plan)
            return talk, (await model.ask(question, allowance)).parsed
        finally:
            await model.close()

    return trial.run(run)


@pytest.mark.parametrize(
    "rules",
    [(), (rule(faults.Refused(), on.model(times=4)),)],
    ids=["calm", "no compressor"],
)
def test_the_plan_is_what_was_asked_for_three_hundred_turns_ago(allowance, rules):
    """Also if the model does not answer while the conversation is compressed."""
    talk, plan = planned(allowance, *rules)
    assert (" | " in talk.summary) == bool(rules), "a summary by rules, when there is no model"
    assert tokens_of(talk) <= load("v1").workflow.conversation_tokens
    fly = next(step.task for step in plan.steps if step.task.task == "fly")
    assert (fly.origin, fly.destination) == ("Zurich", "Lisbon")
    assert (fly.depart_on, fly.return_on) == (date(2027, 3, 5), date(2027, 3, 8))
    assert plan.budget_minor == 90_000
