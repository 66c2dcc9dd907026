"""A wish is fulfilled once, however often it is uttered, and whoever goes on after a crash knows it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from reference_system.errors import (
    CircuitOpenError,
    DeadlineExceededError,
    StoreError,
    ToolRefusedError,
    ToolUnavailableError,
)
from reference_system.gateway.interface import ToolReply
from reference_system.hardening import Hardening
from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance

NAIVE = Hardening().without("idempotency")


async def twice(agent):
    """The model asks again for what it has."""
    return [await agent.book_hotel(), await agent.book_hotel()]


async def twice_at_once(agent):
    """The model asks for the same thing twice in one turn."""
    return await asyncio.gather(agent.book_hotel(), agent.book_hotel())


@pytest.mark.parametrize("ask", [twice, twice_at_once])
def test_a_wish_that_is_uttered_twice_is_sent_once(world, ask):
    """The second answer is the first one, adopted."""
    trip = world()
    first, second = trip.run(ask)
    assert (first.adopted, second.adopted) == (False, True)
    assert first.result == second.result
    assert first.key == second.key
    assert trip.calls("book_hotel") == 1
    assert trip.budget.spent_minor() == first.result.amount_minor


@pytest.mark.parametrize("ask", [twice, twice_at_once])
def test_without_keys_it_is_fulfilled_twice(world, ask):
    """Switch idempotency off: two rooms."""
    trip = world(hardening=NAIVE)
    assert {reply.key for reply in trip.run(ask)} == {None}
    assert len(trip.bookings()) == 2


@pytest.mark.parametrize("fault", [faults.DropResponse(), faults.Duplicate(), faults.LateDelivery(), faults.Reset()])
def test_without_keys_trouble_books_twice(world, fault):
    """Switch idempotency off: the request whose answer was lost is repeated, and both were executed."""
    trip = world((rule(fault, on.tool("book_hotel", nth=1)),), hardening=NAIVE)
    assert isinstance(trip.run(lambda agent: agent.book_hotel()), ToolReply)
    assert len(trip.bookings()) == 2
    assert trip.store.intents("t1") == ()


@pytest.mark.parametrize("other", [{"step": "s2"}, {"trip": "t2"}])
def test_the_same_arguments_in_another_step_or_trip_are_another_wish(world, other):
    """Two rooms were wanted."""
    trip = world()

    async def scenario(agent):
        return [await agent.book_hotel(), await agent.book_hotel(**other)]

    first, second = trip.run(scenario)
    assert first.key != second.key
    assert len(trip.bookings()) == 2


def test_the_key_is_the_same_however_the_arguments_are_written(world, hotel):
    """As text or object, with defaults or without, in any order."""
    trip = world()

    async def scenario(agent):
        written = json.dumps({**dict(reversed(hotel.items())), "rooms": None})
        return [await agent.call("book_hotel", hotel), await agent.call("book_hotel", written)]

    first, second = trip.run(scenario)
    assert first.key == second.key
    assert second.adopted


def test_an_intent_is_written_down_before_anything_is_sent(world):
    """While the request is under way, and still after the process has died, it is there to be found."""
    trip = world((rule(faults.Hang(), on.tool("book_hotel", nth=1)),), deadline_s=5)
    assert isinstance(trip.run(lambda agent: agent.book_hotel()), DeadlineExceededError)
    (intent,) = trip.store.intents("t1")
    assert (intent.state, intent.tool, intent.step, intent.result) == ("open", "book_hotel", "s1", None)
    assert intent.arguments["hotel"] == "H-LIS-1"


def test_a_trip_that_goes_on_adopts_what_was_done(world):
    """A new process, the same wish: nothing is sent."""
    trip = world()
    before = trip.run(lambda agent: agent.book_hotel())
    after = trip.run(lambda agent: agent.book_hotel())
    assert after.adopted
    assert after.result == before.result
    assert trip.calls("book_hotel") == 1


def test_a_trip_that_goes_on_sends_again_what_was_in_doubt(world):
    """The same key: the server answers from its records, and the booking is the one that was made."""
    trip = world((rule(faults.DropResponse(), on.tool("book_hotel", times=4)),))
    assert isinstance(trip.run(lambda agent: agent.book_hotel()), ToolUnavailableError)
    (booked,) = trip.bookings()
    reply = trip.run(lambda agent: agent.book_hotel())
    assert reply.result.booking == booked.booking
    assert len(trip.bookings()) == 1
    assert [intent.state for intent in trip.store.intents("t1")] == ["done"]


def test_a_refusal_is_remembered(world, hotel):
    """The same wish gets the same answer, at no cost."""
    trip = world()
    trip.store.set_capacity("room:H-LIS-1:2027-03-05", 0)

    async def scenario(agent):
        codes = []
        for _ in range(2):
            with pytest.raises(ToolRefusedError) as caught:
                await agent.call("book_hotel", hotel)
            codes.append((caught.value.code, str(caught.value)))
        return codes

    first, second = trip.run(scenario)
    assert first == second
    assert first[0] == "sold_out"
    assert trip.calls("book_hotel") == 1


@pytest.mark.parametrize("by_key", [True, False], ids=["by key", "by id"])
def test_what_was_undone_is_not_adopted(world, by_key):
    """The booking of the records is cancelled: the same wish cannot be fulfilled by it."""
    trip = world()

    async def scenario(agent):
        booked = await agent.book_hotel()
        named = {"request_key": booked.key} if by_key else {"booking": booked.result.booking}
        await agent.call("cancel_hotel", named, agent="compensation", step="undo")
        await agent.book_hotel()

    refused = trip.run(scenario)
    assert isinstance(refused, ToolRefusedError)
    assert refused.code == "barred"
    assert trip.bookings() == ()


def test_a_request_that_was_barred_never_books(world):
    """Cancelled by its key before it arrived: when it does arrive, it is refused."""
    trip = world((rule(faults.LateDelivery(seconds=200), on.tool("book_hotel")),), deadline_s=5)

    async def scenario(agent):
        with pytest.raises(DeadlineExceededError):
            await agent.book_hotel()
        (intent,) = trip.store.intents("t1")
        rescue = replace(agent, allowance=Allowance(Deadline.after(None), Budget()))
        undone = await rescue.call("cancel_hotel", {"request_key": intent.key}, agent="compensation", step="undo")
        await asyncio.sleep(300)
        return undone.result.booking

    assert trip.run(scenario) is None
    assert trip.store.bookings() == ()
    assert [intent.state for intent in trip.store.intents("t1")] == ["undone", "done"]


@pytest.mark.parametrize(("method", "sent", "in_doubt"), [("open_intent", 0, False), ("close_intent", 1, True)])
def test_what_cannot_be_put_on_record_is_not_taken_for_done(world, monkeypatch, method, sent, in_doubt):
    """Without a record nothing is sent; and what was sent, and cannot be recorded, is in doubt."""
    trip = world()

    def fail(*_):
        msg = "the disk is full"
        raise StoreError(msg)

    with monkeypatch.context() as patch:
        patch.setattr(trip.store, method, fail)
        error = trip.run(lambda agent: agent.book_hotel())
    assert isinstance(error, ToolUnavailableError)
    assert "the disk is full" in str(error)
    assert error.in_doubt is in_doubt
    assert trip.calls("book_hotel") == sent
    assert trip.run(lambda agent: agent.book_hotel()).result.booking == "H-000001"
    assert len(trip.bookings()) == 1


def test_a_refusal_after_a_lost_call_holds(world, hotel):
    """The first call is stuck somewhere and its trip has died; the second one is refused, and bars the first."""
    trip = world((rule(faults.LateDelivery(seconds=300), on.tool("book_hotel", times=4)),))
    night = "room:H-LIS-1:2027-03-05"

    async def scenario(agent):
        with pytest.raises(ToolUnavailableError):
            await agent.call("book_hotel", hotel)
        trip.store.set_capacity(night, 0)
        with pytest.raises(ToolRefusedError) as caught:
            await agent.call("book_hotel", hotel)
        trip.store.set_capacity(night, 5)
        await asyncio.sleep(400)
        return caught.value.code

    assert trip.run(scenario) == "sold_out"
    assert trip.store.bookings() == ()


def test_what_is_in_doubt_stays_in_doubt_while_its_tool_is_left_alone(world, hotel):
    """Nothing is sent now; but something was, before."""
    trip = world((rule(faults.Reset(), on.tool("book_hotel")),))

    async def scenario(agent):
        errors = []
        for step in ("s1", "s2", "s1", "s3"):
            with pytest.raises((ToolUnavailableError, CircuitOpenError)) as caught:
                await agent.call("book_hotel", hotel, step=step)
            errors.append(caught.value)
        return errors

    _, _, resumed, fresh = trip.run(scenario)
    assert isinstance(resumed, ToolUnavailableError)
    assert resumed.in_doubt
    assert isinstance(fresh, CircuitOpenError)


def test_a_key_that_nobody_knows_is_barred_without_a_record(world):
    """There is nothing on record that it could undo."""
    trip = world()
    reply = trip.run(lambda agent: agent.call("cancel_hotel", {"request_key": "of-nobody"}))
    assert reply.result.booking is None


def test_cancelling_twice_is_cancelling_once(world):
    """By key and by id, in two steps: both are answered, and the booking is undone."""
    trip = world()

    async def scenario(agent):
        booked = await agent.book_hotel()
        named = [{"booking": booked.result.booking}, {"request_key": booked.key}, {"booking": booked.result.booking}]
        return [await agent.call("cancel_hotel", one, step=f"u{number}") for number, one in enumerate(named)]

    assert {reply.result.state for reply in trip.run(scenario)} == {"cancelled"}
    assert [intent.state for intent in trip.store.intents("t1")] == ["undone", "done", "done", "done"]
