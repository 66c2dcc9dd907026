"""Every fault of the plugin, at every call of a trip, once and for good: all is booked once, or it is said why not."""

import random
from functools import cache
from typing import ClassVar

import pytest

from pytest_agentchaos import on
from pytest_agentchaos.faults.answers import ResultFault
from pytest_agentchaos.faults.registry import fault_class, registered
from pytest_agentchaos.schedule import rule
from reference_system.contracts.tools import DOMAINS
from reference_system.contracts.trip import Reason

pytestmark = pytest.mark.unmeasured  # the same trips, once more with each trouble
JOURNEY = "weekend-in-lisbon"
GROUPS = {"service": ("main", *DOMAINS), "rest": ("*.travel.local*",)}
"""Calls are made by the agents, which go by their domains, or by the orchestrator itself."""
PARAMETERS = {
    "partition": {"groups": GROUPS},
    "corrupted_value": {"field": "booking"},
    "wrong_entity": {"field": "booking"},
}
TOOLS = {
    "search_flights": 1, "hold_flight": 2, "book_flight": 2, "search_hotels": 1, "book_hotel": 1, "get_forecast": 1,
    "search_restaurants": 1, "reserve_table": 1, "save_itinerary": 1,
}  # fmt: skip
"""How often a clean trip calls each."""
MODEL_CALLS = 12
ENDINGS = {Reason.COMPLETED, Reason.DEGRADED, Reason.ESCALATED}


FOR_GOOD = PARAMETERS | {"crash": {"of": "callee"}, "pause": {"of": "callee"}}
"""A caller that is killed at each call of a sort never gets beyond it; its own test is in test_crash_everywhere."""


def fault(name, parameters=PARAMETERS):
    """The fault with parameters that let it act."""
    return fault_class(name)(**parameters.get(name, {}))


def sites(kinds):
    """Every call of the trip that a fault of these kinds could meet."""
    if "tool" in kinds:
        yield from (on.tool(name, nth=nth) for name, count in TOOLS.items() for nth in range(1, count + 1))
    if "model" in kinds:
        yield from (on.model(nth=nth) for nth in range(1, MODEL_CALLS + 1))


@cache
def calls(run):
    """What a clean trip calls, by kind and name."""
    seen = [op.site for op in run(JOURNEY).trial.history if op.kind == "invoke"]
    return tuple(sorted((site.kind, site.name) for site in seen))


def test_the_sites_are_those_of_the_trip(run):
    """A call that is not in the table would never be broken."""
    found = [name for kind, name in calls(run) if kind == "tool"]
    assert found == sorted(name for name, count in TOOLS.items() for _ in range(count))
    assert sum(kind == "model" for kind, _ in calls(run)) == MODEL_CALLS


@pytest.mark.parametrize("name", sorted(registered()))
def test_once_at_every_call(run, name):
    """One fault anywhere costs time and nothing else: the trip is complete, and the records agree with the answer."""
    acted, whole = 0, []
    for site in sites(registered()[name].kinds):
        ran = run(JOURNEY, rule(fault(name), site))
        if not ran.fired:
            whole.append(site)
            continue
        acted += 1
        assert list(ran.wrong()) == [], site
        assert ran.answer.reason == Reason.COMPLETED, site
    assert acted, f"{name} acted nowhere in {JOURNEY}"
    assert whole == [] or name != "partition", "it cuts off every agent: the orchestrator, and each of the specialists"


def test_a_partition_is_tried_at_every_call():
    """What is said of it above is said of tools and models."""
    assert {"tool", "model"} <= set(registered()["partition"].kinds)


@pytest.mark.parametrize("place", ["book_hotel", "book_flight", "every tool", "model"])
@pytest.mark.parametrize("name", sorted(registered()))
def test_for_good(run, name, place):
    """A fault that stays ends the trip with a reason; what stands booked is told, and what is told stands."""
    kinds = registered()[name].kinds
    if ("model" if place == "model" else "tool") not in kinds:
        return
    site = {"model": on.model(), "every tool": on.tool()}.get(place) or on.tool(place)
    ran = run(JOURNEY, rule(fault(name, FOR_GOOD), site))
    assert list(ran.wrong()) == []
    assert ran.answer.reason in ENDINGS | {Reason.REFUSED}


@pytest.mark.parametrize("name", sorted(name for name, known in registered().items() if "http" in known.kinds))
def test_between_the_user_and_the_service(run, name):
    """A request that is sent again with its key is the same trip."""
    given = {"groups": {"user": ("main",), "service": ("service*",)}, "calls": (1, 1)} if name == "partition" else {}
    given = {"field": "trip"} if name in {"corrupted_value", "wrong_entity"} else given
    ran = run(JOURNEY, rule(fault_class(name)(**given), on.http(nth=1)))
    assert len(ran.system.store.trips()) == 1
    assert list(ran.wrong()) == []


class TheOldHotel(ResultFault):
    """A cache key collides: the answer has the id of the booking that is to be cancelled for the new one."""

    name: ClassVar[str] = "the_old_hotel"

    def change(self, value, draw):
        """Only the id."""
        return {**value, "booking": "H-000001"}


@pytest.mark.parametrize(
    ("where", "reason", "room"),
    [({"nth": 2}, Reason.COMPLETED, "H-000002"), ({}, Reason.ESCALATED, "H-000001")],
    ids=["once", "for good"],
)
def test_the_old_booking_is_not_taken_for_the_new_one(run, where, reason, room):
    """A better hotel is booked before the old one is cancelled: whatever is answered, one of them stands in the end."""
    ran = run("better-hotel", rule(TheOldHotel(), on.tool("book_hotel", **where)))
    rooms = [row.booking for row in ran.system.store.bookings(state="booked") if row.kind == "room"]
    assert (ran.answer.reason, rooms) == (reason, [room])
    assert room == "H-000001" or [row.booking for row in ran.answer.bookings if row.state == "booked"] == [room]


@pytest.mark.parametrize("seed", range(12))
def test_some_at_once(run, seed):
    """Three faults by chance, each on a tenth of the calls: still nothing twice, nothing orphaned, nothing invented."""
    chance = random.Random(seed)  # noqa: S311 - a draw, no secret
    rules = [
        rule(fault(name), place(probability=0.1))
        for name in chance.sample(sorted(registered()), 3)
        for place, kind in ((on.tool, "tool"), (on.model, "model"))
        if kind in registered()[name].kinds
    ]
    ran = run("tour-of-two-cities", *rules, seed=seed)
    assert list(ran.wrong()) == [], rules


@pytest.mark.parametrize("down_s", [2.0, 20.0])
def test_a_table_is_let_go_of_when_its_server_is_back(run, down_s):
    """It is reserved, and its server gone for all that follows at once: no table is kept that nobody is told of."""
    crash = fault_class("crash")(of="callee", point="before_reply", down_s=down_s)
    for seed in (0, 12):
        ran = run(JOURNEY, rule(crash, on.tool("reserve_table", nth=1)), seed=seed)
        assert ran.fired
        assert list(ran.wrong()) == [], seed
