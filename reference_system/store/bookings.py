"""Bookings: rows that are never deleted, only change their state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reference_system.errors import StoreError
from reference_system.store import json_text
from reference_system.store.database import Session, marks
from reference_system.store.interface import BookingRow, BookingState

# A hold that has run out is expired from that moment on, whether or not its row says so already.
_SELECT = (
    "SELECT booking, kind, trip, request_key, item, details, amount_minor, currency,"
    " CASE WHEN state = 'held' AND expires_at_s <= ? THEN 'expired' ELSE state END, expires_at_s FROM bookings"
)
_STATE_IS = "(CASE WHEN state = 'held' AND expires_at_s <= ? THEN 'expired' ELSE state END) = ?"
_INSERT = (
    "INSERT INTO bookings"
    " (booking, kind, trip, request_key, item, details, amount_minor, currency, state, expires_at_s)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UNITS_OF = "SELECT booking, resource, unit FROM units WHERE booking IN (SELECT booking FROM bookings{where})"
_STALE = (
    "SELECT booking FROM bookings WHERE state = 'held' AND expires_at_s <= ?"
    " AND booking IN (SELECT booking FROM units WHERE resource IN ({marks})) ORDER BY number"
)
_CONSUME = "UPDATE bookings SET state = 'cancelled' WHERE booking = ? AND state = 'held' AND expires_at_s > ?"


def put(session: Session, row: BookingRow) -> None:
    """Store a new booking."""
    session.execute(
        _INSERT,
        row.booking,
        row.kind,
        row.trip,
        row.request_key,
        row.item,
        json_text.dump(row.details),
        row.amount_minor,
        row.currency,
        row.state,
        row.expires_at_s,
    )


def by_id(session: Session, booking: str, *, now_s: float) -> BookingRow | None:
    """The booking with this id."""
    row = session.row(f"{_SELECT} WHERE booking = ?", now_s, booking)
    return None if row is None else _with_units(session, row)


def by_key(session: Session, request_key: str, *, now_s: float) -> BookingRow | None:
    """The latest booking that a request with this key made."""
    row = session.row(f"{_SELECT} WHERE request_key = ? ORDER BY number DESC LIMIT 1", now_s, request_key)
    return None if row is None else _with_units(session, row)


def select(
    session: Session, *, now_s: float, trip: str | None = None, state: BookingState | None = None
) -> tuple[BookingRow, ...]:
    """Those that match, in the order in which they were made."""
    conditions: list[str] = []
    values: list[Any] = []
    if trip is not None:
        conditions.append("trip = ?")
        values.append(trip)
    if state is not None:
        conditions.append(_STATE_IS)
        values += [now_s, state]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = session.rows(f"{_SELECT}{where} ORDER BY number", now_s, *values)
    held: dict[str, list[tuple[str, int]]] = {}
    for booking, resource, unit in session.rows(_UNITS_OF.format(where=where), *values):
        held.setdefault(booking, []).append((resource, unit))
    return tuple(_booking(row, held.get(row[0], [])) for row in rows)


def cancel(session: Session, booking: str) -> None:
    """Free its units and mark it as cancelled."""
    if not session.execute("UPDATE bookings SET state = 'cancelled' WHERE booking = ?", booking):
        msg = f"there is no booking {booking!r} to cancel; look it up first"
        raise StoreError(msg)
    session.execute("DELETE FROM units WHERE booking = ?", booking)


def hand_over(session: Session, hold: str, booking: str, *, now_s: float) -> bool:
    """Give the units of an open hold to a booking."""
    if not session.execute(_CONSUME, hold, now_s):
        return False
    session.execute("UPDATE units SET booking = ? WHERE booking = ?", booking, hold)
    return True


def expire(session: Session, resources: Sequence[str], *, now_s: float) -> None:
    """Free the units of holds on these resources that have run out, and mark them as expired."""
    stale = _STALE.format(marks=marks(resources)) + session.dialect.lock_rows
    for (booking,) in session.rows(stale, now_s, *resources):
        session.execute("UPDATE bookings SET state = 'expired' WHERE booking = ?", booking)
        session.execute("DELETE FROM units WHERE booking = ?", booking)


def _with_units(session: Session, row: tuple[Any, ...]) -> BookingRow:
    units = session.rows("SELECT resource, unit FROM units WHERE booking = ?", row[0])
    return _booking(row, [(resource, unit) for resource, unit in units])


def _booking(row: tuple[Any, ...], units: list[tuple[str, int]]) -> BookingRow:
    booking, kind, trip, request_key, item, details, amount_minor, currency, state, expires_at_s = row
    return BookingRow(
        booking=booking,
        kind=kind,
        trip=trip,
        request_key=request_key,
        item=item,
        details=json_text.load(details),
        amount_minor=amount_minor,
        currency=currency,
        state=state,
        expires_at_s=expires_at_s,
        units=() if state == "expired" else tuple(sorted(units)),
    )
