"""The supervisor loop: somebody watches whether a trip gets anywhere, and ends it with exactly one reason.

A model that goes in circles does not notice. Whoever watches it from outside sees the same call for the third time.
"""

import json
from typing import Any, NamedTuple

import pytest

from pytest_agentchaos import faults, invariants, on
from reference_system.contracts.trip import Reason
from reference_system.model.brain import think


def test_a_model_in_a_loop_is_taken_off_the_step(agentchaos, system, times):
    """The same search for the third time is not made, and rules finish the step."""
    travel = system(model="travel-looping")

    taken = agentchaos.run(travel.take, "weekend-in-lisbon")

    assert taken.answers[0].reason == "completed"
    assert taken.use.model_calls < 30
    by_whom = [message.body["by"] for message in travel.store.messages(trip=taken.answers[0].trip, kind="report")]
    assert "rules" in by_whom


def test_without_a_supervisor_a_loop_goes_on_until_the_money_is_gone(agentchaos, system, on_record):
    """Only the budget ends it: seventeen times the tokens of a clean trip, and nothing is booked."""
    travel = system("supervisor", model="travel-looping")

    taken = agentchaos.run(travel.take, "weekend-in-lisbon")

    assert taken.answers[0].reason == "budget_exhausted"
    assert taken.use.tokens > 190_000
    assert on_record(travel) == []


def _waits_for_nothing(request):
    """A model whose plan has a step that waits for a step that is not there."""
    said = think(request)
    ask = json.loads(request.last_user)
    if ask["ask"] != "plan":
        return said
    plan = json.loads(said)
    for step in plan["steps"]:
        if step["id"] == "ticket":
            step["needs"].append("approval")
    return json.dumps(plan)


def test_a_trip_at_a_standstill_goes_to_a_person(agentchaos, system):
    """A plan that nobody has checked waits for an approval that never comes, and somebody notices."""
    travel = system("validate_results", think=_waits_for_nothing)

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "escalated"
    (row,) = travel.store.escalations("open")
    assert row.why.startswith("standstill: ticket")


def test_without_a_supervisor_a_standstill_passes_for_an_end(agentchaos, system, on_record):
    """A hotel and a table are booked for people who have no flight, and the answer does not call that a failure."""
    travel = system("supervisor", "validate_results", think=_waits_for_nothing)

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "degraded"
    assert on_record(travel, "flight") == []
    assert len(on_record(travel, "room")) == 1


class End(NamedTuple):
    """A way for a trip to end."""

    reason: Reason
    journey: str = "weekend-in-lisbon"
    fault: Any = None
    where: Any = None


ENDS = [
    End(Reason.COMPLETED),
    End(Reason.DEGRADED, fault=faults.Unavailable(), where=on.tool("get_forecast")),
    End(Reason.NEEDS_INPUT, "full-hotels"),
    End(Reason.ESCALATED, fault=faults.Unavailable(), where=on.tool("book_flight")),
    End(Reason.REFUSED, "out-of-scope"),
    End(Reason.DEADLINE, fault=faults.Latency(seconds=27), where=on.model()),
]


@pytest.mark.parametrize("end", ENDS, ids=[str(end.reason) for end in ENDS])
def test_every_trip_ends_with_one_reason(agentchaos, system, on_record, end):
    """And keeps what the reason promises: where nothing is to stay booked, nothing does."""
    travel = system()
    if end.fault is not None:
        agentchaos.inject(end.fault, end.where)

    (answer,) = agentchaos.run(travel.take, end.journey).answers

    agentchaos.check(invariants.terminates())
    assert answer.reason is end.reason
    (row,) = travel.store.trips()
    assert row.state == "ended"
    assert {one.booking for one in answer.bookings} == {one.booking for one in on_record(travel)}
    if end.reason not in {Reason.COMPLETED, Reason.DEGRADED, Reason.ESCALATED}:
        assert on_record(travel) == []
