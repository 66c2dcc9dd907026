"""One step: what a specialist lets through, what it finishes, and who takes over when it cannot."""

from __future__ import annotations

import json

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.doubles import call_tool, say
from pytest_agentchaos.schedule import rule
from reference_system.contracts.trip import Reason
from reference_system.model.brain import think

ADA = "From Zurich to Lisbon from 2027-03-05 to 2027-03-07 for Ada, no dinner"
SUITE = {
    "hotel": "H-LIS-5",
    "check_in": "2027-03-05",
    "check_out": "2027-03-19",
    "guests": ["Ada", "Mallory", "Eve"],
    "rooms": 1,
}


def at_step(task: str, answer):
    """The travel model, but for one kind of step, where ``answer(ask, asked)`` decides; None: as usual."""

    def mind(asked):
        ask = next((each for each in map(_ask, reversed(asked.messages)) if each), {})
        if ask.get("ask") == "step" and ask["task"]["task"] == task:
            return answer(ask, asked) or think(asked)
        return think(asked)

    return mind


def _ask(message):
    try:
        found = json.loads(message.text) if message.role == "user" else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and "ask" in found else None


def talked_into_a_suite(ask, asked):
    """A model that a review has talked into another booking."""
    return call_tool("book_hotel", **SUITE) if asked.tool_results else None


def test_a_model_that_was_talked_into_another_booking_gets_no_further_than_the_task(world, truthful):
    """Fourteen nights for three in a suite are no way to do this task; rules do it."""
    scene = world(think=at_step("stay", talked_into_a_suite))

    answer = scene.run(ADA)

    assert answer.reason is Reason.COMPLETED
    assert [row.item for row in answer.bookings if row.domain == "hotels"] == ["H-LIS-1"]
    assert next(report for report in scene.messages("report") if report["step"] == "stay")["by"] == "rules"
    assert not [call for call in scene.messages("tool_call") if "H-LIS-5" in str(call["arguments"])]
    truthful(scene, answer)


def test_without_validation_of_arguments_the_suite_is_booked(world, off):
    """Nobody compares the call with the task."""
    scene = world(think=at_step("stay", talked_into_a_suite), hardening=off("validate_arguments"))

    scene.run(ADA)

    assert [row.item for row in scene.bookings("booked", "cancelled") if row.kind == "room"] == ["H-LIS-5"]


@pytest.mark.parametrize(
    ("task", "call"),
    [
        ("fly", call_tool("hold_flight", flight="LX1766", date="2027-03-06", travellers=["Ada"])),
        ("fly", call_tool("hold_flight", flight="LX1766", date="2027-03-05", travellers=["Ada", "Eve"])),
        ("fly", call_tool("book_flight", flight="LX1766", date="2027-03-05", travellers=["Ada"], hold=None)),
        ("ticket", call_tool("book_flight", flight="LX1766", date="2027-03-05", travellers=["Ada"], hold=None)),
        ("ticket", call_tool("book_flight", flight="LX1766", date="2027-03-05", travellers=["Ada"], hold="FH-000099")),
        ("forecast", call_tool("get_forecast", city="Oslo", first="2027-03-05", last="2027-03-07")),
    ],
)
def test_a_call_that_does_not_do_the_task_is_not_sent(world, truthful, task, call):
    """Wrong day, wrong people, wrong hold, wrong city, another step's tool: the model is told why, rules take over."""
    scene = world(think=at_step(task, lambda ask, asked: call if asked.tool_results or task != "fly" else None))

    answer = scene.run(ADA)

    assert answer.reason is Reason.COMPLETED
    flights = [(row.item, row.first, row.names) for row in answer.bookings if row.domain == "flights"]
    assert flights == [("LX1766", "2027-03-05", ("Ada",)), ("TP612", "2027-03-07", ("Ada",))]
    truthful(scene, answer)


def test_a_report_that_is_not_true_is_sent_back(world, truthful):
    """The model says that the hotel is booked, and it is not; told so, it books it."""

    def hasty(ask, asked):
        if asked.tool_results or ask["complaints"]:
            return None
        return '{"outcome": "done", "problem": null, "because": "all booked"}'

    scene = world(think=at_step("stay", hasty))

    answer = scene.run(ADA)

    assert answer.reason is Reason.COMPLETED
    assert len(answer.bookings) == 3
    truthful(scene, answer)


def test_without_validation_of_results_the_report_is_believed(world, off):
    """The step counts as done, and no hotel is booked."""
    lazy = at_step("stay", lambda ask, asked: '{"outcome": "done", "problem": null, "because": "all booked"}')
    scene = world(think=lazy, hardening=off("validate_results"))

    assert scene.run(ADA).reason is Reason.COMPLETED
    assert not [row for row in scene.bookings() if row.kind == "room"]


@pytest.mark.parametrize("problem", ["sold_out", "over_budget"])
def test_a_model_that_gives_up_against_the_evidence_is_not_believed(world, truthful, problem):
    """There are hotels, so the user is not sent away with a question; rules book one."""
    told = json.dumps({"outcome": "impossible", "problem": problem, "because": "there is nothing"})
    scene = world(think=at_step("stay", lambda ask, asked: told if asked.tool_results else None))

    answer = scene.run(ADA)

    assert answer.reason is Reason.COMPLETED
    truthful(scene, answer)


def test_a_model_that_cannot_do_a_step_gets_a_simpler_prompt_first(world):
    """The short instructions are tried before the rules are."""

    def overwhelmed(ask, asked):
        return None if len(asked.body["instructions"]) < 1_500 else say("I would rather not.")

    scene = world(think=at_step("stay", overwhelmed))

    assert scene.run(ADA).reason is Reason.COMPLETED
    assert next(report for report in scene.messages("report") if report["step"] == "stay")["by"] == "simple"


def test_a_lost_answer_to_a_booking_books_once(world, truthful):
    """The model is told, asks for the same again, and gets what the first request has brought."""
    scene = world((rule(faults.DropResponse(), on.tool("book_hotel", nth=1)),))

    answer = scene.run(ADA)

    assert answer.reason is Reason.COMPLETED
    assert len([row for row in scene.bookings("booked", "cancelled") if row.kind == "room"]) == 1
    truthful(scene, answer)


def another_hotel_each_time(ask, asked):
    """A model that tries its luck elsewhere as soon as something goes wrong."""
    if not asked.tool_results:
        return None
    hotel = f"H-LIS-{min(4, len(asked.tool_results))}"
    return call_tool("book_hotel", **{**SUITE, "hotel": hotel, "check_out": "2027-03-07", "guests": ["Ada"]})


LOSES_ANSWERS = (rule(faults.DropResponse(), on.tool("book_hotel", between=(0, 45))),)


def test_while_a_booking_is_in_doubt_no_other_one_is_made(world, truthful):
    """All answers are lost for a while, and the model would book one hotel after the other: only one is booked."""
    scene = world(LOSES_ANSWERS, think=at_step("stay", another_hotel_each_time))

    answer = scene.run(ADA)

    assert answer.reason is Reason.COMPLETED
    assert [row.item for row in scene.bookings("booked", "cancelled") if row.kind == "room"] == ["H-LIS-1"]
    truthful(scene, answer)


def test_rules_finish_what_was_begun_before_they_choose_for_themselves(world, truthful):
    """The model has asked for the second cheapest, and nobody knows whether it is booked: so it is that one."""
    second = SUITE | {"hotel": "H-LIS-2", "check_out": "2027-03-07", "guests": ["Ada"]}
    mind = at_step("stay", lambda ask, asked: call_tool("book_hotel", **second) if asked.tool_results else None)
    scene = world(LOSES_ANSWERS, think=mind)

    answer = scene.run(ADA)

    assert answer.reason is Reason.COMPLETED
    assert [row.item for row in scene.bookings("booked", "cancelled") if row.kind == "room"] == ["H-LIS-2"]
    truthful(scene, answer)


def test_without_idempotency_a_lost_answer_books_again_and_again(world, off):
    """Each retry is a booking of its own."""
    scene = world(LOSES_ANSWERS, hardening=off("idempotency"))

    scene.run(ADA)

    assert len([row for row in scene.bookings("booked", "cancelled") if row.kind == "room"]) > 1


def test_a_forgotten_conversation_is_begun_again_with_what_was_done(world, truthful):
    """The model's endpoint has lost the chain: the specialist starts from its ask, and holds nothing twice."""
    seen = []

    class Forgetful:
        def __init__(self, model):
            self.model = model

        async def ask(self, question, allowance):
            from reference_system.errors import ChainLostError

            if question.previous and question.role == "flights" and not seen:
                seen.append(question.previous)
                raise ChainLostError(question.previous)
            return await self.model.ask(question, allowance)

    scene = world(wrap_model=Forgetful)

    answer = scene.run(ADA)

    assert seen
    assert answer.reason is Reason.COMPLETED
    assert len([row for row in scene.store.bookings() if row.kind == "flight" and row.state == "booked"]) == 2
    truthful(scene, answer)
