"""The airline: one tool, `book_flight`, as an MCP server and as a plain function."""

from __future__ import annotations

import sys
from pathlib import Path

from mcp.server.mcpserver import MCPServer


def book_flight(record: Path, traveller: str, flight_id: str, idempotency_key: str = "") -> str:
    """Book a seat, and once only for each idempotency key."""
    made = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    known = [line for line in made if idempotency_key and line.endswith(f" {idempotency_key}")]
    if not known:
        with record.open("a", encoding="utf-8") as file:
            file.write(f"{traveller} {flight_id} {idempotency_key or '-'}\n")
    return f"{traveller} flies on {flight_id}"


def bookings(record: Path) -> list[str]:
    """The airline's own record: who flies where, one line a seat that was sold."""
    return [line.rpartition(" ")[0] for line in record.read_text(encoding="utf-8").splitlines()]


def server(record: Path) -> MCPServer:
    """The same as an MCP server."""
    airline = MCPServer("airline")

    @airline.tool(name="book_flight")
    def book(traveller: str, flight_id: str, idempotency_key: str = "") -> str:
        """Book a seat on a flight."""
        return book_flight(record, traveller, flight_id, idempotency_key)

    return airline


if __name__ == "__main__":
    server(Path(sys.argv[1])).run()  # over stdio
