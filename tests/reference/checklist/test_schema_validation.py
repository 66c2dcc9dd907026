"""Schema validation at each boundary: what comes from outside is checked before anything is made of it.

The boundaries: the user's request, the model's plan, its arguments for tools, its replies (whole and streamed), the
results of tools, and the system's own checkpoints. What does not keep its contract is told to whoever can mend it.
"""

import json

from pytest_agentchaos import faults, on
from pytest_agentchaos.doubles import call_tool
from reference_system.model.brain import think


def _asks(request):
    """The ask that the model is given."""
    return json.loads(next(message.text for message in request.messages if message.role == "user"))


# --- the request of a user ------------------------------------------------------------------------------------------


def test_a_request_with_a_misspelt_field_begins_no_trip(agentchaos, system):
    """The reply names the field; guessing that ``convers`` means nothing would lose what the user said before."""
    travel = system()

    async def misspelt():
        async with travel.service() as service:
            return await service.http.post("/trips", json={"text": "To Lisbon", "user": "Ada", "convers": []})

    reply = agentchaos.run(misspelt)

    assert reply.status_code == 422
    assert reply.json()["error"]["field"] == "convers"
    assert travel.store.trips() == ()


# --- the plan -------------------------------------------------------------------------------------------------------


def _buys_tickets_twice(request):
    """A model that plans to book the same seats in two steps, and mends it when it is told that this is wrong."""
    said, ask = think(request), _asks(request)
    if ask["ask"] != "plan" or ask["complaints"]:
        return said
    plan = json.loads(said)
    (ticket,) = (step for step in plan["steps"] if step["task"]["task"] == "ticket")
    plan["steps"].append({**ticket, "id": "ticket-again"})
    return json.dumps(plan)


def test_a_plan_that_breaks_the_rules_is_sent_back(agentchaos, system, on_record):
    """Seats are booked by one step; the planner hears it, and plans that."""
    travel = system(think=_buys_tickets_twice)

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "completed"
    assert len(on_record(travel, "flight")) == 2


def test_without_validation_a_plan_is_executed_whatever_it_says(agentchaos, system, on_record):
    """All flights are booked twice: the keys are no help, because two steps are two wishes."""
    travel = system("validate_results", think=_buys_tickets_twice)

    agentchaos.run(travel.take, "weekend-in-lisbon")

    flights = on_record(travel, "flight")
    assert len(flights) == 4
    assert len({(row.item, row.details["date"]) for row in flights}) == 2


# --- the model's arguments ------------------------------------------------------------------------------------------


def _brings_friends(request):
    """A model that was talked into booking for two strangers as well, and thinks better of it when it is told."""
    said, told = think(request), any(message.role == "tool" and "error" in message.text for message in request.messages)
    for call in getattr(said, "tool_calls", ()):
        if call.name == "book_hotel" and not told:
            arguments = json.loads(call.arguments)
            return call_tool("book_hotel", **{**arguments, "guests": [*arguments["guests"], "Eve", "Mallory"]})
    return said


def test_a_booking_that_is_not_the_task_is_sent_back(agentchaos, system, on_record):
    """The model hears that the task is a room for Ada and Ben, and books that."""
    travel = system(think=_brings_friends)

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "completed"
    (room,) = (row for row in answer.bookings if row.domain == "hotels")
    assert room.names == ("Ada", "Ben")


def test_without_validation_strangers_travel_along(agentchaos, system):
    """Eve and Mallory have a bed in Lisbon, and the user has paid for it."""
    travel = system("validate_arguments", think=_brings_friends)

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    (room,) = (row for row in answer.bookings if row.domain == "hotels")
    assert {"Eve", "Mallory"} <= set(room.names)


def test_arguments_of_the_wrong_type_reach_no_tool(agentchaos, system):
    """The model is told what is wrong, and rules do the step if it does not learn; the tool has no work with it."""
    travel = system()
    agentchaos.inject(faults.WrongTypes(tool="book_hotel"), on.model(times=20))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "completed"
    assert len(agentchaos.history.calls("book_hotel", kind="tool")) == 1


def test_without_validation_arguments_of_the_wrong_type_cost_the_trip(agentchaos, system, on_record):
    """They are sent, written down as begun and refused, and what is refused is never asked for again."""
    travel = system("validate_arguments")
    agentchaos.inject(faults.WrongTypes(tool="book_hotel"), on.model(times=20))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "failed"
    assert on_record(travel) == []


# --- the model's replies --------------------------------------------------------------------------------------------


def test_an_empty_reply_is_asked_for_again(agentchaos, system):
    """The first thing that the model says is nothing, and the second is an answer."""
    travel = system()
    agentchaos.inject(faults.EmptyOutput(), on.model(nth=1))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "completed"


def test_without_validation_an_empty_reply_costs_the_trip(agentchaos, system, on_record):
    """It is taken for an answer, nothing can be made of it, and a person has the trip."""
    travel = system("validate_results")
    agentchaos.inject(faults.EmptyOutput(), on.model(nth=1))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "escalated"
    assert on_record(travel) == []


MOST_OF_IT = 85
"""Events, after which all bookings are told and the weather is not."""


def test_a_stream_that_breaks_off_is_no_answer(agentchaos, system):
    """It is asked for again, and what the user reads has its end."""
    travel = system()
    agentchaos.inject(faults.StreamCut(after_events=MOST_OF_IT), on.model(nth=12))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.text.endswith(f"{answer.weather[-1]}.")


def test_without_a_check_of_its_end_a_stream_that_breaks_off_is_an_answer(agentchaos, system):
    """The forecast for the last day is known, and the user's text stops in the middle of a sentence before it."""
    travel = system("stream_completion")
    agentchaos.inject(faults.StreamCut(after_events=MOST_OF_IT), on.model(nth=12))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.weather[-1] not in answer.text
    assert not answer.text.endswith(".")


# --- the results of tools -------------------------------------------------------------------------------------------


def test_a_result_of_another_shape_is_no_result(agentchaos, system, on_record):
    """A field was renamed overnight; the booking is asked for again by its key, and answered from the records."""
    travel = system()
    agentchaos.inject(faults.SchemaDrift(change_to="renamed", field="booking"), on.tool("book_hotel", nth=1))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    (room,) = on_record(travel, "room")
    assert room.booking in {row.booking for row in answer.bookings}


def test_without_validation_a_result_of_another_shape_breaks_the_trip(agentchaos, system, weekend, on_record):
    """A room is booked, the service answers 503, and however often it goes on, the trip never ends."""
    travel = system("validate_results")
    agentchaos.inject(faults.SchemaDrift(change_to="renamed", field="booking"), on.tool("book_hotel", nth=1))

    async def ask():
        async with travel.service() as service:
            return await service.http.post("/trips", json=weekend().model_dump(mode="json"))

    reply = agentchaos.run(ask)

    assert reply.status_code == 503
    assert reply.json()["error"]["code"] == "broken_off"
    assert len(on_record(travel, "room")) == 1
    assert len(travel.store.trips("running")) == 1


# --- the system's own checkpoints -----------------------------------------------------------------------------------


def test_a_damaged_checkpoint_is_not_believed(agentchaos, system, weekend, killed):
    """A person gets the trip, with what the records of writes still know: the room that was booked."""
    travel = system()

    killed(travel, weekend(), after="book_hotel")
    (row,) = travel.store.trips("running")
    number, state = travel.store.checkpoint(row.trip)
    travel.store.save_checkpoint(row.trip, number, state | {"plan": "half of it"})
    (answer,) = agentchaos.run(travel.resume)

    assert answer.reason == "escalated"
    assert [booked.domain for booked in answer.bookings] == ["hotels"]
    (handed_over,) = travel.store.escalations("open")
    assert "checkpoint" in handed_over.why
