"""Idempotent tools: a booking that is sent twice is made once, and nothing is sold twice.

A lost answer looks to the caller like a lost request. Whoever sends it again, the system itself, a proxy, the model or
a user who clicks twice, has to meet a tool that knows the request by its key.
"""

import asyncio

from pytest_agentchaos import faults, on


def test_a_booking_whose_answer_is_lost_is_made_once(agentchaos, system, on_record):
    """The hotel has booked, its answer never arrives, the request is sent again by the same key: one room."""
    travel = system()
    agentchaos.inject(faults.DropResponse(), on.tool("book_hotel", nth=1))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    sent = agentchaos.history.calls("book_hotel", kind="tool")
    assert len(sent) == 2
    assert len({call.call.arguments["idempotency_key"] for call in sent}) == 1
    (room,) = on_record(travel, "room")
    assert [row.booking for row in answer.bookings if row.domain == "hotels"] == [room.booking]


def test_without_keys_a_lost_answer_books_two_rooms(agentchaos, system, on_record):
    """Both are paid, and the user hears of one of them."""
    travel = system("idempotency")
    agentchaos.inject(faults.DropResponse(), on.tool("book_hotel", nth=1))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert [row.item for row in on_record(travel, "room")] == ["H-LIS-1", "H-LIS-1"]
    assert sum(row.domain == "hotels" for row in answer.bookings) == 1
    assert sum(row.amount_minor for row in on_record(travel)) == answer.total_minor + 14_700


def test_a_booking_that_a_proxy_delivers_twice_is_made_once(agentchaos, system, on_record):
    """Two copies arrive at the same moment, and the second one waits for what the first one brings."""
    travel = system()
    agentchaos.inject(faults.Duplicate(order="in_flight"), on.tool("book_flight"))

    agentchaos.run(travel.take, "weekend-in-lisbon")

    assert len(on_record(travel, "flight")) == 2  # there and back


def test_without_keys_a_proxy_books_every_flight_twice(agentchaos, system, on_record):
    """Four flights for a weekend, two of which nobody will board."""
    travel = system("idempotency")
    agentchaos.inject(faults.Duplicate(order="in_flight"), on.tool("book_flight"))

    agentchaos.run(travel.take, "weekend-in-lisbon")

    assert len(on_record(travel, "flight")) == 4


def test_a_booking_that_the_model_asks_for_twice_is_made_once(agentchaos, system, on_record):
    """The same wish under two call ids has one key, so the second call adopts the booking of the first."""
    travel = system()
    agentchaos.inject(faults.RepeatedCall(tool="book_hotel"), on.model())

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert len(on_record(travel, "room")) == 1
    results = [message.body for message in travel.store.messages(trip=answer.trip, kind="tool_result")]
    assert [body["adopted"] for body in results if "hotel" in body["result"]] == [False, True]


def test_without_keys_a_model_that_stutters_books_two_rooms(agentchaos, system, on_record):
    """And the user is told that everything is arranged."""
    travel = system("idempotency")
    agentchaos.inject(faults.RepeatedCall(tool="book_hotel"), on.model())

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert len(on_record(travel, "room")) == 2
    assert answer.reason == "completed"


def test_a_user_who_clicks_twice_gets_one_trip(agentchaos, system, weekend, on_record):
    """The service knows a request by its Idempotency-Key as well, and gives both senders the same answer."""
    travel = system()

    async def click_twice():
        async with travel.service() as service:
            return await asyncio.gather(*(service.ask(weekend(), key="ada-1") for _ in range(2)))

    first, second = agentchaos.run(click_twice)

    assert first == second
    assert len(on_record(travel, "room")) == 1


def _leave_one_room(travel, hotel="H-LIS-1"):
    for night in ("2027-03-05", "2027-03-06", "2027-03-07"):
        travel.store.set_capacity(f"room:{hotel}:{night}", 1)


def _both(travel, weekend):
    async def at_the_same_time():
        async with travel.service() as service:
            return await asyncio.gather(*(service.ask(weekend(user), key=user) for user in ("Ada", "Ben")))

    return at_the_same_time


def test_the_last_room_is_sold_once(agentchaos, system, weekend, on_record):
    """Two trips see it free and want it at the same moment; one gets it, the other takes the next best hotel."""
    travel = system()
    _leave_one_room(travel)

    answers = agentchaos.run(_both(travel, weekend))

    assert [answer.reason for answer in answers] == ["completed", "completed"]
    assert sorted(row.item for row in on_record(travel, "room")) == ["H-LIS-1", "H-LIS-2"]


def test_without_the_constraint_in_the_database_the_last_room_is_sold_twice(agentchaos, system, weekend, on_record):
    """Each trip looked before it sold, and two guests will stand at the desk with a confirmation."""
    travel = system("capacity_constraint")
    _leave_one_room(travel)

    answers = agentchaos.run(_both(travel, weekend))

    assert [answer.reason for answer in answers] == ["completed", "completed"]
    assert [row.item for row in on_record(travel, "room")] == ["H-LIS-1", "H-LIS-1"]
