"""A trip spends what it may, and not a cent more."""

from __future__ import annotations

import pytest

from reference_system.contracts.policy import Policy
from reference_system.contracts.tools import TOOLS
from reference_system.errors import NotAllowedError
from reference_system.gateway.interface import ToolReply
from reference_system.gateway.spending import set_aside
from reference_system.resilience.budget import Budget

STAY = {"city": "Lisbon", "check_in": "2027-03-05", "check_out": "2027-03-08"}
PRICE_MINOR = 14_700
"""Of the room that ``agent.book_hotel`` books."""


async def search_and_book(agent):
    """The price is known before the booking."""
    await agent.call("search_hotels", STAY)
    return await agent.book_hotel()


def test_what_is_known_to_cost_too_much_is_not_asked_for(world):
    """The offer was seen: nothing is sent."""
    trip = world(budget=Budget(spend_minor=PRICE_MINOR - 1))
    error = trip.run(search_and_book)
    assert isinstance(error, NotAllowedError)
    assert error.rule == "spend"
    assert f"costs {PRICE_MINOR}, and only {PRICE_MINOR - 1} may still be spent (in cents EUR)" in str(error)
    assert (trip.calls("book_hotel"), trip.budget.spent_minor()) == (0, 0)


def test_what_fits_to_the_cent_is_booked(world):
    """All of it is spent then."""
    trip = world(budget=Budget(spend_minor=PRICE_MINOR))
    assert isinstance(trip.run(search_and_book), ToolReply)
    assert trip.budget.left_minor() == 0


def test_what_turns_out_to_cost_too_much_is_undone(world):
    """No offer was seen (the trip goes on after a crash): the booking is made, found too dear, and cancelled."""
    trip = world(budget=Budget(spend_minor=PRICE_MINOR - 1))
    error = trip.run(lambda agent: agent.book_hotel())
    assert isinstance(error, NotAllowedError)
    assert trip.bookings() == ()
    assert len(trip.bookings("cancelled")) == 1
    assert trip.budget.spent_minor() == 0
    assert [intent.state for intent in trip.store.intents("t1")] == ["undone", "done"]


def test_no_trip_spends_more_than_the_policy_allows(world, flight):
    """Also when its own budget has no limit."""
    trip = world(budget=Budget())

    async def scenario(agent):
        for number in range(100):
            await agent.call("book_flight", {**flight, "date": f"2027-04-{1 + number // 4:02}"}, step=f"s{number}")

    assert isinstance(trip.run(scenario), NotAllowedError)
    assert 400_000 < trip.budget.spent_minor() <= 500_000
    assert sum(row.amount_minor for row in trip.bookings("booked")) == trip.budget.spent_minor()


def test_a_hold_is_free_and_its_price_is_known_afterwards(world, flight):
    """Nothing is set aside for it; what it holds is too dear before it is asked for."""
    trip = world(budget=Budget(spend_minor=100))

    async def scenario(agent):
        hold = await agent.call("hold_flight", flight)
        spent_minor = agent.allowance.budget.spent_minor()
        with pytest.raises(NotAllowedError):
            await agent.call("book_flight", {**flight, "hold": hold.result.booking})
        return spent_minor

    assert trip.run(scenario) == 0
    assert trip.calls("book_flight") == 0


@pytest.mark.parametrize("by_key", [True, False], ids=["by key", "by id"])
def test_what_is_cancelled_may_be_spent_again(world, by_key):
    """And what was cancelled is not taken for booked any more."""
    trip = world(budget=Budget(spend_minor=PRICE_MINOR))

    async def scenario(agent):
        booked = await agent.book_hotel()
        named = {"request_key": booked.key} if by_key else {"booking": booked.result.booking}
        await agent.call("cancel_hotel", named)
        left_minor = agent.allowance.budget.left_minor()
        again = await agent.book_hotel(step="s2")
        return left_minor, again.adopted

    assert trip.run(scenario) == (PRICE_MINOR, False)
    assert len(trip.bookings()) == 1


def test_a_price_other_than_the_one_shown_is_believed_when_it_is_said_twice(world):
    """Prices do change between offer and booking; an answer that was garbled once is not the reason."""
    trip = world()

    async def scenario(agent):
        found = await agent.call("search_hotels", STAY)
        offer = next(offer for offer in found.result.offers if offer.hotel == "H-LIS-1")
        cheaper = offer.model_copy(update={"price_minor": 100})
        arguments = found.arguments
        agent.gateway._shown.note("t1", arguments, found.result.model_copy(update={"offers": (cheaper,)}))
        return await agent.book_hotel()

    assert trip.run(scenario).result.amount_minor == PRICE_MINOR
    assert trip.calls("book_hotel") == 2
    assert len(trip.bookings()) == 1
    assert trip.budget.spent_minor() == PRICE_MINOR


def test_a_price_for_one_is_multiplied_by_who_travels(world, flight):
    """What was shown for one seat is expected for each: the answer is no surprise, and nothing is asked twice."""
    trip = world()
    flight["travellers"] = ["Ada", "Ben", "Cy"]

    async def scenario(agent):
        search = {"origin": "Zurich", "destination": "Lisbon", "depart_on": flight["date"], "seats": 3}
        found = await agent.call("search_flights", search)
        price_minor = next(offer.price_minor for offer in found.result.outbound if offer.flight == flight["flight"])
        return price_minor, (await agent.call("book_flight", flight)).result.amount_minor

    price_minor, amount_minor = trip.run(scenario)
    assert amount_minor == 3 * price_minor == trip.budget.spent_minor()
    assert trip.calls("book_flight") == 1


def test_what_the_policy_forbids_is_not_set_aside():
    """The trip's own budget had no limit, and is as before."""
    policy = Policy(tools={}, spend_limit_minor=100, travellers_at_most=9, nights_at_most=14, currency="EUR")
    budget = Budget()
    set_aside(policy, budget, TOOLS["book_hotel"], 60, purpose="a")
    with pytest.raises(NotAllowedError, match="costs 41, and only 40 may still be spent"):
        set_aside(policy, budget, TOOLS["book_hotel"], 41, purpose="b")
    assert budget.spent_minor() == 60
