"""The travel system's manners: how it treats what is in trouble, with its safeguards and without them.

Each pair has the same journey, the same faults and the same seed; only a switch of the system differs.
"""

import asyncio
from functools import partial

import pytest

from pytest_agentchaos import faults, invariants, on
from reference_system.contracts.manifest import load
from reference_system.contracts.trip import TripRequest

ERRORS, WORKFLOW = load("v1").errors, load("v1").workflow


# --- a server that says when to come back ---------------------------------------------------------------------------

pytestmark = pytest.mark.unmeasured  # the same trips, once more with each trouble


def _asked_for_rest(agentchaos, travel):
    agentchaos.inject(faults.RateLimited(retry_after_s=5), on.tool("search_hotels", between=(0, 5)))
    agentchaos.run(travel.take, "weekend-in-lisbon")


def test_who_is_asked_to_rest_rests(agentchaos, system, judged):
    """Retry-After: 5, and nobody comes to the hotels' server for five seconds."""
    _asked_for_rest(agentchaos, system())
    found = judged(invariants.respects_retry_after())
    assert (found.status, found.ops) == ("pass", ())
    assert found.reason == "1 reply said when to come back; nobody came sooner"


PLACES = {
    "a search": partial(on.tool, "search_flights"),
    "two holds at once": partial(on.tool, "hold_flight"),
    "a booking": partial(on.tool, "book_hotel"),
    "every tool": on.tool,
    "the model": on.model,
}
HOW_OFTEN = {"once": 1, "three times": 3, "for good": None}
RESTS = {f"{where} {often}": at(times=times) for where, at in PLACES.items() for often, times in HOW_OFTEN.items()}


@pytest.mark.parametrize("limit", [{"retry_after_s": 1}, {"retry_after_s": 20}, {"retry_after_s": 70}, {"quota": True}])
@pytest.mark.parametrize("where", RESTS.values(), ids=RESTS)
def test_whoever_is_asked_to_rest_rests(agentchaos, system, judged, where, limit):
    """All calls to a server, and all to a model: retries, other agents, and the rules that take over in the end."""
    travel = system()
    every = on.model() if where.kind == "model" else on.tool()
    agentchaos.inject(faults.Latency(seconds=0.1), every)  # else nobody can tell what was under way already
    agentchaos.inject(faults.RateLimited(**limit), where)
    agentchaos.run(travel.take, "weekend-in-lisbon")
    found = judged(invariants.respects_retry_after())
    assert found.status == "pass", found.reason


def test_without_backoff_who_is_asked_to_rest_comes_at_once(agentchaos, system, judged):
    """The verdict names the server, what it asked for, and each call that came all the same."""
    _asked_for_rest(agentchaos, system("retry_backoff"))
    found = judged(invariants.respects_retry_after())
    assert found.status == "fail"
    assert found.reason == "hotels.travel.local/mcp asked for 5 s of rest and was called again after 0 s"
    calls = {op for op in found.ops if agentchaos.history[op].kind == "invoke"}
    assert {agentchaos.history[op].call.name for op in calls} == {"search_hotels"}


def test_without_a_tolerant_transport_nobody_hears_how_long_to_rest(agentchaos, system, judged):
    """The MCP client forgets the header, and backs off as it likes."""
    _asked_for_rest(agentchaos, system("tolerant_transport"))
    found = judged(invariants.respects_retry_after())
    assert found.status == "fail"
    assert "hotels.travel.local/mcp asked for 5 s of rest and was called again after 0." in found.reason


# --- pauses that grow -----------------------------------------------------------------------------------------------


def _model_in_trouble(agentchaos, travel):
    agentchaos.inject(faults.Overloaded(), on.model(between=(0, 2)))
    agentchaos.run(travel.take, "weekend-in-lisbon")


def test_a_model_in_trouble_is_tried_after_growing_pauses(agentchaos, system, judged):
    """Three pauses with full jitter are seen to grow."""
    _model_in_trouble(agentchaos, system())
    found = judged(invariants.backs_off())
    assert found.status == "pass"
    assert found.reason.startswith("model travel-steady @ model.travel.local: the pauses grow (3 pauses from ")


def test_without_backoff_a_model_in_trouble_is_tried_at_once(agentchaos, system, judged):
    """Four attempts in one instant."""
    _model_in_trouble(agentchaos, system("retry_backoff"))
    found = judged(invariants.backs_off())
    assert (found.status, len(found.ops)) == ("fail", 4)
    told = "it was tried again at once (3 pauses from 0 s to 0 s)"
    assert found.reason == f"model travel-steady @ model.travel.local: {told}"


def _holds_in_trouble(agentchaos, travel):
    agentchaos.inject(faults.Unavailable(), on.tool("hold_flight", times=6))
    agentchaos.run(travel.take, "weekend-in-lisbon")


def test_two_holds_that_fail_together_come_back_one_by_one(agentchaos, system, judged):
    """The pauses of the two calls are drawn by lot, each for itself."""
    _holds_in_trouble(agentchaos, system())
    assert judged(invariants.backs_off(jitter=True)).status == "pass"


def test_without_backoff_two_holds_that_fail_together_come_back_together(agentchaos, system, judged):
    """The verdict names the tool and its agent."""
    _holds_in_trouble(agentchaos, system("retry_backoff"))
    found = judged(invariants.backs_off(jitter=True))
    assert found.status == "fail"
    assert found.reason.startswith("flights -> tool hold_flight @ flights.travel.local/mcp: it was tried again at once")


# --- breakers -------------------------------------------------------------------------------------------------------

OPENS = invariants.breaker_opens(after=ERRORS.breaker_failures, rest_s=ERRORS.breaker_open_s, per="name")


def _four_users(agentchaos, travel):
    """Four trips at once; the hotels' server is down."""
    agentchaos.inject(faults.Unavailable(), on.tool("search_hotels"))

    async def trip(service, user):
        text = f"A weekend in Lisbon from Zurich, from Friday 5 March for 3 nights, for {user}, under 1200 euros."
        return await service.ask(TripRequest(text=text, user=user), key=user)

    async def visit():
        async with travel.service() as service:
            await asyncio.gather(*(trip(service, user) for user in ("Ada", "Ben", "Cid", "Dora")))

    agentchaos.run(visit)


def test_what_is_down_is_left_alone(agentchaos, system, judged):
    """Five failures in a row, and then one probe each twenty seconds, whoever wants a hotel."""
    _four_users(agentchaos, system())
    found = judged(OPENS)
    assert found.status == "pass"
    assert found.reason == "search_hotels @ hotels.travel.local/mcp was left alone after 5 failures"


def test_without_breakers_what_is_down_is_hammered(agentchaos, system, judged):
    """The verdict names the tool, when the breaker should have opened, and the call that was one too many."""
    _four_users(agentchaos, system("breaker"))
    found = judged(OPENS)
    assert (found.status, len(found.ops)) == ("fail", 6)
    assert found.reason.startswith("search_hotels @ hotels.travel.local/mcp had failed 5 times in a row by 0.")
    assert "and call 2 within 20 s after that came at 0." in found.reason


# --- deadlines ------------------------------------------------------------------------------------------------------

IN_TIME = invariants.deadline_respected(WORKFLOW.deadline_s)


def _slow_model(agentchaos, travel):
    agentchaos.inject(faults.Latency(seconds=27), on.model())
    agentchaos.run(travel.take, "weekend-in-lisbon")


def test_a_trip_is_over_in_time(agentchaos, system, judged):
    """What it had booked by then is undone by then as well: no call has to be excepted."""
    _slow_model(agentchaos, system())
    found = judged(IN_TIME)
    assert found.status == "pass"
    assert found.reason == "1 run took 180 s at most"


def test_without_a_deadline_a_trip_takes_as_long_as_it_takes(agentchaos, system, judged):
    """The verdict names the first call that came too late, and how long all of it took."""
    _slow_model(agentchaos, system("deadline"))
    found = judged(IN_TIME)
    assert found.status == "fail"
    assert "tool book_flight @ flights.travel.local/mcp began 189 s after the first call" in found.reason
    assert "it took 270 s, and 180 s are allowed, with 1 s of grace" in found.reason
