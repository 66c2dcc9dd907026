"""4 model calls and 3 tool calls on the real SDKs, in sim mode against a plain loop with no latency."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx2
import mcp
import openai
from mcp.client._memory import InMemoryTransport
from mcp.server.mcpserver import MCPServer

from benchmarks.measure import Measurement, compare
from pytest_agentchaos import ScriptedModel
from pytest_agentchaos.doubles.script import Entry, call_tool
from pytest_agentchaos.evidence.message import Request
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.mcp_stream import wire

TOOL_CALLS = 3
TOOL: Any = {
    "type": "function",
    "name": "search",
    "strict": False,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
SCRIPT: list[Entry] = [*(call_tool("search", city=f"city {number}") for number in range(TOOL_CALLS)), "done"]


async def search(city: str) -> dict[str, str]:
    """Search."""
    return {"city": city}


def measurements() -> Iterator[Measurement]:
    """The same agent, client, model and server; only what carries them differs."""
    server = MCPServer("search", log_level="CRITICAL")
    server.tool()(search)
    logging.disable(logging.INFO)
    model = ScriptedModel(SCRIPT)
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda request: _bare_answer(model, request)))

    def simulated() -> None:
        trial = Trial()
        assert trial.run(agent, client, lambda: wire(server)) == "done"

    def plain() -> None:
        assert asyncio.run(agent(client, lambda: InMemoryTransport(server))) == "done"

    taken = compare(simulated, plain, rounds=25, repeat=8)
    logging.disable(logging.NOTSET)
    yield Measurement("a workflow in sim mode", taken.speed, "x the plain loop's speed", 0.9, "at_least", taken.detail)


async def agent(client: httpx2.AsyncClient, transport: Any) -> str:
    """An agent loop; the chain of responses keeps its inputs short."""
    model = openai.AsyncOpenAI(api_key="x", http_client=client)
    async with mcp.Client(transport(), mode="legacy") as tools:
        asked: Any = "find a hotel"
        previous: Any = openai.omit
        while True:
            response = await model.responses.create(
                model="gpt-5", input=asked, tools=[TOOL], previous_response_id=previous
            )
            calls = [item for item in response.output if item.type == "function_call"]
            if not calls:
                return response.output_text
            result = await tools.call_tool(calls[0].name, json.loads(calls[0].arguments))
            output = json.dumps(result.structured_content)
            asked = [{"type": "function_call_output", "call_id": calls[0].call_id, "output": output}]
            previous = response.id


def _bare_answer(model: ScriptedModel, request: httpx2.Request) -> httpx2.Response:
    headers = tuple((key, value) for key, value in request.headers.items())
    reply = model.handle(Request(request.method, str(request.url), headers, request.content))
    return httpx2.Response(reply.status, headers=list(reply.headers), content=reply.body)
