"""Who may call what, and how often."""

from __future__ import annotations

import pytest

from reference_system.errors import BudgetExhaustedError, DeadlineExceededError, NotAllowedError
from reference_system.gateway.interface import ToolReply
from reference_system.hardening import Hardening
from reference_system.resilience.budget import Budget

STAY = {"city": "Lisbon", "check_in": "2027-03-05", "check_out": "2027-03-08"}


async def search_three_times(agent):
    """The third search is the answer."""
    for _ in range(2):
        await agent.call("search_hotels", STAY)
    return await agent.call("search_hotels", STAY)


@pytest.mark.parametrize("agent_name", ["flights", "compensation", "health", "somebody"])
def test_an_agent_has_its_own_tools_only(world, hotel, agent_name):
    """What another agent does is refused before anything is sent, and the error says what is allowed."""
    trip = world()
    error = trip.run(lambda agent: agent.call("book_hotel", hotel, agent=agent_name))
    assert isinstance(error, NotAllowedError)
    assert error.rule == "agent"
    assert f"the agent '{agent_name}' may not call book_hotel" in str(error)
    assert trip.calls("*") == 0


def test_a_shadow_reads_and_does_not_write(world, hotel):
    """It sees what the real trip sees and leaves nothing behind."""
    trip = world()

    async def scenario(agent):
        found = await agent.call("search_hotels", STAY, shadow=True)
        with pytest.raises(NotAllowedError) as caught:
            await agent.call("book_hotel", hotel, shadow=True)
        return found, caught.value.rule

    found, rule = trip.run(scenario)
    assert found.result.offers
    assert rule == "shadow"
    assert (trip.calls("book_hotel"), trip.bookings(), trip.store.intents("t1")) == (0, (), ())


def test_a_trip_makes_so_many_tool_calls(world):
    """The one that is too many is not sent."""
    trip = world(budget=Budget(tool_calls=2))
    error = trip.run(search_three_times)
    assert isinstance(error, BudgetExhaustedError)
    assert trip.calls("search_hotels") == 2


def test_with_the_switch_off_nobody_counts(world):
    """Switch tool_budget off: it goes on."""
    trip = world(budget=Budget(tool_calls=2), hardening=Hardening().without("tool_budget"))
    assert isinstance(trip.run(search_three_times), ToolReply)
    assert trip.calls("search_hotels") == 3


def test_after_its_deadline_a_trip_makes_no_calls(world):
    """It has no time left for them."""
    trip = world(deadline_s=-1)
    assert isinstance(trip.run(lambda agent: agent.call("search_hotels", STAY)), DeadlineExceededError)
    assert trip.calls("*") == 0
