"""Trips as the service and the orchestrator keep them: with their checkpoints and intents, and what the tools saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from reference_system.errors import KeyConflictError, StoreError
from reference_system.store import json_text
from reference_system.store.database import Session
from reference_system.store.interface import Intent, Json, TripRow, TripState

_TRIP = "SELECT trip, request_key, request, correlation, manifest, state, answer, began_at_s FROM trips"
_BEGIN = (
    "INSERT INTO trips (trip, request_key, request, correlation, manifest, state, answer, began_at_s)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_END = "UPDATE trips SET state = 'ended', answer = ? WHERE trip = ? AND state = 'running'"
_CHECKPOINT = (
    "INSERT INTO checkpoints (trip, number, state) VALUES (?, ?, ?)"
    " ON CONFLICT (trip, number) DO UPDATE SET state = excluded.state"
)
_INTENT = "SELECT trip, step, request_key, tool, arguments, result, state FROM intents"
_OPEN_INTENT = (
    "INSERT INTO intents (trip, step, request_key, tool, arguments, result, state) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (request_key) DO NOTHING"
)
_CLOSE_INTENT = "UPDATE intents SET state = ?, result = COALESCE(?, result) WHERE request_key = ?"
_SAVE_ITINERARY = (
    "INSERT INTO itineraries (trip, version, title, lines) VALUES (?, 1, ?, ?) ON CONFLICT (trip) DO UPDATE"
    " SET version = itineraries.version + 1, title = excluded.title, lines = excluded.lines RETURNING version"
)


def begin(session: Session, row: TripRow) -> tuple[TripRow, bool]:
    """Store a new trip, or find the one with this request key."""
    request = json_text.dump(row.request)
    answer = None if row.answer is None else json_text.dump(row.answer)
    if session.execute(
        _BEGIN,
        row.trip,
        row.request_key,
        request,
        row.correlation,
        row.manifest,
        row.state,
        answer,
        row.began_at_s,
    ):
        return row, True
    found = session.row(f"{_TRIP} WHERE request_key = ?", row.request_key)
    if found is None:
        msg = f"there is a trip {row.trip!r} already, of another request; give the new one another id"
        raise StoreError(msg)
    known = _trip(found)
    if json_text.canonical(known.request) != json_text.canonical(row.request):
        msg = f"request key {row.request_key!r} was used for another request (trip {known.trip}); use a new key"
        raise KeyConflictError(msg)
    return known, False


def find(session: Session, trip: str) -> TripRow | None:
    """The trip with this id."""
    row = session.row(f"{_TRIP} WHERE trip = ?", trip)
    return None if row is None else _trip(row)


def select(session: Session, state: TripState | None = None) -> tuple[TripRow, ...]:
    """Those in this state, in the order in which they began."""
    if state is None:
        return tuple(_trip(row) for row in session.rows(f"{_TRIP} ORDER BY number"))
    return tuple(_trip(row) for row in session.rows(f"{_TRIP} WHERE state = ? ORDER BY number", state))


def end(session: Session, trip: str, answer: Json) -> None:
    """Store the answer of a running trip; one that has ended keeps the answer that it has."""
    if not session.execute(_END, json_text.dump(answer), trip) and find(session, trip) is None:
        msg = f"there is no trip {trip!r} to end; begin it first"
        raise StoreError(msg)


def save_checkpoint(session: Session, trip: str, number: int, state: Json) -> None:
    """Store it, in place of one with the same number."""
    session.execute(_CHECKPOINT, trip, number, json_text.dump(state))


def checkpoint(session: Session, trip: str) -> tuple[int, Json] | None:
    """The one with the highest number."""
    row = session.row("SELECT number, state FROM checkpoints WHERE trip = ? ORDER BY number DESC LIMIT 1", trip)
    return None if row is None else (row[0], json_text.load(row[1]))


def open_intent(session: Session, intent: Intent) -> Intent:
    """Store it unless its key is known; what is stored."""
    result = None if intent.result is None else json_text.dump(intent.result)
    arguments = json_text.dump(intent.arguments)
    if session.execute(
        _OPEN_INTENT, intent.trip, intent.step, intent.key, intent.tool, arguments, result, intent.state
    ):
        return intent
    found = session.row(f"{_INTENT} WHERE request_key = ?", intent.key)
    return intent if found is None else _intent(found)


def close_intent(session: Session, key: str, state: Literal["done", "refused", "undone"], result: Json | None) -> None:
    """Say what became of it; without a result, a stored one stays."""
    if not session.execute(_CLOSE_INTENT, state, None if result is None else json_text.dump(result), key):
        msg = f"there is no intent with key {key!r} to close; open it before the write is sent"
        raise StoreError(msg)


def intents(session: Session, trip: str) -> tuple[Intent, ...]:
    """Of this trip, in the order in which they were opened."""
    return tuple(_intent(row) for row in session.rows(f"{_INTENT} WHERE trip = ? ORDER BY number", trip))


def save_itinerary(session: Session, trip: str, title: str, lines: Sequence[str]) -> int:
    """Replace the itinerary; its new version."""
    row = session.row(_SAVE_ITINERARY, trip, json_text.dump(title), json_text.dump(list(lines)))
    return 0 if row is None else int(row[0])


def itinerary(session: Session, trip: str) -> tuple[int, str, tuple[str, ...]] | None:
    """Version, title and lines."""
    row = session.row("SELECT version, title, lines FROM itineraries WHERE trip = ?", trip)
    return None if row is None else (row[0], json_text.load(row[1]), tuple(json_text.load(row[2])))


def _trip(row: tuple[Any, ...]) -> TripRow:
    trip, request_key, request, correlation, manifest, state, answer, began_at_s = row
    return TripRow(
        trip=trip,
        request_key=request_key,
        request=json_text.load(request),
        correlation=correlation,
        manifest=manifest,
        state=state,
        answer=json_text.load_or_none(answer),
        began_at_s=began_at_s,
    )


def _intent(row: tuple[Any, ...]) -> Intent:
    trip, step, key, tool, arguments, result, state = row
    return Intent(
        trip=trip,
        step=step,
        key=key,
        tool=tool,
        arguments=json_text.load(arguments),
        result=json_text.load_or_none(result),
        state=state,
    )
