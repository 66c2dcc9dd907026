"""Circuit breakers, for each tool and for all together: what keeps failing is left alone, and then tried once.

Retries of one trip have a budget. The breakers are what all trips of a process share: an outage is noticed once, not by
each user anew, and a server that comes back is not met by everything that has piled up.
"""

import asyncio
from itertools import pairwise

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pytest_agentchaos import faults, on
from reference_system.journeys import find


def _trips(travel, requests, every_s=0.0):
    """These trips, one beginning after the other."""

    async def visit():
        async with travel.service() as service:

            async def trip(number, request):
                await asyncio.sleep(number * every_s)
                return await service.ask(request, key=f"{request.user}-{number}")

            return await asyncio.gather(*(trip(number, request) for number, request in enumerate(requests)))

    return visit


FOUR = ("Ada", "Ben", "Cid", "Dora")


def test_a_tool_that_is_down_is_left_alone(agentchaos, system, weekend, times):
    """Four users want hotels and nobody answers: a few calls, then one each twenty seconds to see if it is back."""
    travel = system()
    agentchaos.inject(faults.Unavailable(), on.tool("search_hotels"))

    agentchaos.run(_trips(travel, map(weekend, FOUR)))

    sent = times("search_hotels")
    first = [at_s for at_s in sent if at_s < 20]
    assert len(first) <= 5 + len(FOUR) - 1  # those that were under way together count as one
    assert all(later - earlier >= 20 for earlier, later in pairwise(sent[len(first) - 1 :]))


def test_without_breakers_a_tool_that_is_down_is_hammered(agentchaos, system, weekend, times):
    """The same four users bring more than sixty calls to a server that is trying to start."""
    travel = system("breaker")
    agentchaos.inject(faults.Unavailable(), on.tool("search_hotels"))

    agentchaos.run(_trips(travel, map(weekend, FOUR)))

    assert len(times("search_hotels")) > 60


def test_a_tool_that_comes_back_is_used_again(agentchaos, system, weekend, times):
    """After half a minute the hotels are there again, one probe finds out, and every trip is completed."""
    travel = system()
    agentchaos.inject(faults.Unavailable(), on.tool("search_hotels", between=(0, 30)))

    answers = agentchaos.run(_trips(travel, map(weekend, FOUR), every_s=5))

    assert {answer.reason for answer in answers} == {"completed"}
    assert len(times("search_hotels")) <= 12


def _blackout(travel, weekend):
    """A trip is booked. Then no tool answers, four trips find out, and the user of the first one wants to cancel it."""

    async def visit():
        async with travel.service() as service:
            booked = await service.ask(weekend("Ada"), key="ada-1")
            await asyncio.sleep(10)
            hotel = find("hotel-only").turns[0].request(None)
            crowd = [service.ask(weekend("Ben"), key="1"), service.ask(weekend("Cid"), key="2")]
            crowd += [service.ask(hotel, key="3"), service.ask(hotel, key="4")]
            running = [asyncio.create_task(trip) for trip in crowd]
            await asyncio.sleep(5)
            figures = (await service.http.get("/metrics")).text
            cancel = weekend("Ada").model_copy(update={"text": "Please cancel the whole trip.", "about": booked.trip})
            await asyncio.gather(service.ask(cancel, key="ada-2"), *running)
            return {
                sample.labels["name"]: sample.value
                for family in text_string_to_metric_families(figures)
                for sample in family.samples
                if sample.name == "travel_breaker_state"
            }

    return visit


def test_when_everything_fails_everything_is_left_alone(agentchaos, system, weekend, times):
    """Also a tool that nobody has tried yet: nothing is cancelled until one probe has found the tools alive."""
    travel = system()
    agentchaos.inject(faults.Unavailable(), on.tool(between=(10, 25)))

    states = agentchaos.run(_blackout(travel, weekend))

    assert states["*"] == 2.0  # open
    assert min(times("cancel_*")) >= 30
    assert travel.store.bookings(trip=travel.store.trips()[0].trip, state="booked") == ()


def test_without_breakers_a_blackout_is_found_out_by_each_tool_anew(agentchaos, system, weekend, times):
    """The cancellations are sent into the dark at once, one after the other, and again."""
    travel = system("breaker")
    agentchaos.inject(faults.Unavailable(), on.tool(between=(10, 25)))

    states = agentchaos.run(_blackout(travel, weekend))

    assert states == {}
    into_the_dark = [at_s for at_s in times("*") if 10 <= at_s < 25]
    assert min(times("cancel_*")) == pytest.approx(15)
    assert len(into_the_dark) > 40
