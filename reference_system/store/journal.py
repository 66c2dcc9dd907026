"""What is written down for people: messages, escalations, and what shadow runs did differently."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from reference_system.errors import StoreError
from reference_system.store import json_text
from reference_system.store.database import Session
from reference_system.store.interface import EscalationRow, Json, LogMessage

_LOG = "INSERT INTO messages (trip, correlation, at_s, sender, receiver, kind, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
_MESSAGE = "SELECT trip, correlation, at_s, sender, receiver, kind, body, number FROM messages"
_ESCALATE = (
    "INSERT INTO escalations (escalation, trip, correlation, at_s, why, document, state) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (escalation) DO NOTHING"
)
_ESCALATION = "SELECT escalation, trip, correlation, at_s, why, document, state FROM escalations"


def log(session: Session, messages: Iterable[LogMessage]) -> None:
    """Write them down; the database gives the numbers."""
    session.execute_many(
        _LOG,
        [
            (
                message.trip,
                message.correlation,
                message.at_s,
                message.sender,
                message.receiver,
                message.kind,
                json_text.dump(message.body),
            )
            for message in messages
        ],
    )


def messages(  # noqa: PLR0913 - one parameter for each thing that can be looked for
    session: Session,
    *,
    trip: str | None = None,
    correlation: str | None = None,
    text: str | None = None,
    party: str | None = None,
    kind: str | None = None,
    limit: int = 1_000,
) -> tuple[LogMessage, ...]:
    """The first that match, in order."""
    conditions: list[str] = []
    values: list[Any] = []
    for column, wanted in (("trip", trip), ("correlation", correlation), ("kind", kind)):
        if wanted is not None:
            conditions.append(f"{column} = ?")
            values.append(wanted)
    if party is not None:
        conditions.append("(sender = ? OR receiver = ?)")
        values += [party, party]
    if text is not None:
        conditions.append(f"{session.dialect.position}(body, ?) > 0")
        values.append(json_text.needle(text))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = session.rows(f"{_MESSAGE}{where} ORDER BY number LIMIT ?", *values, limit)
    return tuple(_message(row) for row in rows)


def escalate(session: Session, row: EscalationRow) -> None:
    """Store it unless its id is known."""
    session.execute(
        _ESCALATE,
        row.escalation,
        row.trip,
        row.correlation,
        row.at_s,
        row.why,
        json_text.dump(row.document),
        row.state,
    )


def close_escalation(session: Session, escalation: str) -> None:
    """A person has finished it."""
    if not session.execute("UPDATE escalations SET state = 'closed' WHERE escalation = ?", escalation):
        msg = f"there is no escalation {escalation!r} to close; list those that are open"
        raise StoreError(msg)


def escalations(session: Session, state: Literal["open", "closed"] | None = None) -> tuple[EscalationRow, ...]:
    """Those in this state, in the order in which they came."""
    where, values = ("", ()) if state is None else (" WHERE state = ?", (state,))
    return tuple(_escalation(row) for row in session.rows(f"{_ESCALATION}{where} ORDER BY number", *values))


def add_shadow(session: Session, trip: str, differences: Json) -> None:
    """Write down what a shadow run did differently."""
    session.execute("INSERT INTO shadows (trip, differences) VALUES (?, ?)", trip, json_text.dump(differences))


def shadows(session: Session) -> tuple[tuple[str, Json], ...]:
    """(trip, differences), in order."""
    return tuple(
        (trip, json_text.load(differences))
        for trip, differences in session.rows("SELECT trip, differences FROM shadows ORDER BY number")
    )


def _message(row: tuple[Any, ...]) -> LogMessage:
    trip, correlation, at_s, sender, receiver, kind, body, number = row
    return LogMessage(
        trip=trip,
        correlation=correlation,
        at_s=at_s,
        sender=sender,
        receiver=receiver,
        kind=kind,
        body=json_text.load(body),
        number=number,
    )


def _escalation(row: tuple[Any, ...]) -> EscalationRow:
    escalation, trip, correlation, at_s, why, document, state = row
    return EscalationRow(
        escalation=escalation,
        trip=trip,
        correlation=correlation,
        at_s=at_s,
        why=why,
        document=json_text.load(document),
        state=state,
    )
