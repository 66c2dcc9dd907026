"""The temperaments, in the roles without tools."""

from __future__ import annotations

import json

import pytest

from reference_system.contracts.asks import AskPlan
from reference_system.contracts.manifest import load
from reference_system.contracts.plan import Plan
from reference_system.model.brain import MODELS, think
from reference_system.orchestrator.plan_rules import complaints

TEXTS = [f"From Zurich to Lisbon from {day} to {day + 3} March for Ada and Ben." for day in range(3, 20)]


def test_there_is_a_model_for_each_temperament():
    """Their names are what the endpoint offers."""
    assert MODELS == ("travel-steady", "travel-sloppy", "travel-looping", "travel-terse")


def test_a_name_that_tells_no_temperament_is_a_steady_models(planned):
    """Such as that of a real model."""
    assert planned(TEXTS[0], model="gpt-5") == planned(TEXTS[0])


@pytest.mark.parametrize("text", TEXTS)
def test_a_sloppy_plan_breaks_a_rule_once_and_is_whole_when_that_was_said(text, request_for, ask_plan, planned):
    """The mended plan is that of a steady model."""
    ask = ask_plan(text)
    said = think(request_for(ask, model="travel-sloppy"))
    wrong = complaints(_plan_in(said), AskPlan.model_validate(ask), load("v1").policy)
    assert any("confirmation" in what for what in wrong)
    mended = think(request_for({**ask, "complaints": list(wrong)}, model="travel-sloppy"))
    assert _plan_in(mended) == planned(text)


def test_a_sloppy_model_wraps_some_of_its_answers(request_for, ask_plan):
    """Some in a code fence, some in chatter, some not; each holds exactly one object."""
    said = [think(request_for(ask_plan(text), model="travel-sloppy")) for text in TEXTS]
    assert any(text.startswith("```json") for text in said)
    assert any(text.startswith("Sure!") for text in said)
    assert any(text.startswith("{") for text in said)
    assert all(_plan_in(text) for text in said)


def test_a_terse_plan_has_no_optional_steps(planned, outline):
    """And needs none of them."""
    plan = planned(TEXTS[0], model="travel-terse")
    assert {step.id for step in plan.steps} == {"fly", "stay", "ticket"}
    assert outline(plan) == outline(planned(TEXTS[0]))


def test_a_terse_summary_is_one_line(request_for, booked):
    """With everything that must be in it."""
    ask = {
        "ask": "summary",
        "language": "en",
        "text": "",
        "reason": "completed",
        "bookings": [row.model_dump(mode="json") for row in booked],
        "missing": [],
        "problem": None,
        "question": None,
        "weather": [],
        "total_minor": 40_000,
        "currency": "EUR",
    }
    said = think(request_for(ask, model="travel-terse"))
    assert "\n" not in said
    assert all(row.booking in said for row in booked)


def _plan_in(text: str) -> Plan:
    start = text.index("{")
    value, _ = json.JSONDecoder().raw_decode(text, start)
    return Plan.model_validate_json(json.dumps(value))
