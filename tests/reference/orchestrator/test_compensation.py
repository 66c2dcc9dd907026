"""Undoing: everything, the last first, also what nobody is sure of; and what becomes of what cannot be undone."""

from __future__ import annotations

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from reference_system.contracts.trip import Reason

ADA = "From Zurich to Lisbon from 2027-03-05 to 2027-03-07 for Ada, no dinner"
OUT_OF_TURNS = {"model_calls_at_most": 7}
"""Enough to hold the flights and to book the hotel, not for the tickets."""


def dead(selector):
    """This is down, and stays down."""
    return rule(faults.ErrorStatus(status=503), selector)


def test_the_last_is_undone_first(world, truthful):
    """The hotel, then the holds, each by the key of the request that made it."""
    scene = world(workflow=OUT_OF_TURNS)

    answer = scene.run(ADA)

    assert answer.reason is Reason.BUDGET_EXHAUSTED
    undone = [
        call["arguments"]["request_key"] for call in scene.messages("tool_call") if call["step"] == "compensation"
    ]
    made = [intent.key for intent in scene.store.intents(answer.trip) if intent.tool in {"hold_flight", "book_hotel"}]
    assert undone == list(reversed(made))
    assert len(made) == 3
    truthful(scene, answer)


def test_without_compensation_it_stays_booked(world, off):
    """The user is told that it took too much, and pays for a hotel without flights."""
    scene = world(workflow=OUT_OF_TURNS, hardening=off("compensation"))

    answer = scene.run(ADA)

    assert answer.reason is Reason.BUDGET_EXHAUSTED
    assert [row.kind for row in scene.bookings("booked")] == ["room"]
    assert "still booked" in answer.text


def test_a_question_to_the_user_leaves_nothing_behind(world, truthful, off):
    """The flights were held when the hotel turned out too dear; without compensation they stay held."""
    too_dear = f"{ADA}, under 320 euros"
    scene, careless = world(), world(hardening=off("compensation"))

    assert scene.run(too_dear).problem == careless.run(too_dear).problem == "over_budget"

    assert {row.state for row in scene.store.bookings()} == {"cancelled"}
    assert "cancelled" not in {row.state for row in careless.store.bookings()}


def test_what_cannot_be_undone_is_for_a_person(world):
    """The hotel cancels nothing: the document names what stands, and what to do."""
    scene = world((dead(on.tool("cancel_hotel")),), workflow=OUT_OF_TURNS)

    answer = scene.run(ADA)

    assert answer.reason is Reason.ESCALATED
    assert [row.item for row in answer.bookings] == ["H-LIS-1"]
    document = scene.store.escalations()[0].document
    assert len(document["not_undone"]) == 1
    assert document["actions"][0].startswith("Undo by hand: cancel_hotel: booking H-")
    assert answer.bookings[0].booking in answer.text


def test_without_escalation_what_cannot_be_undone_has_failed(world, off):
    """And the answer still says what is booked."""
    scene = world((dead(on.tool("cancel_hotel")),), workflow=OUT_OF_TURNS, hardening=off("escalation"))

    answer = scene.run(ADA)

    assert answer.reason is Reason.FAILED
    assert len(answer.bookings) == 1


def test_a_hold_that_cannot_be_released_ends_by_itself(world):
    """No person is needed for that."""
    scene = world((dead(on.tool("cancel_flight")),))

    assert scene.run(f"{ADA}, under 320 euros").reason is Reason.NEEDS_INPUT


def test_a_booking_in_doubt_is_made_certain_before_a_person_gets_the_trip(world, truthful):
    """All its answers are lost: it is cancelled by its key, so that nobody has to find out what happened."""
    scene = world((rule(faults.Reset(), on.tool("book_hotel")),))

    answer = scene.run(ADA)

    assert answer.reason is Reason.ESCALATED
    assert not scene.bookings("booked")
    document = scene.store.escalations()[0].document
    assert document["in_doubt"] == []
    assert [step["id"] for step in document["not_done"]] == ["stay", "ticket", "keep"]
    truthful(scene, answer)


def test_a_booking_that_stays_in_doubt_is_handed_over_with_its_key(world):
    """Neither the booking nor its cancellation gets an answer."""
    scene = world((rule(faults.Reset(), on.tool("book_hotel")), dead(on.tool("cancel_hotel"))))

    answer = scene.run(ADA)

    (doubt,) = scene.store.escalations()[0].document["in_doubt"]
    (room,) = (row for row in scene.bookings("booked") if row.kind == "room")
    assert answer.reason is Reason.ESCALATED
    assert doubt["tool"] == "book_hotel"
    assert doubt["key"] == room.request_key
    assert doubt["key"] in scene.store.escalations()[0].document["actions"][0]


def test_an_optional_booking_in_doubt_is_cancelled_and_missing(world, truthful):
    """A table that may be reserved is worth nothing."""
    scene = world((rule(faults.Reset(), on.tool("reserve_table")),))

    answer = scene.run("From Zurich to Lisbon from 2027-03-05 to 2027-03-07 for Ada with dinner")

    assert answer.reason is Reason.DEGRADED
    assert not [row for row in scene.bookings("booked") if row.kind == "table"]
    truthful(scene, answer)


def test_a_garbled_booking_id_cancels_nobody_elses_booking(world, truthful):
    """Everything is undone by the key of the request that made it."""
    garbled = rule(faults.CorruptedValue(), on.tool("book_*"))
    for seed in range(5):
        scene = world((garbled,), workflow=OUT_OF_TURNS, seed=seed)

        answer = scene.run(ADA)

        assert answer.reason is not Reason.COMPLETED
        assert not scene.bookings("booked")
        truthful(scene, answer)
