"""A booking under every kind of trouble: it is made once or not at all, and the caller knows which."""

from __future__ import annotations

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from reference_system.errors import CircuitOpenError, InvalidResultError, ToolRefusedError, ToolUnavailableError
from reference_system.gateway.interface import ToolReply
from reference_system.resilience.budget import Budget

PASSING = [
    faults.Bandwidth(),
    faults.CorruptedValue(how="factor", field="amount_minor"),
    faults.CorruptedValue(field="city"),
    faults.DropRequest(),
    faults.DropResponse(),
    faults.Duplicate(),
    faults.Empty(),
    faults.ErrorStatus(),
    faults.Hang(),
    faults.LateDelivery(),
    faults.Latency(),
    faults.Malformed(),
    faults.Overloaded(),
    faults.Partial(),
    faults.PoisonedContent(),
    faults.RateLimited(),
    faults.Refused(),
    faults.Reset(),
    faults.SchemaDrift(),
    faults.Stale(),
    faults.ToolFailure(),
    faults.Truncated(),
    faults.Unavailable(),
]
LASTING = [
    (faults.DropRequest(), ToolUnavailableError, True, 0),
    (faults.DropResponse(), ToolUnavailableError, True, 1),
    (faults.Empty(), InvalidResultError, True, 1),
    (faults.ErrorStatus(), ToolUnavailableError, True, 0),
    (faults.Hang(), ToolUnavailableError, True, 0),
    (faults.LateDelivery(), ToolUnavailableError, True, 1),
    (faults.Malformed(), InvalidResultError, True, 1),
    (faults.Overloaded(), ToolUnavailableError, True, 0),
    (faults.Partial(), InvalidResultError, True, 1),
    (faults.RateLimited(), ToolUnavailableError, False, 0),
    (faults.Refused(), ToolUnavailableError, False, 0),
    (faults.Reset(), ToolUnavailableError, True, 1),
    (faults.SchemaDrift(), InvalidResultError, True, 1),
    (faults.Stale(), InvalidResultError, True, 1),
    (faults.ToolFailure(), ToolUnavailableError, True, 0),
    (faults.Truncated(), ToolUnavailableError, True, 1),
    (faults.Unavailable(), ToolUnavailableError, True, 0),
]


def name(value):
    """For test ids: the fault only."""
    return type(value).__name__ if hasattr(type(value), "model_fields") else None


async def search_and_book(agent):
    """What a specialist does."""
    stay = {"city": "Lisbon", "check_in": "2027-03-05", "check_out": "2027-03-08", "rooms": None}
    await agent.call("search_hotels", stay)
    return await agent.book_hotel()


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("fault", PASSING, ids=name)
def test_passing_trouble_is_survived_with_one_booking(world, fault, seed):
    """Whatever happens to the first request, one room is booked, and the answer is what the hotel has on record."""
    trip = world((rule(fault, on.tool("book_hotel", nth=1)),), seed=seed)
    reply = trip.run(search_and_book)
    assert isinstance(reply, ToolReply)
    assert trip.trial.unproven() is None
    (booked,) = trip.bookings()
    assert (reply.result.booking, reply.result.amount_minor) == (booked.booking, booked.amount_minor)
    assert trip.budget.spent_minor() == booked.amount_minor
    assert [intent.state for intent in trip.store.intents("t1")] == ["done"]


@pytest.mark.parametrize(("fault", "error", "in_doubt", "booked"), LASTING, ids=name)
def test_lasting_trouble_ends_in_an_error_that_says_whether_it_may_have_happened(world, fault, error, in_doubt, booked):
    """After four attempts under one key there is one booking at most, and what is in doubt stays an open intent."""
    trip = world((rule(fault, on.tool("book_hotel")),))
    reply = trip.run(search_and_book)
    assert type(reply) is error
    assert reply.in_doubt is in_doubt
    assert len(trip.bookings()) == booked
    assert trip.calls("book_hotel") == 4
    assert [intent.state for intent in trip.store.intents("t1")] == ["open"]
    assert bool(trip.budget.spent_minor()) is in_doubt


def test_a_late_request_that_was_barred_books_nothing(world, hotel):
    """A sold-out answer after a lost request: the lost one is barred before anybody relies on the refusal."""
    trip = world((rule(faults.LateDelivery(), on.tool("book_hotel", nth=1)),))
    nights = [f"room:H-LIS-1:2027-03-0{day}" for day in (5, 6, 7)]
    for night in nights:
        trip.store.set_capacity(night, 0)

    async def scenario(agent):
        try:
            return await agent.book_hotel()
        except ToolRefusedError as refused:
            for night in nights:  # somebody cancels before the late request arrives
                trip.store.set_capacity(night, 5)
            return refused

    refused = trip.run(scenario)
    assert refused.code == "sold_out"
    assert trip.calls("cancel_hotel") == 1
    assert trip.bookings() == ()
    assert [intent.state for intent in trip.store.intents("t1")] == ["refused", "done"]


def test_an_outage_that_ends_is_outlived(world):
    """What was lost in it is sent again by the same key, and makes one booking."""
    trip = world((rule(faults.DropRequest(), on.tool("book_hotel", between=(0, 15))),))
    assert isinstance(trip.run(search_and_book), ToolReply)
    assert len(trip.bookings()) == 1
    assert 20 < trip.took_s < 30


def test_a_server_that_asks_for_a_pause_gets_it(world):
    """Retry-After of an error status is known in spite of the SDK, and honoured."""
    trip = world((rule(faults.RateLimited(retry_after_s=7), on.tool("book_hotel", nth=1)),))
    assert isinstance(trip.run(search_and_book), ToolReply)
    assert 7 <= trip.took_s <= 8


def test_a_server_that_asks_for_a_long_pause_is_not_waited_for(world):
    """More than a minute is a failure now."""
    trip = world((rule(faults.Unavailable(retry_after_s=90), on.tool("book_hotel")),))
    assert isinstance(trip.run(search_and_book), ToolUnavailableError)
    assert trip.calls("book_hotel") == 1
    assert trip.took_s < 1


def test_a_trip_stops_trying_when_its_retries_are_used_up(world):
    """Trouble at one tool leaves fewer attempts for the next."""
    trip = world((rule(faults.Reset(), on.tool("*")),), budget=Budget(retries=4))

    async def scenario(agent):
        for tool in ("cancel_hotel", "cancel_flight", "cancel_table"):
            with pytest.raises(ToolUnavailableError):
                await agent.call(tool, {"booking": "X-1"})

    assert trip.run(scenario) is None
    assert [trip.calls(tool) for tool in ("cancel_hotel", "cancel_flight", "cancel_table")] == [4, 2, 1]


def test_a_tool_that_keeps_failing_is_left_alone(world, hotel):
    """After five failures nothing is sent any more, and that is said; nothing is in doubt for what was never sent."""
    trip = world((rule(faults.Unavailable(), on.tool("book_hotel")),))

    async def scenario(agent):
        errors = []
        for step in ("s1", "s2", "s3"):
            try:
                await agent.call("book_hotel", hotel, step=step)
            except (ToolUnavailableError, CircuitOpenError) as error:
                errors.append(error)
        return errors

    errors = trip.run(scenario)
    assert [type(error) for error in errors] == [ToolUnavailableError, ToolUnavailableError, CircuitOpenError]
    assert [error.in_doubt for error in errors] == [True, True, False]
    assert trip.calls("book_hotel") == 5


def test_a_tool_that_asks_for_patience_is_not_taken_for_dead(world, hotel):
    """A rate limit is an answer: six in a row open no breaker."""
    trip = world((rule(faults.RateLimited(), on.tool("book_hotel", times=6)),))

    async def scenario(agent):
        with pytest.raises(ToolUnavailableError):
            await agent.call("book_hotel", hotel)
        return await agent.call("book_hotel", hotel, step="s2")

    assert isinstance(trip.run(scenario), ToolReply)
