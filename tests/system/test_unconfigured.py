"""A project that has declared nothing: what its tools say of themselves is enough to learn about repeated writes.

The agent is the one of the README: a real model client, a real MCP client, and a retry after a lost answer. The only
thing that a test says is ``invariants.no_duplicate_effect()``.
"""

from __future__ import annotations

import json

import openai
import pytest
from mcp import Client, MCPError
from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from pytest_agentchaos import ScriptedModel, faults, invariants, on
from pytest_agentchaos.doubles import call_tool

AIRLINE = "https://airline.example/mcp"
ARGUMENTS = {"flight": "LX1766", "traveller": "Ada"}


def airline(name, annotations):
    """A server with one tool that is called so and one that searches, and how often the first was really called."""
    server, done = MCPServer("airline"), []

    @server.tool(annotations=ToolAnnotations(read_only_hint=True))
    def look_up(flight: str, traveller: str) -> dict[str, str]:
        """Look."""
        return {"flight": flight, "traveller": traveller}

    def tool(flight: str, traveller: str) -> dict[str, str]:
        """Do it."""
        done.append((flight, traveller))
        return {"number": f"N{len(done)}"}

    server.tool(name=name, annotations=annotations)(tool)
    return server, done


async def agent(task, *, lists_tools=True):
    """Asks the model, does what it wants, and tries again when no answer comes."""
    async with Client(AIRLINE) as client, openai.AsyncOpenAI(api_key="no-key", max_retries=0) as model:
        tools = []
        if lists_tools:
            tools = [
                {"type": "function", "name": tool.name, "parameters": tool.input_schema}
                for tool in (await client.list_tools()).tools
            ]
        reply = await model.responses.create(model="gpt-5-mini", input=task, tools=tools)
        while calls := [item for item in reply.output if item.type == "function_call"]:
            results = [
                {"type": "function_call_output", "call_id": call.call_id, "output": await _patiently(client, call)}
                for call in calls
            ]
            reply = await model.responses.create(
                model="gpt-5-mini", input=results, tools=tools, previous_response_id=reply.id
            )
        return reply.output_text


async def _patiently(client, call):
    for _ in range(3):
        try:
            result = await client.call_tool(call.name, json.loads(call.arguments), read_timeout_seconds=10)
        except MCPError:
            continue
        return str(result.content[0].text)
    return "no answer"


def run(  # noqa: PLR0913 - one world, with what may differ in it
    agentchaos, name, annotations, *, calls=1, lost=True, lists_tools=True
):
    """One run in which the model wants so many equal calls; the answer to the first is lost."""
    server, done = airline(name, annotations)
    agentchaos.upstream(AIRLINE, server)
    script = [*(call_tool(name, **ARGUMENTS) for _ in range(calls)), "Done."]
    agentchaos.upstream("https://api.openai.com", ScriptedModel(script))
    if lost:
        agentchaos.inject(faults.DropResponse(), on.tool(name, nth=1))
    agentchaos.run(agent, "Book LX1766 for Ada.", lists_tools=lists_tools)
    verdict = invariants.no_duplicate_effect().check(agentchaos.history)
    return verdict, len(done)


def test_a_write_that_was_repeated_is_found(agentchaos):
    """The tool says that it writes, and the airline has sold two seats: the verdict names the tool and the times."""
    verdict, done = run(agentchaos, "book_flight", ToolAnnotations(read_only_hint=False))
    assert done == 2
    assert verdict.status == "fail"
    assert "book_flight" in verdict.reason
    assert "was executed 2 times, at 0 s and 10 s" in verdict.reason
    assert {agentchaos.history[op].call.name for op in verdict.ops if agentchaos.history[op].call} == {"book_flight"}


def test_a_write_that_may_be_repeated_is_not(agentchaos):
    """The tool says that the second time changes nothing."""
    verdict, done = run(agentchaos, "book_flight", ToolAnnotations(read_only_hint=False, idempotent_hint=True))
    assert done == 2
    assert verdict.status == "pass"


def test_a_write_that_was_done_once_is_none(agentchaos):
    """Without trouble nothing is repeated."""
    verdict, done = run(agentchaos, "book_flight", ToolAnnotations(read_only_hint=False), lost=False)
    assert (done, verdict.status) == (1, "pass")


def test_searching_twice_changes_nothing(agentchaos):
    """The tool says that it only reads; the model asks twice, and one answer is lost."""
    verdict, done = run(agentchaos, "search_flights", ToolAnnotations(read_only_hint=True), calls=2)
    assert done == 3
    assert verdict.status == "pass", verdict.reason


def test_searching_twice_beside_a_write_changes_nothing(agentchaos):
    """Only the writes count."""
    server, done = airline("book_flight", ToolAnnotations(read_only_hint=False))
    agentchaos.upstream(AIRLINE, server)
    script = [call_tool(name, **ARGUMENTS) for name in ("look_up", "look_up", "book_flight")]
    agentchaos.upstream("https://api.openai.com", ScriptedModel([*script, "Done."]))
    agentchaos.inject(faults.DropResponse(), on.tool("look_up", nth=1))
    agentchaos.run(agent, "Book LX1766 for Ada.")
    verdict = invariants.no_duplicate_effect().check(agentchaos.history)
    assert len(done) == 1
    assert (verdict.status, verdict.reason) == ("pass", "1 thing was done, none twice")


@pytest.mark.parametrize("annotations", [None, ToolAnnotations(title="Book a flight")])
def test_a_tool_that_says_nothing_leaves_it_unknown(agentchaos, annotations):
    """It may have booked twice, or looked twice: the reason names the tool and says what to write."""
    verdict, done = run(agentchaos, "book_flight", annotations)
    assert done == 2
    assert verdict.status == "unknown"
    assert "book_flight" in verdict.reason
    assert "no_duplicate_effect('book_flight', key=(" in verdict.reason


def test_an_agent_need_not_ask_for_the_tools(agentchaos):
    """The SDK of its client asks, to check what the tool answers."""
    verdict, _ = run(agentchaos, "book_flight", ToolAnnotations(read_only_hint=False), lists_tools=False)
    assert verdict.status == "fail"


def test_what_the_reason_says_to_write_decides_it(agentchaos):
    """With a key, the annotations do not matter."""
    _, done = run(agentchaos, "book_flight", None)
    verdict = invariants.no_duplicate_effect("book_flight", key=("traveller", "flight")).check(agentchaos.history)
    assert (done, verdict.status) == (2, "fail")
