"""The bundled agent: it books one flight, on the real openai and mcp SDKs, and knows nothing of this package.

Each of its safeguards can be switched off by name, to show what it was for.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass, fields
from typing import Any

import mcp
import openai

MODEL_URL = "https://api.openai.com/v1"
TOOLS_URL = "http://airline.example/mcp"
REQUEST = "Book one seat on LX1766 to Lisbon for Ada."

BOOK: Any = {
    "type": "function",
    "name": "book_flight",
    "description": "Book one seat.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"flight": {"type": "string"}, "traveller": {"type": "string"}},
        "required": ["flight", "traveller"],
        "additionalProperties": False,
    },
}


@dataclass(frozen=True, slots=True)
class Safeguards:
    """What the agent does so that trouble around it stays small."""

    idempotency: bool = True
    """A booking carries a key made of who flies where, so that a repetition is no second booking."""
    retries: bool = True
    """What failed is tried again, a few times, with growing pauses."""
    validation: bool = True
    """What the model asks for is checked against the tool's schema before anything is done."""
    confirmation: bool = True
    """The answer to the user says what the airline's records say, not what a reply claimed."""


SAFEGUARDS = tuple(field.name for field in fields(Safeguards))
TRIES = 4
MAX_STEPS = 8


async def book_trip(safeguards: Safeguards = Safeguards()) -> str:
    """Book the trip; the answer tells the user what is booked."""
    async with openai.AsyncOpenAI(api_key="demo", base_url=MODEL_URL, timeout=60) as client:
        messages: list[Any] = [{"role": "user", "content": REQUEST}]
        for _ in range(MAX_STEPS):
            response = await _ask(client, messages, safeguards)
            calls = [item for item in response.output or () if item.type == "function_call"]
            if not calls:
                break
            for call in calls:
                messages += [_asked(call), await _act(call, safeguards)]
    return await _answer(response.output_text, safeguards)


async def _ask(client: openai.AsyncOpenAI, messages: list[Any], safeguards: Safeguards) -> Any:
    """One turn of the model, streamed; a turn that broke off, or said nothing, is asked for again."""

    async def turn() -> Any:
        async with client.responses.stream(model="gpt-5", input=messages, tools=[BOOK]) as stream:
            response = await stream.get_final_response()
        if safeguards.validation and not _says_something(response):
            msg = "the model said nothing, or refused"
            raise ValueError(msg)
        return response

    return await _again(turn, safeguards)


def _says_something(response: Any) -> bool:
    return bool(response.output_text) or any(item.type == "function_call" for item in response.output or ())


def _asked(call: Any) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}


async def _act(call: Any, safeguards: Safeguards) -> dict[str, Any]:
    """Do what the model asked for; what cannot be done is told to the model."""
    try:
        arguments = json.loads(call.arguments)
        if safeguards.validation:
            _check(call.name, arguments)
        result = json.dumps(await _again(lambda: _call_tool(call.name, arguments, safeguards), safeguards))
    except (ValueError, TypeError, mcp.MCPError, RuntimeError) as error:
        if not safeguards.validation:
            raise
        result = f"error: {error}"
    return {"type": "function_call_output", "call_id": call.call_id, "output": result}


def _check(name: str, arguments: Any) -> None:
    wanted = BOOK["parameters"]["required"]
    if name != BOOK["name"]:
        msg = f"there is no tool {name}"
        raise ValueError(msg)
    if not isinstance(arguments, dict) or any(not isinstance(arguments.get(key), str) for key in wanted):
        msg = f"{name} needs the strings {', '.join(wanted)}"
        raise ValueError(msg)


async def _call_tool(name: str, arguments: dict[str, Any], safeguards: Safeguards) -> Any:
    if safeguards.idempotency and name == BOOK["name"]:
        fact = f"{arguments.get('flight')}|{arguments.get('traveller')}"
        arguments = {**arguments, "key": hashlib.sha256(fact.encode()).hexdigest()[:16]}
    try:
        async with mcp.Client(TOOLS_URL, read_timeout_seconds=20) as airline:
            result = await airline.call_tool(name, arguments)
    except Exception as error:  # whatever it is: the model is told, and the call may be tried again
        cause = _cause(error)
        told = isinstance(cause, (mcp.MCPError, openai.OpenAIError, OSError))
        raise RuntimeError(str(cause) if told else f"the airline cannot be reached: {cause}") from error
    if result.is_error:
        msg = "the airline refused"
        raise RuntimeError(msg)
    return result.structured_content


def _cause(error: Exception) -> Exception:
    """What went wrong, out of the groups in which tasks hand it up.

    Not by ``except*``: what is raised there comes in one more group, before Python 3.11.4.
    """
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


async def _again(work: Any, safeguards: Safeguards) -> Any:
    for attempt in range(TRIES):
        try:
            return await work()
        except (openai.OpenAIError, RuntimeError, ValueError, TypeError):
            if not safeguards.retries or attempt == TRIES - 1:
                raise
            await asyncio.sleep(2.0**attempt)
    raise AssertionError


async def _answer(said: str, safeguards: Safeguards) -> str:
    if not safeguards.confirmation:
        return said
    bookings = await _again(lambda: _call_tool("list_bookings", {"traveller": "Ada"}, safeguards), safeguards)
    known = bookings.get("bookings", []) if isinstance(bookings, dict) else []
    return f"Booked: {', '.join(map(str, known))}" if known else "Sorry, nothing is booked."
