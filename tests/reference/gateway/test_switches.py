"""What the gateway's other safeguards are for, seen from what happens without them."""

from __future__ import annotations

import asyncio

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from reference_system.errors import CircuitOpenError, ToolError
from reference_system.hardening import Hardening
from reference_system.resilience.budget import Budget

STAY = {"city": "Lisbon", "check_in": "2027-03-05", "check_out": "2027-03-08"}


async def search_ten_times(agent):
    """As somebody does who does not understand that the tool is down: the errors."""
    errors = []
    for _ in range(10):
        try:
            await agent.call("search_hotels", STAY)
        except ToolError as error:
            errors.append(type(error))
    return errors


@pytest.mark.parametrize(
    ("off", "requests", "seconds"),
    [
        ((), 5, (0, 10)),
        (("breaker",), 10 + 20, (10, 60)),
        (("breaker", "retry_budget"), 10 * 4, (10, 35)),
        (("breaker", "retry_budget", "retry_backoff"), 10 * 4, (0, 0)),
    ],
    ids=["all on", "no breaker", "no retry budget either", "no pauses either"],
)
def test_a_tool_that_is_down_is_spared(world, off, requests, seconds):
    """All on: five requests. Without breaker, budget and pauses: forty, as fast as they can be sent."""
    schedule = (rule(faults.Unavailable(), on.tool("search_hotels")),)
    trip = world(schedule, hardening=Hardening().without(*off), budget=Budget(retries=20))
    errors = trip.run(search_ten_times)
    assert len(errors) == 10
    assert (CircuitOpenError in errors) is ("breaker" not in off)
    assert trip.calls("search_hotels") == requests
    least_s, most_s = seconds
    assert least_s <= trip.took_s <= most_s


def test_a_tool_that_recovers_is_used_again(world):
    """After its pause one call is let through, and then all."""
    trip = world((rule(faults.Unavailable(), on.tool("search_hotels", times=5)),))

    async def scenario(agent):
        errors = await search_ten_times(agent)
        await asyncio.sleep(20)
        return errors, await agent.call("search_hotels", STAY), await search_ten_times(agent)

    errors, found, errors_after = trip.run(scenario)
    assert CircuitOpenError in errors
    assert found.result.offers
    assert errors_after == []
