"""A travel agent in four flavours: the same loop with the openai SDK (sync, async, streaming) and with anthropic.

Nothing here knows of pytest-agentchaos. The loop asks the model, does what the model wants done, tells it the
result, and goes on until the model answers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

import anthropic
import openai
from mcp import Client, MCPError

Book = Callable[..., Coroutine[Any, Any, str]]

ATTEMPTS = 3
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"traveller": {"type": "string"}, "flight_id": {"type": "string"}},
    "required": ["traveller", "flight_id"],
}


# The tool ---------------------------------------------------------------------------------------


def over_mcp(airline: Any, *, safe: bool, patience_s: float = 10.0) -> Book:
    """Book at an MCP server: a URL, a program, an object in memory. When no answer comes, ask again."""

    async def book(**arguments: str) -> str:
        if safe:
            arguments["idempotency_key"] = str(uuid4())  # one key for all attempts: this is all that makes it safe
        async with Client(airline) as client:
            for _ in range(ATTEMPTS):
                try:
                    result = await client.call_tool("book_flight", arguments, read_timeout_seconds=patience_s)
                except MCPError:
                    continue
                return str(result.content[0].text)  # type: ignore[union-attr]
        return "the airline does not answer"

    return book


def by_function(book_flight: Callable[..., str], *, safe: bool) -> Book:
    """Book with a function of the airline's own library. When no answer comes, ask again."""

    async def book(**arguments: str) -> str:
        if safe:
            arguments["idempotency_key"] = str(uuid4())
        for _ in range(ATTEMPTS):
            try:
                return book_flight(**arguments)
            except TimeoutError:
                continue
        return "the airline does not answer"

    return book


# The loop, by model client ----------------------------------------------------------------------

OPENAI_TOOLS: Any = [{"type": "function", "name": "book_flight", "parameters": SCHEMA, "strict": False}]
ANTHROPIC_TOOLS: Any = [{"name": "book_flight", "description": "Book a seat.", "input_schema": SCHEMA}]


def openai_sync(task: str, book: Book) -> str:
    client = openai.OpenAI()
    response = client.responses.create(model="gpt-5-mini", input=task, tools=OPENAI_TOOLS)
    while calls := [item for item in response.output if item.type == "function_call"]:
        results: Any = [_result(call, asyncio.run(book(**json.loads(call.arguments)))) for call in calls]
        response = client.responses.create(
            model="gpt-5-mini", input=results, tools=OPENAI_TOOLS, previous_response_id=response.id
        )
    return response.output_text


async def openai_async(task: str, book: Book) -> str:
    async with openai.AsyncOpenAI() as client:
        response = await client.responses.create(model="gpt-5-mini", input=task, tools=OPENAI_TOOLS)
        while calls := [item for item in response.output if item.type == "function_call"]:
            results: Any = [_result(call, await book(**json.loads(call.arguments))) for call in calls]
            response = await client.responses.create(
                model="gpt-5-mini", input=results, tools=OPENAI_TOOLS, previous_response_id=response.id
            )
        return response.output_text


async def openai_streaming(task: str, book: Book) -> str:
    shown: list[str] = []
    more: dict[str, Any] = {"input": task}
    async with openai.AsyncOpenAI() as client:
        while True:
            async with client.responses.stream(model="gpt-5-mini", tools=OPENAI_TOOLS, **more) as stream:
                async for event in stream:  # as it would appear on a screen
                    shown += [event.delta] if event.type == "response.output_text.delta" else []
                response = await stream.get_final_response()
            calls = [item for item in response.output if item.type == "function_call"]
            if not calls:
                return "".join(shown)
            results = [_result(call, await book(**json.loads(call.arguments))) for call in calls]
            more = {"input": results, "previous_response_id": response.id}


async def anthropic_async(task: str, book: Book) -> str:
    messages: list[Any] = [{"role": "user", "content": task}]
    async with anthropic.AsyncAnthropic() as client:
        while True:
            reply = await client.messages.create(
                model="claude-sonnet-5", max_tokens=500, messages=messages, tools=ANTHROPIC_TOOLS
            )
            calls = [block for block in reply.content if block.type == "tool_use"]
            if not calls:
                return "".join(block.text for block in reply.content if block.type == "text")
            results = [
                {"type": "tool_result", "tool_use_id": call.id, "content": await book(**call.input)} for call in calls
            ]
            messages += [{"role": "assistant", "content": reply.content}, {"role": "user", "content": results}]


def _result(call: Any, output: str) -> dict[str, str]:
    return {"type": "function_call_output", "call_id": call.call_id, "output": output}
