"""One journey through a stack, as its user and as its operator see it."""

from __future__ import annotations

import shutil
import sys
from typing import Any, Final

import httpx2

from reference_system.stack.stack import Stack
from reference_system.stack.timeline import timeline

DEMO: Final = (
    "Please book a weekend in Lisbon for Ada and Ben: fly from Zurich on Friday 5 March 2027, back on Sunday 7 March, "
    "a hotel with at least 3 stars, and a table for dinner on the first evening. Not more than 1500 euros."
)

_PATIENCE_S: Final = 240.0


async def travel(stack: Stack, text: str) -> dict[str, Any]:
    """Ask for a trip; what the service knows of it in the end, with its messages."""
    async with httpx2.AsyncClient(base_url=stack.service_url, timeout=_PATIENCE_S) as http:
        reply = await http.post("/trips", json={"text": text, "user": "ada"})
        reply.raise_for_status()
        trip: dict[str, Any] = (await http.get(f"/trips/{reply.json()['trip']}")).json()
        return trip


def show(trip: dict[str, Any]) -> str:
    """The timeline and the answer, as they are printed."""
    coloured = sys.stdout.isatty()
    lines = list(timeline(trip["messages"], width=shutil.get_terminal_size((160, 50)).columns, coloured=coloured))
    answer = trip["answer"]
    bookings = [f"  {booked['booking']}  {booked['what']}" for booked in answer["bookings"]]
    missing = [f"  missing: {what}" for what in answer["missing"]]
    head = f"trip {trip['trip']}, correlation {trip['correlation']}, manifest {trip['manifest']}: {answer['reason']}"
    return "\n".join([*lines, "", head, *bookings, *missing, "", answer["text"]])
