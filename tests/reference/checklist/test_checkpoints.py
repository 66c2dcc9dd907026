"""Checkpoints and resume: a service that dies in the middle of a trip goes on with it, and repeats no effect.

Each test stops the service at some point of a trip, in virtual time and without a warning, and starts a new one on the
same records. What was under way is known from the records of writes, which are made before anything is sent.
"""

import pytest

from pytest_agentchaos import faults, on


@pytest.mark.parametrize("tool", ["hold_flight", "book_hotel", "book_flight", "reserve_table"])
def test_a_killed_trip_is_finished_and_repeats_no_effect(agentchaos, system, weekend, killed, tool):
    """Wherever it was, the new service completes it; everything is booked once."""
    travel = system()

    killed(travel, weekend(), after=tool)
    assert len(travel.store.trips("running")) == 1
    (answer,) = agentchaos.run(travel.resume)

    assert answer.reason == "completed"
    booked = travel.store.bookings(state="booked")
    assert sorted(row.kind for row in booked) == ["flight", "flight", "room", "table"]
    assert {row.booking for row in answer.bookings} == {row.booking for row in booked}


def test_a_trip_that_was_killed_with_a_booking_under_way_finds_out_what_became_of_it(
    agentchaos, system, weekend, killed, on_record
):
    """The hotel has booked and nobody has heard of it: the same request is sent again, by the same key."""
    travel = system()
    agentchaos.inject(faults.Hang(at="body"), on.tool("book_hotel", nth=1))

    killed(travel, weekend(), when=lambda: on_record(travel, "room"))
    (answer,) = agentchaos.run(travel.resume)

    (room,) = on_record(travel, "room")
    assert room.booking in {row.booking for row in answer.bookings}
    first, again = agentchaos.history.calls("book_hotel", kind="tool")
    assert first.call.arguments == again.call.arguments


def test_without_keys_a_trip_that_was_killed_with_a_booking_under_way_books_again(
    agentchaos, system, weekend, killed, on_record
):
    """There is nothing by which the hotel could know the request, and nothing is written down of it either."""
    travel = system("idempotency")
    agentchaos.inject(faults.Hang(at="body"), on.tool("book_hotel", nth=1))

    killed(travel, weekend(), when=lambda: on_record(travel, "room"))
    agentchaos.run(travel.resume)

    assert len(on_record(travel, "room")) == 2


def _leave_one_room(travel):
    for night in ("2027-03-05", "2027-03-06", "2027-03-07"):
        travel.store.set_capacity(f"room:H-LIS-1:{night}", 1)


def test_a_resumed_trip_keeps_what_it_has(agentchaos, system, weekend, killed, on_record):
    """It has booked the last room of the cheapest hotel, and needs no other."""
    travel = system()
    _leave_one_room(travel)

    killed(travel, weekend(), after="book_hotel")
    asked = len(agentchaos.history.calls(kind="model"))
    (answer,) = agentchaos.run(travel.resume)

    assert [row.item for row in on_record(travel, "room")] == ["H-LIS-1"]
    assert [row.item for row in answer.bookings if row.domain == "hotels"] == ["H-LIS-1"]
    assert len(agentchaos.history.calls(kind="model")) - asked < asked  # it is not planned again


def test_without_checkpoints_a_resumed_trip_begins_again_and_books_another_hotel(
    agentchaos, system, weekend, killed, on_record
):
    """It finds its own room sold, takes the next best, and its answer knows nothing of the first, which is paid."""
    travel = system("checkpoints")
    _leave_one_room(travel)

    killed(travel, weekend(), after="book_hotel")
    (answer,) = agentchaos.run(travel.resume)

    assert [row.item for row in on_record(travel, "room")] == ["H-LIS-1", "H-LIS-2"]
    assert [row.item for row in answer.bookings if row.domain == "hotels"] == ["H-LIS-2"]
