"""Compensation of half-done trips: what was booked for a trip that cannot be finished is cancelled.

A trip is many effects in many systems, and no transaction is around them. What cannot be rolled back has to be undone,
the last first, also what may have happened without anybody knowing.
"""

from pytest_agentchaos import faults, on


def _standing(travel, journey):
    """The answer of a journey, and what stands held or booked at that moment."""

    async def visit():
        taken = await travel.take(journey)
        return taken.answers[0], [row for row in travel.store.bookings() if row.state in {"held", "booked"}]

    return visit


def test_seats_of_a_trip_that_cannot_be_are_given_back(agentchaos, system):
    """No hotel is free, the user is asked for other days, and the seats are there for somebody else meanwhile."""
    travel = system()

    answer, standing = agentchaos.run(_standing(travel, "full-hotels"))

    assert (answer.reason, answer.problem) == ("needs_input", "sold_out")
    assert len(agentchaos.history.calls("cancel_flight", kind="tool")) == 2
    assert standing == []


def test_without_compensation_seats_stay_blocked_for_nobody(agentchaos, system):
    """For a quarter of an hour the airline turns others away."""
    travel = system("compensation")

    answer, standing = agentchaos.run(_standing(travel, "full-hotels"))

    assert answer.bookings == ()
    assert [row.state for row in standing] == ["held", "held"]


def test_a_room_of_a_trip_that_came_too_late_is_given_back(agentchaos, system):
    """The room was booked, then the time of the trip was over; nothing is booked, says the answer, and so it is."""
    travel = system()
    agentchaos.inject(faults.Latency(seconds=27), on.model())

    answer, standing = agentchaos.run(_standing(travel, "weekend-in-lisbon"))

    assert answer.reason == "deadline"
    assert answer.bookings == ()
    assert [row.state for row in travel.store.bookings() if row.kind == "room"] == ["cancelled"]
    assert standing == []


def test_without_compensation_a_room_is_paid_by_a_user_who_travels_nowhere(agentchaos, system, on_record):
    """The trip has ended without flights, and the hotel is waiting."""
    travel = system("compensation")
    agentchaos.inject(faults.Latency(seconds=27), on.model())

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "deadline"
    (room,) = on_record(travel, "room")
    assert room.amount_minor == 14_700


def test_a_booking_that_may_have_happened_is_made_not_to_have_happened(agentchaos, system, on_record):
    """The hotel has booked each time and never answered: a person gets a trip with nothing left in doubt."""
    travel = system()
    agentchaos.inject(faults.DropResponse(), on.tool("book_hotel"))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "escalated"
    assert on_record(travel, "room") == []
    assert travel.store.escalations()[0].document["in_doubt"] == []


def test_without_compensation_a_booking_that_may_have_happened_stays(agentchaos, system, on_record):
    """The answer knows of no room, the hotel does, and a person has to find out by telephone."""
    travel = system("compensation")
    agentchaos.inject(faults.DropResponse(), on.tool("book_hotel"))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert not any(row.domain == "hotels" for row in answer.bookings)
    assert len(on_record(travel, "room")) == 1
    (doubt,) = travel.store.escalations()[0].document["in_doubt"]
    assert doubt["tool"] == "book_hotel"
