from __future__ import annotations

from collections.abc import Callable

import httpx2


def book(flight: str) -> str:
    """A tool behind an HTTP API; the agent builds its own client, as always."""
    with httpx2.Client(base_url="https://airline.example", timeout=5) as client:
        for _ in range(3):
            try:
                reply = client.post("/bookings", json={"flight": flight})
            except httpx2.TimeoutException:
                continue  # no answer: try again
            return f"booked {reply.raise_for_status().json()['flight']}"
    return "the airline does not answer"


def trip(flight: str, pay: Callable[[str], str]) -> str:
    """Books, then pays with a plain function."""
    booked = book(flight)
    try:
        return f"{booked}, {pay(flight)}"
    except TimeoutError:
        return f"{booked}, the payment is open"
