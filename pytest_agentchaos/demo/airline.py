"""The airline behind the agent's tools: a real MCP server with a record of what it really sold."""

from __future__ import annotations

import re

from mcp.server.mcpserver import MCPServer

from pytest_agentchaos.doubles.conversation import ModelRequest
from pytest_agentchaos.doubles.script import Entry, call_tool


class Airline:
    """Sells seats. With a key it sells the same seat only once, without one it believes every request."""

    def __init__(self) -> None:
        self.sold: list[str] = []
        self._keys: dict[str, str] = {}
        self.server = MCPServer("airline")
        self.server.tool()(self.book_flight)
        self.server.tool()(self.list_bookings)

    def book_flight(self, flight: str, traveller: str, key: str = "") -> dict[str, str]:
        """Book one seat."""
        if key and key in self._keys:
            return {"booking": self._keys[key], "flight": flight, "traveller": traveller}
        booking = f"B{len(self.sold) + 1}"
        self.sold.append(f"{booking} {flight} {traveller}")
        if key:
            self._keys[key] = booking
        return {"booking": booking, "flight": flight, "traveller": traveller}

    def list_bookings(self, traveller: str) -> dict[str, list[str]]:
        """What this traveller has booked."""
        return {"bookings": [sale for sale in self.sold if sale.endswith(traveller)]}


def mind(asked: ModelRequest) -> Entry:
    """What the model thinks: ask for the booking until a result looks like one, then say so."""
    results = [message.text for message in asked.tool_results]
    for result in results:
        if (booking := re.search(r'"booking": "([^"]*)"', result)) is not None:
            return f"Your seat is booked: {booking[1]}."
    if len(results) >= 3:  # noqa: PLR2004 - a model's patience
        return "I could not book the seat."
    return call_tool("book_flight", flight="LX1766", traveller="Ada")
