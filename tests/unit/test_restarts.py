"""A system that crashes in a performance is started again, as whoever runs it in production would."""

from __future__ import annotations

import json
from functools import partial

import httpx2
import pytest

from pytest_agentchaos import Effect, faults, on
from pytest_agentchaos.crash_points import CRASHES, crash_points
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.performance import RESTARTS, perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System

URL = "http://air.test"


class Airline:
    """Sells seats, by a key or without one."""

    def __init__(self):
        self.sold = []

    def handle(self, request):
        """Sell one."""
        order = json.loads(request.body)
        if order["key"] is None or order["key"] not in self.sold:
            self.sold.append(order["key"])
        return Reply(200, (("content-type", "application/json"),), json.dumps({"id": len(self.sold)}).encode())


class Agent:
    """Books a seat and a way back; with a diary it knows what it has done."""

    def __init__(self, *, careful=True):
        self.airline = Airline()
        self.careful = careful
        self.diary = []

    def introduce(self, chaos):
        """Say what it does."""
        chaos.upstream(URL, self.airline)
        chaos.effect(Effect("seat", tool="POST /book", key=("body.leg",), id="result.id"))

    async def take(self):
        """Book what is not booked yet."""
        async with httpx2.AsyncClient(base_url=URL) as client:
            for leg in ("there", "back"):
                if leg not in self.diary:
                    key = leg if self.careful else None
                    body = {"leg": leg, "key": key}
                    self.diary.append((await client.post("/book", json=body)).raise_for_status() and leg)
        return "completed"


class Resuming(Agent):
    """Has a way of its own to be started again."""

    async def resume(self):
        """Go on."""
        return f"resumed and {await self.take()}"


def restarts(performance):
    """What the history tells of them."""
    return [(op.data["restart"], op.data["by"]) for op in performance.history if "restart" in op.data]


@pytest.mark.parametrize(("make", "by"), [(Agent, "take"), (Resuming, "resume")])
def test_a_crash_is_followed_by_a_restart(make, by):
    """The request is delivered again, unless the system knows how to go on."""
    crash = rule(faults.Crash(of="caller", down_s=7), on.http(nth=2))
    performance = perform(Plan(System.of(make), schedule=(crash,)))
    assert performance.result.status == "pass"
    assert performance.result.ended == "completed"
    assert restarts(performance) == [(1, by)]
    assert performance.result.virtual_s == 7
    assert str(performance.history[-1].data["answer"]).startswith("resumed") == (by == "resume")


def test_it_may_crash_again_and_again():
    """As the schedule says."""
    crash = rule(faults.Crash(of="caller", point="before_send"), on.http(times=3))
    performance = perform(Plan(System.of(Agent), schedule=(crash,)))
    assert performance.result.ended == "completed"
    assert restarts(performance) == [(1, "take"), (2, "take"), (3, "take")]


def test_one_that_crashes_each_time_proves_nothing():
    """There is an end to it, and the result says which and what to do."""
    crash = rule(faults.Crash(of="caller", down_s=0), on.http())
    performance = perform(Plan(System.of(Agent), schedule=(crash,)))
    assert performance.result.status == "invalid"
    assert "it crashes each time" in performance.result.why
    assert "nth=1" in performance.result.why
    assert performance.result.ended == "crashed"
    assert len(restarts(performance)) == RESTARTS


def test_how_it_ended_may_be_expected():
    """Crashed is one of the words, and after a restart it is no longer the one."""
    crash = rule(faults.Crash(of="caller"), on.http(nth=1))
    plan = Plan(System.of(Agent), schedule=(crash,), expect=("crashed",))
    result = perform(plan).result
    assert (result.ended, result.status) == ("completed", "unknown")
    assert result.why.startswith("ends(crashed): it gave an answer")


def test_the_points_of_a_journey_are_its_calls_and_what_can_end_there():
    """Each is a plan of its own, which can be carried out anywhere."""
    plans = crash_points(Plan(System.of(Agent)))
    assert len(plans) == 2 * len(CRASHES)
    assert {plan.schedule[0].fault for plan in plans} == set(CRASHES)
    assert len({plan.schedule[0].selector.site for plan in plans}) == 2
    assert len(crash_points(Plan(System.of(Agent)), CRASHES[:1])) == 2


def test_a_journey_that_cannot_be_taken_has_no_points():
    """Why, stands in the error."""
    why = "no database"

    def broken():
        raise RuntimeError(why)

    with pytest.raises(UsageError, match="no database"):
        crash_points(Plan(System.of(broken)))


def test_crashing_everywhere_tells_a_careful_system_from_another():
    """One request twice is two seats, where nobody knows the request by a key."""
    careful, careless = (System.of(make) for make in (Agent, partial(Agent, careful=False)))
    assert {perform(plan).result.status for plan in crash_points(Plan(careful))} == {"pass"}
    assert "fail" in {perform(plan).result.status for plan in crash_points(Plan(careless))}
