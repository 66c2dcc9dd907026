"""The airline: one tool behind MCP, and its books."""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer


class Airline:
    """Sells a seat once for each idempotency key."""

    def __init__(self) -> None:
        self.sold: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self.server = MCPServer("airline")
        self.server.tool(name="book_flight")(self.book)

    def book(self, flight: str, idempotency_key: str = "") -> dict[str, str]:
        """Book a seat on a flight."""
        booking = self._known.get(idempotency_key) or f"B{len(self.sold) + 1}"
        self.sold[booking] = flight
        if idempotency_key:
            self._known[idempotency_key] = booking
        return {"booking": booking, "flight": flight}

    def rows(self) -> list[dict[str, str]]:
        """What stands in the books."""
        return [{"booking": booking, "flight": flight} for booking, flight in self.sold.items()]
