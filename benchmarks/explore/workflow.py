"""The workflow that explorations are measured by: 4 model calls and 3 tool calls of the real openai and mcp clients.

It holds under every single fault. What is planted needs two: the tool server knows a request again for 40 s only, so
that a lost answer, followed by anything that takes the second attempt beyond that, books twice. In the variant the
client may try again once for all tools together: a state that nobody sees from outside.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import mcp
import openai
from mcp.server.mcpserver import MCPServer

from pytest_agentchaos import Chaos, Effect, ScriptedModel, faults
from pytest_agentchaos.doubles.script import Entry, call_tool
from pytest_agentchaos.faults.base import Fault

MENU: tuple[Fault, ...] = (
    faults.DropRequest(),
    faults.DropResponse(),
    faults.Duplicate(),
    faults.ErrorStatus(),
    faults.Latency(seconds=20.0),
    faults.ToolFailure(),
)
"""Five that act on model calls, and one more for tools."""

WINDOW_S = 40.0
PATIENCE_S = 30.0
ATTEMPTS = 4
BACK_OFF_S = 1.0

_MODEL_URL, _TOOLS_URL = "http://model.example", "http://tools.example/mcp"
_SCRIPT: list[Entry] = [
    call_tool("search", city="Lisbon"),
    call_tool("book_flight", flight="TP 533", key="trip-1/flight"),
    call_tool("book_hotel", hotel="Alfama", key="trip-1/hotel"),
    "Booked.",
]
_TOOLS: Any = [
    {"type": "function", "name": name, "strict": False, "parameters": {"type": "object"}}
    for name in ("search", "book_flight", "book_hotel")
]


class Bookings:
    """What stands in the world, and which requests are known."""

    def __init__(self, window_s: float) -> None:
        self.made: list[str] = []
        self._window_s = window_s
        self._known: dict[str, tuple[float, str]] = {}

    def book(self, what: str, key: str) -> dict[str, str]:
        """Once for each key, for as long as it is known."""
        at_s, number = self._known.get(key, (-self._window_s, ""))
        if time.monotonic() - at_s >= self._window_s:
            self.made.append(what)
            number = f"{what} {len(self.made)}"
            self._known[key] = time.monotonic(), number
        return {"booking": number}

    def server(self) -> MCPServer:
        """The tools."""
        server = MCPServer("travel", log_level="CRITICAL")

        async def search(city: str) -> dict[str, str]:
            """Search."""
            return {"city": city, "flight": "TP 533", "hotel": "Alfama"}

        async def book_flight(flight: str, key: str) -> dict[str, str]:
            """Book a flight."""
            return self.book(flight, key)

        async def book_hotel(hotel: str, key: str) -> dict[str, str]:
            """Book a hotel."""
            return self.book(hotel, key)

        for tool in (search, book_flight, book_hotel):
            server.tool()(tool)
        return server


class Trip:
    """The agent, as it would be in production, and the state that it tells of."""

    journeys = ("lisbon",)

    def __init__(self, chaos: Chaos, *, again: int | None, told: bool, window_s: float) -> None:
        self._bookings = Bookings(window_s)
        self._transport = chaos.mcp(self._bookings.server(), name=_TOOLS_URL)
        self._again = again
        self._told = told
        chaos.upstream(_MODEL_URL, ScriptedModel(_SCRIPT, models=("planner",)))
        for name, what in (("book_flight", "flight"), ("book_hotel", "hotel")):
            chaos.effect(Effect(what, tool=name, key="key", id="result.booking"))

    def state_digest(self) -> str:
        """What was booked; and how often it may still try again, if that is told."""
        return json.dumps([sorted(self._bookings.made), self._again if self._told else None])

    async def take(self, journey: str) -> str:
        """An agent loop."""
        model = openai.AsyncOpenAI(api_key="x", base_url=f"{_MODEL_URL}/v1", timeout=PATIENCE_S, max_retries=3)
        asked: Any = journey
        previous: Any = openai.omit
        async with model, mcp.Client(self._transport) as tools:
            while True:
                response = await model.responses.create(
                    model="planner", input=asked, tools=_TOOLS, previous_response_id=previous
                )
                calls = [item for item in response.output if item.type == "function_call"]
                if not calls:
                    return response.output_text
                result = await self._call(tools, calls[0].name, json.loads(calls[0].arguments))
                asked = [{"type": "function_call_output", "call_id": calls[0].call_id, "output": result}]
                previous = response.id

    async def _call(self, tools: mcp.Client, name: str, arguments: dict[str, Any]) -> str:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                result = await tools.call_tool(name, arguments, read_timeout_seconds=PATIENCE_S)
            except mcp.MCPError:
                if attempt == ATTEMPTS:
                    raise
            else:
                if not result.is_error:
                    return json.dumps(result.structured_content)
            if self._again is not None:
                if not self._again:
                    break
                self._again -= 1
            await asyncio.sleep(BACK_OFF_S)
        msg = f"{name}: given up"
        raise RuntimeError(msg)


def trip(chaos: Chaos, *, again: int | None = None, told: bool = True, window_s: float = WINDOW_S) -> Trip:
    """``again``: how often it may try tools again, all together; ``told``: whether its digest has that in it."""
    return Trip(chaos, again=again, told=told, window_s=window_s)
