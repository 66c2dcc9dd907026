"""A crash at every point of a journey: the trip is completed all the same, and everything is booked once.

There are 24 calls in the weekend and six ways to crash at each, but for three that cannot be. Here a sample of them is
taken, each kind of call and each way among them; `crash_points` gives all.
"""

import pytest

from pytest_agentchaos import faults, invariants, on
from pytest_agentchaos.crash_points import CRASHES, crash_points
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System

EVERY = 17
"""With no divisor in common with the six ways, so that all of them are among the sample."""
TRIP = Plan(System.of("reference_system:travel"), "weekend-in-lisbon")


@pytest.fixture(scope="module")
def points():
    """All of the journey."""
    return crash_points(TRIP)


def test_the_points_are_each_call_and_each_way(points):
    """The app that the user asks is in the process of the user here, and cannot end alone."""
    sites = dict.fromkeys(plan.schedule[-1].selector.site for plan in points)
    assert len(points) == len(sites) * len(CRASHES) - 3
    assert len(sites) > 20


@pytest.mark.unmeasured
def test_wherever_it_crashes_the_trip_is_completed_and_everything_is_booked_once(points):
    """What the wires saw, what the answer says and what is on record agree."""
    sample = points[::EVERY]
    assert {str(plan.schedule[-1].fault) for plan in sample} == set(map(str, CRASHES))
    for plan in sample:
        result = perform(plan).result
        assert (result.status, result.ended) == ("pass", "completed"), (str(plan.schedule[-1]), result.why)


@pytest.mark.parametrize("tool", ["book_hotel", "book_flight", "reserve_table"])
def test_without_keys_a_crash_before_the_answer_books_twice(tool):
    """The new service cannot know what the old one has done."""
    crash = rule(faults.Crash(of="caller", point="before_reply"), on.tool(tool, nth=1))
    result = perform(Plan(System.of('reference_system:travel("idempotency")'), schedule=(crash,))).result
    assert result.status == "fail"
    assert result.why.startswith("no_duplicate_effect")


def test_a_trip_survives_a_crash_after_a_crash():
    """Of the service, twice, and of a tool server between."""
    crashes = (
        rule(faults.Crash(of="caller", point="before_reply"), on.tool("hold_flight", nth=1)),
        rule(faults.Crash(of="callee", point="before_reply", down_s=2), on.tool("book_hotel", nth=1)),
        rule(faults.Crash(of="caller", point="after_reply"), on.tool("book_flight", nth=1)),
    )
    performance = perform(Plan(System.of("reference_system:travel"), schedule=crashes))
    assert performance.result.status == "pass"
    assert performance.result.ended == "completed"
    assert [op.data["restart"] for op in performance.history if "restart" in op.data] == [1, 2]


@pytest.mark.parametrize("of", ["caller", "callee"])
def test_a_trip_survives_a_pause(of):
    """Whatever has run out meanwhile."""
    pause = rule(faults.Pause(of=of, seconds=45), on.tool("book_hotel", nth=1))
    result = perform(Plan(System.of("reference_system:travel"), schedule=(pause,))).result
    assert (result.status, result.ended) == ("pass", "completed")


def test_the_trace_of_a_resumed_trip_is_whole():
    """As far as its process lived to tell of it."""
    crash = rule(faults.Crash(of="caller", point="before_reply"), on.tool("book_hotel", nth=1))
    judges = (invariants.complete_trace(), invariants.correlated(), invariants.no_progress_loop())
    result = perform(Plan(TRIP.system, schedule=(crash,), invariants=judges)).result
    assert result.status == "pass", result.why


def test_the_same_crash_is_the_same_history():
    """Bit for bit, with the second start."""
    crash = rule(faults.Crash(of="caller", point="before_reply"), on.tool("book_hotel", nth=1))
    plan = Plan(TRIP.system, schedule=(crash,), seed=5)
    assert perform(plan).result.digest == perform(plan).result.digest
