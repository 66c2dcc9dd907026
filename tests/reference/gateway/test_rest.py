"""A tool server that says when to come back: all tools of that server are left alone, by all trips."""

from __future__ import annotations

import asyncio

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from reference_system.errors import ToolUnavailableError
from reference_system.hardening import Hardening

STAY = {"city": "Lisbon", "check_in": "2027-03-05", "check_out": "2027-03-08"}
WEATHER = {"city": "Lisbon", "first": "2027-03-05", "last": "2027-03-06"}


async def search_then_book(agent):
    """A trip searches; a second later another one books at the same server, and a third asks for the weather."""
    search = asyncio.create_task(agent.call("search_hotels", STAY))
    await asyncio.sleep(1)
    return await asyncio.gather(
        search, agent.book_hotel(trip="t2"), agent.call("get_forecast", WEATHER, trip="t3"), return_exceptions=True
    )


def began_s(trip, tool):
    """When requests for it were sent."""
    return [one.at_s for one in trip.trial.history.calls(tool, kind="tool")]


def busy(retry_after_s, **where):
    """The hotels' server turns a search away."""
    return (rule(faults.RateLimited(retry_after_s=retry_after_s), on.tool("search_hotels", **where)),)


def test_the_whole_server_rests(world):
    """The booking waits as well, and is made once; the weather's server has nothing to do with it."""
    trip = world(busy(5, nth=1))
    found, booked, _ = trip.run(search_then_book)
    assert (found.tool, booked.tool) == ("search_hotels", "book_hotel")
    (booking_s,) = began_s(trip, "book_hotel")
    assert 5 <= booking_s < 6
    assert began_s(trip, "get_forecast") == [1]
    assert len(trip.bookings()) == 1
    assert trip.budget.used()["retries"] == 1


def test_what_cannot_wait_fails_at_once_and_is_not_in_doubt(world):
    """Nothing was sent, so nothing can have happened."""
    trip = world(busy(100, nth=1))
    _, error, _ = trip.run(search_then_book)
    assert isinstance(error, ToolUnavailableError)
    assert str(error) == "hotels wants to be left alone for 99.0 s more"
    assert not error.in_doubt
    assert began_s(trip, "book_hotel") == []
    assert trip.took_s == 1


@pytest.mark.parametrize("switch", ["retry_backoff", "tolerant_transport"])
def test_without_these_safeguards_nobody_rests(world, switch):
    """Either nobody listens, or the client forgets what was said."""
    trip = world(busy(5, nth=1), hardening=Hardening().without(switch))
    trip.run(search_then_book)
    assert began_s(trip, "book_hotel") == [1]
