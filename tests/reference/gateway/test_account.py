"""Whatever becomes of a call is told: as a span, in the figures, and to whoever reads the messages."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from reference_system.gateway.account import OUTCOMES
from reference_system.resilience.budget import Budget

STAY = {"city": "Lisbon", "check_in": "2027-03-05", "check_out": "2027-03-08"}


def figures(trip, *words):
    """The lines of the figures in which these words stand."""
    lines = trip.telemetry.exposition().decode().splitlines()
    return [line for line in lines if not line.startswith("#") and all(word in line for word in words)]


def test_a_call_is_a_span_of_its_agent_and_trip(world):
    """By the conventions."""
    trip = world()
    trip.run(lambda agent: agent.book_hotel())
    (span,) = [span for span in trip.telemetry.spans() if span.name == "execute_tool book_hotel"]
    attributes = dict(span.attributes)
    assert attributes["gen_ai.tool.name"] == "book_hotel"
    assert attributes["gen_ai.agent.name"] == "hotels"
    assert "mcp.method.name" not in attributes
    assert (attributes["travel.trip"], attributes["travel.step"]) == ("t1", "s1")
    assert span.status.status_code is not StatusCode.ERROR


def attempts(trip):
    """The spans of what was sent."""
    return [span for span in trip.telemetry.spans() if span.name.startswith("tools/call")]


def test_each_attempt_is_a_span_within_that_of_the_call(world):
    """A request to an MCP server, by the conventions; one that failed says how, and the call itself did not."""
    trip = world((rule(faults.Unavailable(), on.tool("book_hotel", nth=1)),))
    trip.run(lambda agent: agent.book_hotel())
    failed, answered = attempts(trip)
    (call,) = [span for span in trip.telemetry.spans() if span.name == "execute_tool book_hotel"]
    assert {failed.parent.span_id, answered.parent.span_id} == {call.context.span_id}
    assert {failed.name, answered.name} == {"tools/call book_hotel"}
    assert failed.kind is answered.kind is SpanKind.CLIENT
    for attempt in (failed, answered):
        assert attempt.attributes["gen_ai.operation.name"] == "execute_tool"
        assert attempt.attributes["gen_ai.tool.name"] == "book_hotel"
        assert attempt.attributes["mcp.method.name"] == "tools/call"
    assert failed.attributes["error.type"] == "503"
    assert "error.type" not in answered.attributes
    assert call.status.status_code is not StatusCode.ERROR


def test_what_is_sent_names_the_span_of_its_attempt(world):
    """So that what the server does for a second attempt is not taken for the work of the first."""
    trip = world((rule(faults.Unavailable(), on.tool("book_hotel", nth=1)),))
    trip.run(lambda agent: agent.book_hotel())
    sent = [one.call.traceparent.split("-")[2] for one in trip.trial.history.calls("book_hotel", kind="tool")]
    assert sent == [f"{span.context.span_id:016x}" for span in attempts(trip)]


def test_a_tool_that_says_no_has_answered_with_an_error(world):
    """By the conventions of MCP, whatever the tool's reason."""
    trip = world()
    trip.run(lambda agent: agent.call("search_hotels", {**STAY, "city": "Atlantis"}))
    (attempt,) = attempts(trip)
    assert attempt.attributes["error.type"] == "tool_error"


def test_what_is_not_sent_is_no_attempt(world):
    """A call that the policy forbids has one span, which says so."""
    trip = world()
    trip.run(lambda agent: agent.call("search_hotels", STAY, agent="flights"))
    assert attempts(trip) == []


def test_the_agent_and_the_tool_exchange_messages(world):
    """The wish, and what came of it, with the key."""
    trip = world()
    reply = trip.run(lambda agent: agent.book_hotel())
    asked, answered = trip.telemetry.pending()
    assert (asked.sender, asked.receiver, asked.kind) == ("hotels", "book_hotel", "tool_call")
    assert (answered.sender, answered.receiver, answered.kind) == ("book_hotel", "hotels", "tool_result")
    assert {asked.trip, answered.trip, asked.correlation, answered.correlation} == {"t1", "c-1"}
    assert asked.body["arguments"]["hotel"] == "H-LIS-1"
    assert answered.body["result"]["booking"] == reply.result.booking
    assert (answered.body["key"], answered.body["adopted"]) == (reply.key, False)


@pytest.mark.parametrize(
    ("ask", "outcome"),
    [
        ({"tool": "book_hotel", "arguments": "{"}, "invalid_arguments"),
        ({"tool": "search_hotels", "arguments": STAY, "agent": "flights"}, "not_allowed"),
        ({"tool": "search_hotels", "arguments": {**STAY, "city": "Atlantis"}}, "refused"),
        ({"tool": "search_restaurants", "arguments": {"city": "Lisbon", "date": "2027-03-05"}}, "invalid"),
        ({"tool": "cancel_hotel", "arguments": {"booking": "H-1"}}, "unavailable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_is_told_with_its_outcome(world, ask, outcome):
    """The span failed, the figures count it, and the message says whether it may have happened."""
    schedule = (rule(faults.Malformed(), on.tool("search_restaurants")), rule(faults.Reset(), on.tool("cancel_hotel")))
    trip = world(schedule)
    error = trip.run(lambda agent: agent.call(**ask))
    assert OUTCOMES[type(error)] == outcome
    told = trip.telemetry.pending()[-1]
    assert told.kind == "tool_error"
    assert told.body == {"step": "s1", "outcome": outcome, "message": str(error), "in_doubt": outcome == "unavailable"}
    (counted,) = figures(trip, ask["tool"], f'outcome="{outcome}"', "_total")
    assert counted.endswith(" 1.0")
    (span,) = [span for span in trip.telemetry.spans() if span.name.startswith("execute_tool")]
    assert span.status.status_code is StatusCode.ERROR


@pytest.mark.parametrize(
    ("limits", "outcome"), [({"budget": Budget(tool_calls=0)}, "budget_exhausted"), ({"deadline_s": -1}, "deadline")]
)
def test_a_limit_is_told_as_well(world, limits, outcome):
    """It is no fault of the tool's."""
    trip = world(**limits)
    trip.run(lambda agent: agent.book_hotel())
    assert trip.telemetry.pending()[-1].body["outcome"] == outcome


def test_a_call_that_nobody_waits_for_any_more_is_told(world):
    """It ended as well."""
    trip = world((rule(faults.Hang(), on.tool("*")),))

    async def scenario(agent):
        task = asyncio.create_task(agent.book_hotel())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])

    trip.run(scenario)
    assert trip.telemetry.pending()[-1].body["outcome"] == "cancelled"


def test_retries_and_breakers_are_counted(world):
    """Two calls to a dead tool: attempts after the first, and the state of its circuit."""
    trip = world((rule(faults.Unavailable(), on.tool("search_hotels")),))

    async def scenario(agent):
        for _ in range(2):
            await asyncio.gather(agent.call("search_hotels", STAY), return_exceptions=True)

    trip.run(scenario)
    assert [line.split()[-1] for line in figures(trip, "retries_total", "search_hotels")] == ["4.0"]
    assert len(figures(trip, "breaker_state", "search_hotels")) == 1
