"""Bounds: what costs more, takes longer or goes round is found, and the safeguards keep each trip within what it may.

Each row of the table is an incident: the safeguards that are missing, the invariant that finds it, what it says, and
what is wrong in the world. With all safeguards, in the same world and by the same seed, the invariant passes.

A model in a loop is stopped by the supervisor first. So where a budget is to be missed, whatever else would have ended
the loop is switched off as well; and each budget is shown to be enough by itself.
"""

import asyncio
import re
from typing import Any, NamedTuple

import pytest

from pytest_agentchaos import faults, invariants, on
from pytest_agentchaos.doubles import Reply
from pytest_agentchaos.errors import HungError
from reference_system.contracts.trip import Reason, TripRequest

MODEL_CALLS, TOOL_CALLS, TOKENS, TIME_S = 60, 60, 200_000, 180
"""Of the manifest v1."""

pytestmark = pytest.mark.unmeasured  # the same trips, once more with each trouble
LARGEST_TURN = 10_000
"""Tokens: the reply that goes beyond the budget is the last one."""
COST = 0.30
"""EUR: what a trip may cost at the prices of the manifest v1, most of its tokens being input."""
REASON = "answers.*.reason"

LOOPING = {"model": "travel-looping"}
SLOW_MODEL = [(faults.Latency(seconds=27), on.model())]
RENAMED = [(faults.SchemaDrift(change_to="renamed", field="booking"), on.tool("book_hotel", nth=1))]


class Busy:
    """Stands before the model: turns every question away twice before it lets it through."""

    def __init__(self, model):
        self._model = model
        self._sent = {}

    def handle(self, request):
        """A request is known by its body."""
        sent = self._sent[request.body] = self._sent.get(request.body, 0) + 1
        return self._model.handle(request) if sent > 2 else Reply(429, (("retry-after", "0"),), b"{}")


def _busy(travel):
    travel.model = Busy(travel.model)


class Incident(NamedTuple):
    """What happens without some safeguards: the first is the one that is missed."""

    switches: tuple[str, ...]
    invariant: Any
    tells: str
    trip: Any


BUDGETS = {
    "a trip is asked about a hundred times": Incident(
        ("step_budget", "supervisor", "token_budget", "tool_budget"),
        invariants.at_most("model_calls", MODEL_CALLS),
        r"model_calls = 1\d\d, above 60",
        LOOPING,
    ),
    "and takes two hundred steps": Incident(
        ("step_budget", "supervisor", "token_budget", "tool_budget"),
        invariants.at_most("steps", MODEL_CALLS + TOOL_CALLS + 2),  # two cancellations undo what was held
        r"steps = 2\d\d, above 122",
        LOOPING,
    ),
    "each turn carries all turns before it, and the bill grows with the square of the loop": Incident(
        ("token_budget", "supervisor", "step_budget", "tool_budget"),
        invariants.at_most("tokens", TOKENS + LARGEST_TURN),
        r"tokens = 4\d{5}, above 210000",
        LOOPING,
    ),
    "in money": Incident(
        ("token_budget", "supervisor", "step_budget", "tool_budget"),
        invariants.at_most("cost", COST),
        r"cost = 0\.6\d*, above 0\.3",
        LOOPING,
    ),
    "the tools are hammered for one trip": Incident(
        ("tool_budget", "supervisor", "step_budget", "token_budget"),
        invariants.at_most("tool_calls", TOOL_CALLS, of="[!c]*"),  # what undoes bookings may always be sent
        r"tool_calls of \[!c\]\* = 1\d\d, above 60",
        LOOPING,
    ),
}

OTHERS = {
    "a model asks for the same search until the money is gone": Incident(
        ("supervisor",),
        invariants.no_progress_loop(),
        "tool 'search_flights' was called 5 times with the same arguments, with the same result each time",
        LOOPING,
    ),
    "the model is slow, and the user waits for more than four minutes": Incident(
        ("deadline",),
        invariants.at_most("duration_s", TIME_S + 1),
        "duration_s = 270, above 181",
        {"faults": SLOW_MODEL},
    ),
    "an overloaded model gets three times the load": Incident(
        ("retry_budget",),
        invariants.at_most("amplification", 2.5, of="travel-*"),
        r"amplification of travel-\* = 3, above 2\.5",
        {"change": _busy, "journey": "tour-of-two-cities"},
    ),
}

INCIDENTS = {**BUDGETS, **OTHERS}
incidents = pytest.mark.parametrize("incident", INCIDENTS.values(), ids=INCIDENTS)


@incidents
def test_without_the_safeguard(taken, judged, incident):
    """It happens, and the invariant tells by how much."""
    taken(*incident.switches, **incident.trip)

    verdict = judged(incident.invariant)

    assert verdict.status == "fail"
    assert re.search(incident.tells, verdict.reason)


@incidents
def test_with_all_safeguards(taken, judged, incident):
    """In the same world it does not happen."""
    taken(**incident.trip)

    assert judged(incident.invariant).status == "pass"


@pytest.mark.parametrize("incident", BUDGETS.values(), ids=BUDGETS)
def test_each_budget_is_enough(taken, judged, incident):
    """The supervisor looks away, and so do the other budgets."""
    _, *others = incident.switches
    taken(*others, **incident.trip)

    assert judged(incident.invariant).status == "pass"


# --- a tool that is down ------------------------------------------------------------------------------------------


def _four_trips(travel):
    def request(user):
        text = f"A weekend in Lisbon from Zurich, from Friday 5 March for 3 nights, for {user}, under 1200 euros."
        return TripRequest(text=text, user=user)

    async def visit():
        async with travel.service() as service:
            users = ("Ada", "Ben", "Cid", "Dora")
            return await asyncio.gather(*(service.ask(request(user), key=user) for user in users))

    return visit


@pytest.mark.parametrize(("off", "status"), [(["breaker"], "fail"), ([], "pass")], ids=["without", "with"])
def test_a_tool_that_is_down_is_hammered_without_breakers(agentchaos, system, judged, off, status):
    """Four users want hotels, nobody answers, and a server that tries to start gets one search dozens of times."""
    travel = system(*off)
    agentchaos.inject(faults.Unavailable(), on.tool("search_hotels"))
    agentchaos.run(_four_trips(travel))

    verdict = judged(invariants.at_most("retries", 20, of="search_hotels"))

    assert verdict.status == status
    assert re.search(r"retries of search_hotels = \d\d, above 20", verdict.reason) or status == "pass"


# --- a trip that never ends ---------------------------------------------------------------------------------------


def test_a_field_that_was_renamed_overnight_is_no_end_without_validation(agentchaos, system, judged):
    """A room is booked, the service answers 503, and however often the user asks again, the trip has no end."""
    travel = system("validate_results")
    for fault, where in RENAMED:
        agentchaos.inject(fault, where)
    with pytest.raises(Exception, match="broke off"):
        agentchaos.run(travel.take, "weekend-in-lisbon")

    verdict = judged(invariants.terminates(REASON, among=list(Reason)))

    assert verdict.status == "fail"
    assert "a run gave no reason for its end: it raised" in verdict.reason


def test_a_field_that_was_renamed_overnight_is_asked_for_again(taken, judged):
    """With all safeguards the result is no result, the records answer the second request, and the trip has its end."""
    taken(faults=RENAMED)

    assert judged(invariants.terminates(REASON, among=["completed"])).status == "pass"
    assert judged(invariants.terminates(REASON, among=list(Reason))).status == "pass"


# --- a ring -------------------------------------------------------------------------------------------------------


def _team(agentchaos, patience_s):
    """A planner that asks the booker, who has a question to the planner, who is busy until it has its answer.

    No switch of the travel system makes it wait for ever: all its clients have timeouts of their own.
    """
    desk = asyncio.Lock()

    async def planner():
        async with asyncio.timeout(patience_s), desk:
            with agentchaos.agent("planner"):
                return await ask_booker()

    async def booker():
        with agentchaos.agent("booker"):
            return await ask_planner()

    ask_planner = agentchaos.tool(planner, kind="agent")
    ask_booker = agentchaos.tool(booker, kind="agent")
    return ask_planner


def test_agents_that_wait_for_one_another_without_a_timeout(agentchaos, judged):
    """Each of two agents is polite enough to wait for the other: nothing fails, and nothing ever ends."""
    with pytest.raises(HungError):
        agentchaos.run(_team(agentchaos, None))

    deadlock, end = judged(invariants.no_deadlock()), judged(invariants.terminates())

    assert (deadlock.status, end.status) == ("fail", "fail")
    assert "waits for" in deadlock.reason
    assert "waits for something that can never come" in end.reason


def test_the_ring_is_named(agentchaos, judged):
    """Whoever reads the verdict learns who waits for whom."""
    with pytest.raises(HungError):
        agentchaos.run(_team(agentchaos, None))

    assert "'planner' waits for 'booker', 'booker' waits for 'planner'" in judged(invariants.no_deadlock()).reason


def test_a_timeout_breaks_the_ring(agentchaos, judged):
    """An error after half a minute is an end."""
    with pytest.raises(TimeoutError):
        agentchaos.run(_team(agentchaos, 30))

    assert judged(invariants.no_deadlock()).passed
    assert judged(invariants.terminates()).passed
