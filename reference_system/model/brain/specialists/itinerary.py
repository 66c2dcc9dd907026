"""The itinerary: a line for everything that was booked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reference_system.contracts.asks import Fact
from reference_system.contracts.plan import Keep
from reference_system.model.brain.reply import Call, Reply
from reference_system.model.brain.specialists.progress import Progress, done

THIS_TRIP = "this"
"""The gateway puts the trip's id in its place."""
LINES_AT_MOST = 60


def keep(task: Keep, progress: Progress) -> Reply:
    """Save it."""
    if progress.last_result("save_itinerary") is not None:
        return done("The itinerary is saved.")
    lines = sorted(line for fact in progress.ask.facts if (line := _line(fact)) is not None)
    save = {"trip": THIS_TRIP, "title": task.title, "lines": [text for _, text in lines][:LINES_AT_MOST]}
    return progress.call(Call("save_itinerary", save), because="I save the itinerary.")


def _line(fact: Fact) -> tuple[str, str] | None:
    """When, and what; None for what is no part of the journey itself."""
    write = _LINES.get(fact.tool)
    if write is None:
        return None
    try:
        return write(fact.result)
    except (KeyError, TypeError, IndexError):
        return None


def _flight(row: Mapping[str, Any]) -> tuple[str, str]:
    where = f"{row['origin']} - {row['destination']}"
    return (
        f"{row['date']} {row['departs']}",
        f"{row['date']} {row['departs']} flight {row['flight']} {where} ({row['booking']})",
    )


def _hotel(row: Mapping[str, Any]) -> tuple[str, str]:
    days = f"{row['check_in']} to {row['check_out']}"
    return f"{row['check_in']} 90", f"{days} {row['name']}, {row['city']} ({row['booking']})"


def _table(row: Mapping[str, Any]) -> tuple[str, str]:
    return f"{row['date']} 91", f"{row['date']} dinner at {row['name']}, {row['city']} ({row['booking']})"


def _weather(row: Mapping[str, Any]) -> tuple[str, str]:
    days = [f"{day['date']} {day['condition']} {day['low_c']} to {day['high_c']} C" for day in row["days"]]
    return f"{row['days'][0]['date']} 92", f"weather in {row['city']}: {', '.join(days)}"


_LINES: dict[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "book_flight": _flight,
    "book_hotel": _hotel,
    "reserve_table": _table,
    "get_forecast": _weather,
}
