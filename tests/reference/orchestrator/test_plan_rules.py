"""What a plan must keep beyond its schema, and what comes of one that does not."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from reference_system.contracts.asks import AskPlan, Talk
from reference_system.contracts.manifest import load
from reference_system.contracts.plan import Plan
from reference_system.contracts.trip import Booked, Reason
from reference_system.model.brain import think
from reference_system.orchestrator.order import waits_of
from reference_system.orchestrator.plan_rules import complaints

HOTEL = Booked(
    booking="H-000001",
    domain="hotels",
    tool="book_hotel",
    step="stay",
    what="a hotel",
    item="H-LIS-1",
    first="2027-03-05",
    last="2027-03-07",
    names=("Ada",),
    amount_minor=10_000,
    currency="EUR",
    state="booked",
)


def ask(kind: str = "trip", earlier: tuple[Booked, ...] = ()) -> AskPlan:
    """What the planner was told."""
    return AskPlan(
        kind=kind,
        language="en",
        text="",
        talk=Talk(),
        user="Ada",
        today=date(2027, 3, 1),
        first_day=date(2027, 3, 1),
        last_day=date(2027, 5, 30),
        cities=("Lisbon", "Porto", "Zurich"),
        currency="EUR",
        travellers_at_most=9,
        nights_at_most=14,
        earlier=earlier,
    )


def step(name: str, task: dict[str, Any], *needs: str, required: bool = True) -> dict[str, Any]:
    """One step."""
    return {"id": name, "task": task, "needs": list(needs), "required": required}


def fly(**changes: Any) -> dict[str, Any]:
    """Out and back."""
    task = {
        "task": "fly",
        "origin": "Zurich",
        "destination": "Lisbon",
        "depart_on": "2027-03-05",
        "return_on": "2027-03-07",
        "travellers": ["Ada"],
    }
    return task | changes


def stay(**changes: Any) -> dict[str, Any]:
    """Two nights."""
    task = {
        "task": "stay",
        "city": "Lisbon",
        "check_in": "2027-03-05",
        "check_out": "2027-03-07",
        "guests": ["Ada"],
        "rooms": 1,
        "stars_at_least": None,
    }
    return task | changes


def ticket(*holds: str) -> dict[str, Any]:
    """Of these fly steps."""
    return {"task": "ticket", "holds_of": list(holds)}


def undo(booking: str = "H-000001", domain: str = "hotels") -> dict[str, Any]:
    """Of the earlier hotel."""
    return {"task": "undo", "booking": booking, "domain": domain}


def forecast(**changes: Any) -> dict[str, Any]:
    """Two days."""
    return {"task": "forecast", "city": "Lisbon", "first": "2027-03-05", "last": "2027-03-06"} | changes


def plan(*steps: dict[str, Any], **changes: Any) -> Plan:
    """Of these steps."""
    return Plan.model_validate(
        {"steps": list(steps), "budget_minor": None, "problem": None, "question": None} | changes
    )


GOOD = (step("fly", fly()), step("stay", stay()), step("ticket", ticket("fly"), "fly", "stay"))


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ("trip", GOOD),
        ("trip", (*GOOD, step("forecast", forecast(), required=False))),
        ("question", (step("forecast", forecast()),)),
        ("cancel", (step("undo", undo()),)),
        ("change", (step("stay", stay()), step("undo", undo(), "stay"))),
    ],
)
def test_a_plan_that_can_be_executed_has_no_complaints(kind, steps):
    """One of each kind."""
    assert complaints(plan(*steps), ask(kind, (HOTEL,)), load("v1").policy) == ()


@pytest.mark.parametrize(
    ("kind", "steps", "complaint"),
    [
        ("trip", (), "no steps and no problem"),
        ("trip", (*GOOD, step("fly", forecast())), "2 steps have the id 'fly'"),
        ("trip", (step("stay", stay(), "dinner"),), "needs 'dinner', which is no step"),
        ("trip", (step("a", stay(), "b"), step("b", stay(), "a")), "step 'a' needs itself, in a circle"),
        ("trip", (step("fly", fly()),), "are booked by 0 ticket steps"),
        ("trip", (step("fly", fly()), step("t", ticket("fly"))), "it has to need it"),
        ("trip", (*GOOD, step("t2", ticket("stay"), "stay")), "'stay', which is no fly step"),
        ("trip", (*GOOD, step("t2", ticket("fly"), "fly")), "are booked by 2 ticket steps"),
        ("trip", (step("undo", undo()),), "has no task 'undo'"),
        ("question", (step("stay", stay()),), "has no task 'stay'"),
        ("cancel", (step("undo", undo("H-000009")),), "undoes 'H-000009', which is none of H-000001"),
        ("cancel", (step("undo", undo(domain="flights")),), "is one of hotels"),
        ("cancel", (step("a", undo()), step("b", undo())), "undone 2 times"),
        ("change", (step("undo", undo()), step("stay", stay(), "undo")), "what cannot be taken back comes last"),
        ("trip", (step("stay", stay(city="Lisboa")),), "'Lisboa' is none of the cities; is it Lisbon?"),
        ("trip", (step("stay", stay(check_out="2027-03-05")),), "it lasts 0 nights"),
        ("trip", (step("stay", stay(check_out="2027-03-04")),), "ends on 2027-03-04, before it begins"),
        ("trip", (step("stay", stay(check_out="2027-03-30")),), "it lasts 25 nights; it has to be 1 to 14"),
        ("trip", (step("stay", stay(check_in="2027-02-28")),), "2027-02-28 is not between"),
        ("question", (step("forecast", forecast(last="2027-03-25")),), "at most 14 days"),
        ("trip", (step("fly", fly(destination="Zurich")),), "from Zurich to Zurich"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_so_that_it_can_be_mended(kind, steps, complaint):
    """Each rule, broken once."""
    found = complaints(plan(*steps), ask(kind, (HOTEL,)), load("v1").policy)

    assert any(complaint in each for each in found), found


def test_a_policy_that_takes_a_tool_away_makes_the_plan_impossible():
    """The complaint names agent and tool."""
    policy = load("v1").policy
    poorer = policy.model_copy(update={"tools": policy.tools | {"hotels": ("search_hotels",)}})

    assert complaints(plan(step("stay", stay())), ask(), poorer) == (
        "step 'stay': the agent 'hotels' may not call book_hotel",
    )


def test_more_people_than_a_trip_may_have_are_too_many():
    """The policy's number, not the schema's."""
    policy = load("v1").policy.model_copy(update={"travellers_at_most": 1})
    two = plan(step("stay", stay(guests=["Ada", "Ben"])))

    assert complaints(two, ask(), policy) == ("step 'stay': it is for 2; a trip is for 1 at most",)


def test_a_stay_waits_for_the_flights_and_for_the_stays_before_it():
    """It may spend what they leave."""
    waits = waits_of(
        plan(step("stay-1", stay()), step("stay-2", stay()), step("fly", fly()), step("ticket", ticket("fly"), "fly"))
    )

    assert waits["stay-1"] == ("fly",)
    assert waits["stay-2"] == ("fly", "stay-1")
    assert waits["ticket"] == ("fly",)


def test_an_undo_waits_for_everything_that_is_required():
    """Also if the plan does not say so."""
    assert waits_of(plan(step("undo", undo()), step("stay", stay())))["undo"] == ("stay",)


def test_no_wait_is_added_that_would_make_a_circle():
    """A flight that needs a hotel goes before its own money."""
    waits = waits_of(plan(step("stay", stay()), step("fly", fly(), "stay")))

    assert waits == {"stay": (), "fly": ("stay",)}


def test_a_planner_that_is_told_what_is_wrong_mends_it(world):
    """The second plan is executed; the complaint was in the second ask."""

    def careless(asked):
        found = json.loads(asked.last_user) if asked.last_user.startswith('{"ask":"plan"') else {}
        if not found or found["complaints"]:
            return think(asked)
        return plan(step("stay", stay(city="Lisboa"))).model_dump_json()

    scene = world(think=careless)

    assert scene.run().reason is Reason.COMPLETED
    asks = [json.loads(call["input"]) for call in scene.messages("model_call") if '"ask":"plan"' in str(call["input"])]
    assert [len(each["complaints"]) for each in asks] == [0, 1]


def test_a_planner_that_never_mends_it_gives_the_trip_to_a_person(world, off):
    """Three tries; without escalation it fails."""

    def stubborn(asked):
        return (
            plan(step("stay", stay(city="Lisboa"))).model_dump_json()
            if "plan" in asked.last_user[:20]
            else think(asked)
        )

    scene = world(think=stubborn)

    assert scene.run().reason is Reason.ESCALATED
    assert "Lisboa" in scene.store.escalations()[0].why
    assert scene.model_calls == 4
    assert world(think=stubborn, hardening=off("escalation")).run().reason is Reason.FAILED


def test_a_model_that_declines_twice_is_taken_seriously(world):
    """A refusal by accident is asked again, a second one ends the trip."""
    from pytest_agentchaos import faults, on
    from pytest_agentchaos.schedule import rule

    once = world((rule(faults.Refusal(), on.model("*", nth=1)),)).run()
    always = world((rule(faults.Refusal(), on.model("*")),)).run()

    assert (once.reason, always.reason) == (Reason.COMPLETED, Reason.REFUSED)
