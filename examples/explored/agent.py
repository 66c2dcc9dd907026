"""A small agent: openai's client, an airline behind MCP. It knows nothing of the tests."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import openai
from mcp import Client, MCPError

AIRLINE = "https://airline.example/mcp"
TOOLS: Any = [
    {
        "type": "function",
        "name": "book_flight",
        "parameters": {"type": "object", "properties": {"flight": {"type": "string"}}, "required": ["flight"]},
        "strict": False,
    }
]


async def trip(task: str = "Book flight TP-12", *, safe: bool = True) -> str:
    """Ask the model, do what it wants done, tell it the result, until it answers."""
    keys: dict[str, str] = {}
    async with openai.AsyncOpenAI() as client:
        response = await client.responses.create(model="gpt-5-mini", input=task, tools=TOOLS)
        while calls := [item for item in response.output if item.type == "function_call"]:
            results: Any = []
            for call in calls:
                flight = json.loads(call.arguments)["flight"]
                key = keys.setdefault(flight, str(uuid4())) if safe else ""  # one key for all attempts
                output = await book(flight, key)
                results.append({"type": "function_call_output", "call_id": call.call_id, "output": output})
            response = await client.responses.create(
                model="gpt-5-mini", input=results, tools=TOOLS, previous_response_id=response.id
            )
        return response.output_text


async def book(flight: str, key: str) -> str:
    """When no answer comes, ask again, with the same key."""
    async with Client(AIRLINE) as airline:
        for _ in range(3):
            try:
                result = await airline.call_tool(
                    "book_flight", {"flight": flight, "idempotency_key": key}, read_timeout_seconds=10
                )
            except MCPError:
                continue
            return str(result.content[0].text)  # type: ignore[union-attr]
    return "the airline does not answer"
