"""Requests about an earlier trip: whose it is, what is booked anew, what is undone, and when that is too late."""

from __future__ import annotations

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from reference_system.contracts.trip import Reason

ADA = "From Zurich to Lisbon from 2027-03-05 to 2027-03-07 for Ada, no dinner"
BETTER_HOTEL = "Please book a 4-star hotel instead"


def hotels(scene, *states):
    """Rooms on record."""
    return [row.item for row in scene.bookings(*states) if row.kind == "room"]


def test_a_change_books_the_new_before_it_undoes_the_old(world, truthful):
    """The other hotel is booked, then the first one is cancelled; the flights stay."""
    scene = world()
    first = scene.run(ADA)

    second = scene.run(BETTER_HOTEL, about=first.trip)

    assert second.reason is Reason.COMPLETED
    assert [row.item for row in second.bookings] == hotels(scene, "booked") != hotels(scene, "cancelled")
    assert len([row for row in scene.bookings("booked") if row.kind == "flight"]) == 2
    assert "cancelled: " in second.text
    tools = [call["tool"] for call in _told_tools(scene, second.trip)]
    assert tools.index("book_hotel") < tools.index("cancel_hotel")
    truthful(scene, second)


def _told_tools(scene, trip):
    return [{"tool": message.receiver} for message in scene.store.messages(trip=trip, kind="tool_call")]


def test_a_cancellation_undoes_everything(world):
    """Also what an earlier change has left of the first trip."""
    scene = world()
    first = scene.run(ADA)
    second = scene.run(BETTER_HOTEL, about=first.trip)

    third = scene.run("Please cancel the whole trip", about=second.trip)

    assert third.reason is Reason.COMPLETED
    assert not scene.bookings("booked")
    assert third.text.count("cancelled: ") == 3


def test_a_looping_model_does_not_keep_a_cancellation_from_being_done(world):
    """Rules cancel as well."""
    scene = world(model="travel-looping")
    first = scene.run(ADA)
    second = scene.run("Please cancel the whole trip", about=first.trip)

    assert second.reason is Reason.COMPLETED
    assert not scene.bookings("booked")


def test_when_the_new_cannot_be_had_the_old_stays(world):
    """Nothing is undone for a hotel that does not exist."""
    scene = world()
    first = scene.run(ADA)

    second = scene.run("Please move the trip to 2027-03-12 until 2027-03-14, budget 100 euros", about=first.trip)

    assert second.reason is Reason.NEEDS_INPUT
    assert len([row for row in scene.bookings("booked") if row.trip == first.trip]) == 3


@pytest.mark.parametrize("escalation", [True, False])
def test_what_was_undone_for_the_user_is_not_made_good_by_undoing_the_rest(world, off, escalation):
    """The old hotel is cancelled, the old flights cannot be: the new trip is kept, and a person finishes it."""
    scene = world(hardening=off() if escalation else off("escalation"))
    first = scene.run(ADA)
    scene.schedule = (rule(faults.ErrorStatus(status=503), on.tool("cancel_flight")),)

    second = scene.run("Please move the trip to 2027-03-12 until 2027-03-14", about=first.trip)

    assert second.reason is (Reason.ESCALATED if escalation else Reason.FAILED)
    assert len(second.bookings) == 3
    assert len([row for row in scene.bookings("booked") if row.trip == second.trip]) == 3
    assert len(scene.store.escalations()) == escalation


def test_somebody_elses_trip_is_not_touched(world):
    """Knowing its id is not enough."""
    scene = world()
    first = scene.run(ADA)

    second = scene.run("Please cancel the trip", about=first.trip, user="Mallory")

    assert second.reason is Reason.REFUSED
    assert len(scene.bookings("booked")) == 3


def test_a_trip_that_is_not_there_is_asked_for(world):
    """In the user's language."""
    answer = world().run("Bitte stornieren Sie die Reise", about="t-99")

    assert (answer.reason, answer.problem) == (Reason.NEEDS_INPUT, "unknown_trip")
    assert answer.question.startswith("Ich kenne keine solche Reise")


def test_a_trip_that_has_no_answer_yet_is_asked_for_later(world):
    """It is still being worked on."""
    scene = world()
    running = scene.row(ADA)
    scene.store.begin_trip(running)

    assert scene.run("Please cancel the trip", about=running.trip).problem == "trip_running"


def test_a_rehearsal_reads_and_writes_nothing(world):
    """The route, the plan and a reason come of it; the business state is what it was."""
    scene = world()
    row = scene.row(ADA)

    outline = scene.work(row, lambda orchestrator, stored: orchestrator.rehearse(stored))

    assert scene.bookings() == scene.store.intents(row.trip) == ()
    assert scene.store.trip(row.trip).state == "running"
    assert outline.answer.reason is Reason.COMPLETED
    assert [step.id for step in outline.plan.steps][:3] == ["fly", "stay", "ticket"]
    assert scene.calls("search_flights") == 1
    assert scene.calls("hold_flight") == scene.calls("book_hotel") == 0
    assert scene.store.checkpoint(row.trip) is None
