"""One short text for the whole business state, the same on every database that went through the same."""

from __future__ import annotations

from typing import Any

from reference_system.store import bookings, journal, json_text, trips
from reference_system.store.database import Session


def of(session: Session, *, now_s: float) -> str:
    """Of bookings, itineraries, trips, intents and escalations; when it was and how it was watched does not count."""
    return json_text.digest(
        {
            "bookings": _sorted(
                [
                    row.booking,
                    row.kind,
                    row.trip,
                    row.request_key,
                    row.item,
                    row.details,
                    row.amount_minor,
                    row.currency,
                    row.state,
                    row.units,
                ]
                for row in bookings.select(session, now_s=now_s)
            ),
            "itineraries": _sorted(
                [trip, version, json_text.load(title), json_text.load(lines)]
                for trip, version, title, lines in session.rows("SELECT trip, version, title, lines FROM itineraries")
            ),
            "trips": _sorted(
                [row.trip, row.request_key, row.request, row.manifest, row.state, row.answer]
                for row in trips.select(session)
            ),
            "intents": _sorted(
                [key, trip, step, tool, json_text.load(arguments), json_text.load_or_none(result), state]
                for key, trip, step, tool, arguments, result, state in session.rows(
                    "SELECT request_key, trip, step, tool, arguments, result, state FROM intents"
                )
            ),
            "escalations": _sorted(
                [row.escalation, row.trip, row.why, row.document, row.state] for row in journal.escalations(session)
            ),
        }
    )


def _sorted(rows: Any) -> list[list[Any]]:
    """By the id that each row begins with: concurrent histories differ in their order only."""
    return sorted(rows, key=lambda row: str(row[0]))
