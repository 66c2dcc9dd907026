"""Whole trips: each of the ways in which one can end, and what stands booked then."""

from __future__ import annotations

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from reference_system.contracts.trip import Reason

ADA = "From Zurich to Lisbon from 2027-03-05 to 2027-03-07 for Ada"


def dead(selector):
    """This is down, and stays down."""
    return (rule(faults.ErrorStatus(status=503), selector),)


def test_a_clean_weekend_is_completed_with_as_few_calls_as_it_takes(world, truthful):
    """Twelve turns of the model and eleven tool calls: no step asks the model once more after its task is done."""
    scene = world()

    answer = scene.run()

    assert answer.reason is Reason.COMPLETED
    assert [row.domain for row in answer.bookings].count("flights") == 2
    assert answer.itinerary
    assert len(answer.weather) == 3
    assert answer.total_minor == sum(row.amount_minor for row in answer.bookings) > 0
    assert scene.model_calls == 12
    assert sum(len(history.calls("*", kind="tool")) for history in scene.histories) == 11
    truthful(scene, answer)


@pytest.mark.parametrize("model", ["travel-steady", "travel-sloppy", "travel-looping", "travel-terse"])
def test_every_temperament_of_the_model_gets_the_same_trip_booked(world, truthful, model):
    """Mistakes are corrected, loops are cut and done by rules: what is booked is the same."""
    scene = world(model=model)

    answer = scene.run(ADA)

    assert answer.reason is Reason.COMPLETED
    assert sorted(row.domain for row in answer.bookings)[:3] == ["flights", "flights", "hotels"]
    truthful(scene, answer)


def test_what_is_not_essential_may_be_missing_and_is_said_to_be(world, truthful):
    """The weather service is down: the trip is degraded, and the answer names what is not there."""
    scene = world(dead(on.tool("get_forecast")))

    answer = scene.run()

    assert answer.reason is Reason.DEGRADED
    assert answer.missing == ("weather forecast for Lisbon",)
    assert "weather forecast for Lisbon" in answer.text
    assert len(answer.bookings) == 4
    truthful(scene, answer)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("I want to go to Lisbon", "missing_data"),
        ("From Zurich to Lisbon on 2027-03-10, back on 2027-03-05", "contradictory"),
        ("From Zurich to Reykjavik from 2027-04-02 to 2027-04-05 for Ada", "sold_out"),
        ("From Zurich to Venice from 2027-04-16 to 2027-04-18 for Ada", "sold_out"),
        (f"{ADA} under 200 euros", "over_budget"),
        (f"{ADA} under 320 euros", "over_budget"),
    ],
)
def test_what_the_user_has_to_decide_is_asked_and_nothing_stays_booked(world, truthful, text, problem):
    """Missing and contradictory data, sold-out days and small budgets end in a question, never in a guess."""
    scene = world()

    answer = scene.run(text)

    assert (answer.reason, answer.problem) == (Reason.NEEDS_INPUT, problem)
    assert answer.question
    assert answer.question in answer.text
    assert not scene.bookings("booked")
    truthful(scene, answer)


def test_a_budget_that_is_too_small_is_answered_with_what_it_would_cost(world):
    """The question names the cheapest total: flights that are held, and the cheapest hotel that was seen."""
    scene = world()
    full = scene.run(f"{ADA}, no dinner")

    answer = world().run(f"{ADA}, no dinner, under 320 euros")

    assert f"{full.total_minor / 100:.2f} EUR" in answer.question
    assert "320.00 EUR" in answer.question


def test_a_hotel_that_is_too_dear_is_not_even_tried(world):
    """Its specialist may spend what the flights leave, and no cent more."""
    scene = world()

    assert scene.run(f"{ADA} under 320 euros").problem == "over_budget"
    assert scene.calls("search_hotels") == 1
    assert scene.calls("book_hotel") == 0


def test_legs_that_can_be_paid_only_one_by_one_are_not_booked(world):
    """Three flights are held at the same time, each within the budget; together they are not, and that is the end."""
    tour = "Zurich to Lisbon for 2 nights, then Porto for 3 nights, then back to Zurich. We start on 6 April, for Ada"
    total_minor = world().run(f"{tour}, flights only.").total_minor
    scene = world()

    answer = scene.run(f"{tour}, flights only, budget {total_minor // 100 - 1} euros.")

    assert answer.problem == "over_budget"
    assert f"{total_minor / 100:.2f} EUR" in answer.question
    assert scene.calls("hold_flight") == 3
    assert scene.calls("book_flight") == 0


def test_a_budget_bounds_flights_and_hotel_together(world):
    """With just enough money the trip is booked, with a cent less it is not."""
    total_minor = world().run(ADA).total_minor

    assert world().run(f"{ADA}, budget {total_minor // 100} euros").reason is Reason.COMPLETED
    assert world().run(f"{ADA}, budget {total_minor // 100 - 1} euros").problem == "over_budget"


def test_what_is_out_of_scope_is_refused(world):
    """One question to the router, and none to anybody else."""
    scene = world()

    answer = scene.run("Write me a poem about the sea")

    assert answer.reason is Reason.REFUSED
    assert scene.model_calls == 1
    assert not scene.bookings()


@pytest.mark.parametrize(
    ("limit", "kind"),
    [
        ({"model_calls_at_most": 7}, "7 model calls"),
        ({"tool_calls_at_most": 6}, "6 tool calls"),
        ({"tokens_at_most": 7_000}, "7000 tokens"),
    ],
)
def test_a_trip_that_has_used_up_its_budget_is_undone(world, truthful, limit, kind):
    """Turns, tool calls and tokens are bounded; what was booked until then is cancelled."""
    scene = world(workflow=limit)

    answer = scene.run()

    assert answer.reason is Reason.BUDGET_EXHAUSTED
    assert kind in scene.messages("decision")[0]["because"]
    assert scene.bookings("booked", "cancelled"), "it had come as far as to book something"
    truthful(scene, answer)


def test_a_trip_that_has_all_that_it_needs_is_not_undone_for_what_is_not_essential(world, truthful):
    """The turns are used up before the itinerary is saved: the trip is degraded, and stays booked."""
    scene = world(workflow={"model_calls_at_most": 10})

    answer = scene.run()

    assert answer.reason is Reason.DEGRADED
    assert answer.missing == ("saved itinerary",)
    truthful(scene, answer)


@pytest.mark.parametrize(
    ("switch", "limit"),
    [
        ("step_budget", {"model_calls_at_most": 7}),
        ("tool_budget", {"tool_calls_at_most": 6}),
        ("token_budget", {"tokens_at_most": 7_000}),
    ],
)
def test_without_its_switch_a_budget_stops_nothing(world, limit, switch, off):
    """The trip goes on, however much it takes."""
    assert world(workflow=limit, hardening=off(switch)).run().reason is Reason.COMPLETED


SLOW = (rule(faults.Latency(seconds=9), on.tool("*")), rule(faults.Latency(seconds=20), on.model("*")))


def test_a_trip_that_takes_too_long_is_over_at_its_deadline_and_undone(world, truthful):
    """Nothing fails, everything is slow: at 180 seconds it is over."""
    scene = world(SLOW)

    answer = scene.run()

    assert answer.reason is Reason.DEADLINE
    assert scene.bookings("cancelled")
    truthful(scene, answer)


def test_without_deadlines_a_slow_trip_goes_on(world, off):
    """Longer than any user waits."""
    scene = world(SLOW, hardening=off("deadline"))

    assert scene.run().reason is Reason.COMPLETED
    assert scene.took_s > 180


def test_a_trip_that_cannot_be_finished_is_handed_to_a_person(world):
    """The airline takes no bookings: the hotel stays booked, and the document says what is left to do."""
    scene = world(dead(on.tool("book_flight")))

    answer = scene.run()

    assert answer.reason is Reason.ESCALATED
    (escalation,) = scene.store.escalations()
    assert answer.escalation == escalation.escalation
    assert {row["domain"] for row in escalation.document["done"]} == {"hotels", "flights", "restaurants"}
    assert [step["id"] for step in escalation.document["not_done"]] == ["ticket", "keep"]
    assert any("'ticket'" in action for action in escalation.document["actions"])


def test_without_escalation_it_fails_and_is_undone(world, truthful, off):
    """Nobody is told; at least nothing stays booked."""
    scene = world(dead(on.tool("book_flight")), hardening=off("escalation"))

    answer = scene.run()

    assert answer.reason is Reason.FAILED
    assert not scene.store.escalations()
    truthful(scene, answer)


def test_a_model_that_is_down_before_there_is_a_plan_gives_the_trip_to_a_person(world):
    """Nothing was done, and the request is in the document."""
    scene = world(dead(on.model("*")))

    answer = scene.run()

    assert answer.reason is Reason.ESCALATED
    assert scene.store.escalations()[0].document["request"]["text"].startswith("From Zurich")
    assert not scene.bookings()


def test_a_model_that_dies_after_planning_is_replaced_by_rules(world, truthful):
    """The trip is booked without another word of the model."""
    slow_start = rule(faults.Latency(seconds=1), on.model("*", between=(0, 1.5)))
    scene = world((slow_start, *dead(on.model("*", between=(1.5, 1e9)))))

    answer = scene.run()

    assert answer.reason is Reason.COMPLETED
    assert len(answer.bookings) == 4
    assert {report["by"] for report in scene.messages("report")} == {"rules"}
    truthful(scene, answer)


def test_without_a_fallback_anything_missing_fails_the_trip(world, truthful, off):
    """Only the weather is down, and the user gets nothing."""
    scene = world(dead(on.tool("get_forecast")), hardening=off("fallback"))

    answer = scene.run()

    assert answer.reason is Reason.FAILED
    truthful(scene, answer)


def test_an_outage_of_half_a_minute_is_waited_for(world, truthful):
    """Rules have patience with a required tool; the trip is completed a little later."""
    scene = world((rule(faults.ErrorStatus(status=503), on.tool("search_hotels", between=(0, 30))),))

    answer = scene.run()

    assert answer.reason is Reason.COMPLETED
    assert 30 < scene.took_s < 60
    truthful(scene, answer)


@pytest.mark.parametrize(
    ("text", "language", "word"),
    [
        (ADA + " under 200 euros", "en", "The cheapest"),
        ("Von Zürich nach Lissabon vom 5. März bis 7. März 2027 für Ada, höchstens 200 Euro", "de", "Das Günstigste"),
        ("De Zurich à Lisbonne du 5 mars au 7 mars 2027 pour Ada, moins de 200 euros", "fr", "Le moins cher"),
        ("De Zúrich a Lisboa del 5 al 7 de marzo de 2027 para Ada, menos de 200 euros", "es", "Lo más barato"),
        ("Da Zurigo a Lisbona dal 5 al 7 marzo 2027 per Ada, meno di 200 euro", "it", "Il più economico"),
    ],
)
def test_the_system_asks_in_the_users_language(world, text, language, word):
    """Also what the system says itself, without the model."""
    scene = world()

    answer = scene.run(text)

    assert scene.messages("route")[0]["language"] == language
    assert answer.problem == "over_budget"
    assert answer.question.startswith(word)


def test_the_same_trip_is_worked_on_once(world):
    """A trip that has ended answers from the store."""
    scene = world()
    row = scene.row()
    first = scene.run(row)
    calls = scene.model_calls

    assert scene.run(row) == first
    assert scene.model_calls == calls


def test_everything_is_told_and_traced(world):
    """Each message and answer of a trip carries its correlation id; spans of workflow, plan and agents are nested."""
    scene = world()

    answer = scene.run()

    messages = scene.store.messages(trip=answer.trip)
    assert answer.correlation
    assert {message.correlation for message in messages} == {answer.correlation}
    kinds = ["request", "route", "plan", "task", "report", "checkpoint", "decision", "answer"]
    assert [kind for kind in kinds if not scene.messages(kind)] == []


def test_a_trip_that_meets_the_unexpected_still_ends(world, truthful):
    """A defect in one step is the failure of this step; rules or compensation do the rest."""

    class Defective:
        def __init__(self, tools):
            self.tools = tools

        async def call(self, request, allowance):
            if request.tool == "get_forecast":
                msg = "a defect"
                raise KeyError(msg)
            return await self.tools.call(request, allowance)

    scene = world(wrap_tools=Defective)

    answer = scene.run()

    assert answer.reason is Reason.DEGRADED
    truthful(scene, answer)
