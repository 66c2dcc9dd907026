"""Every fault at every call of the airline; a crash at every point; whatever Hypothesis makes of it."""

from __future__ import annotations

from chaos import trip
from hypothesis import given, settings
from pytest_agentchaos import faults, on, strategies


def test_every_fault_that_loses_or_doubles_a_booking(agentchaos):
    found = agentchaos.explore(trip, faults=["delivery"], on=on.tool("book_flight"))
    found.assert_ok()


def test_a_careless_agent_is_caught(agentchaos):
    """And the report says by what, with a line for the shell."""
    found = agentchaos.explore("chaos:trip(safe=False)", faults=["drop_response"], on=on.tool())
    assert [failure.invariant for failure in found.failures] == ["no_duplicate_effect"]
    assert "agentchaos replay agentchaos:v1:" in str(found)


@settings(max_examples=10, deadline=None, derandomize=True, database=None)
@given(schedule=strategies.schedules([faults.DropResponse(), faults.Latency(seconds=5)], on=on.tool()))
def test_books_once_whatever_is_lost(schedule):
    strategies.check(trip, schedule=schedule)
