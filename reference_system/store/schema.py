"""The tables, once for both databases."""

from __future__ import annotations

from reference_system.errors import StoreError
from reference_system.store.database import Database, Dialect, Session

VERSION = "1"

_TABLES = """
CREATE TABLE IF NOT EXISTS schema_facts (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
){table_end};

CREATE TABLE IF NOT EXISTS counters (
    prefix TEXT NOT NULL PRIMARY KEY,
    last {integer} NOT NULL
){table_end};

CREATE TABLE IF NOT EXISTS request_keys (
    request_key TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'done', 'barred')),
    tool TEXT,
    arguments_digest TEXT,
    result TEXT,
    CHECK ((state = 'done') = (result IS NOT NULL)),
    CHECK ((state = 'barred') = (tool IS NULL))
){table_end};

CREATE TABLE IF NOT EXISTS resources (
    resource TEXT NOT NULL PRIMARY KEY,
    capacity {integer} NOT NULL CHECK (capacity >= 0),
    UNIQUE (resource, capacity)
){table_end};

CREATE TABLE IF NOT EXISTS bookings (
    number {serial},
    booking TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('flight', 'room', 'table')),
    trip TEXT NOT NULL,
    request_key TEXT,
    item TEXT NOT NULL,
    details TEXT NOT NULL,
    amount_minor {integer} NOT NULL CHECK (amount_minor >= 0),
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'booked', 'cancelled', 'expired')),
    expires_at_s {real},
    CHECK (state <> 'held' OR expires_at_s IS NOT NULL)
){table_end};

CREATE INDEX IF NOT EXISTS bookings_of_trip ON bookings (trip);
CREATE INDEX IF NOT EXISTS bookings_of_key ON bookings (request_key);

{units}

CREATE INDEX IF NOT EXISTS units_of_booking ON units (booking);

CREATE TABLE IF NOT EXISTS itineraries (
    trip TEXT NOT NULL PRIMARY KEY,
    version {integer} NOT NULL,
    title TEXT NOT NULL,
    lines TEXT NOT NULL
){table_end};

CREATE TABLE IF NOT EXISTS trips (
    number {serial},
    trip TEXT NOT NULL UNIQUE,
    request_key TEXT NOT NULL UNIQUE,
    request TEXT NOT NULL,
    correlation TEXT NOT NULL,
    manifest TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'ended')),
    answer TEXT,
    began_at_s {real} NOT NULL,
    CHECK ((state = 'ended') = (answer IS NOT NULL))
){table_end};

CREATE TABLE IF NOT EXISTS checkpoints (
    trip TEXT NOT NULL,
    number {integer} NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (trip, number)
){table_end};

CREATE TABLE IF NOT EXISTS intents (
    number {serial},
    request_key TEXT NOT NULL UNIQUE,
    trip TEXT NOT NULL,
    step TEXT NOT NULL,
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,
    result TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused', 'undone'))
){table_end};

CREATE INDEX IF NOT EXISTS intents_of_trip ON intents (trip);

CREATE TABLE IF NOT EXISTS messages (
    number {serial},
    trip TEXT NOT NULL,
    correlation TEXT NOT NULL,
    at_s {real} NOT NULL,
    sender TEXT NOT NULL,
    receiver TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
){table_end};

CREATE INDEX IF NOT EXISTS messages_of_trip ON messages (trip);
CREATE INDEX IF NOT EXISTS messages_of_correlation ON messages (correlation);

CREATE TABLE IF NOT EXISTS escalations (
    number {serial},
    escalation TEXT NOT NULL UNIQUE,
    trip TEXT NOT NULL,
    correlation TEXT NOT NULL,
    at_s {real} NOT NULL,
    why TEXT NOT NULL,
    document TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed'))
){table_end};

CREATE TABLE IF NOT EXISTS shadows (
    number {serial},
    trip TEXT NOT NULL,
    differences TEXT NOT NULL
){table_end}
"""

# A unit cannot be sold twice (primary key), cannot exist beyond the capacity (check; the foreign key makes the
# capacity in its row that of the resource), and cannot be occupied by nobody (the booking may follow in the same
# transaction).
_GUARDED_UNITS = """
CREATE TABLE IF NOT EXISTS units (
    resource TEXT NOT NULL,
    capacity {integer} NOT NULL,
    unit {integer} NOT NULL,
    booking TEXT NOT NULL REFERENCES bookings (booking) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (resource, unit),
    CHECK (unit BETWEEN 1 AND capacity),
    FOREIGN KEY (resource, capacity) REFERENCES resources (resource, capacity) ON UPDATE CASCADE
){table_end};
"""

_UNGUARDED_UNITS = """
CREATE TABLE IF NOT EXISTS units (
    resource TEXT NOT NULL,
    capacity {integer} NOT NULL,
    unit {integer} NOT NULL,
    booking TEXT NOT NULL
){table_end};
"""


def statements(dialect: Dialect, *, guarded: bool) -> tuple[str, ...]:
    """What makes the tables that are not there yet."""
    words = {
        "serial": dialect.serial,
        "integer": dialect.integer,
        "real": dialect.real,
        "table_end": dialect.table_end,
    }
    units = (_GUARDED_UNITS if guarded else _UNGUARDED_UNITS).format(**words)
    return tuple(part.strip() for part in _TABLES.format(units=units, **words).split(";") if part.strip())


def prepare(database: Database, *, guarded: bool) -> None:
    """Make the tables if they are not there; StoreError: those that are there were made for something else."""
    wanted = {"version": VERSION, "units": "guarded" if guarded else "unguarded"}

    def create(session: Session) -> dict[str, str]:
        for statement in statements(session.dialect, guarded=guarded):
            session.execute(statement)
        insertion = "INSERT INTO schema_facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
        session.execute_many(insertion, list(wanted.items()))
        return _facts(session)

    # Statements that make tables lock them, even if there is nothing to make: not while others work with them.
    found = database.read(_facts) or database.prepare(create)
    wrong = [f"{name} {found.get(name)!r}, not {value!r}" for name, value in wanted.items() if found.get(name) != value]
    if wrong:
        msg = f"this database was made by another release or with another switch ({', '.join(wrong)}); use a new one"
        raise StoreError(msg)


def _facts(session: Session) -> dict[str, str]:
    """What is known of the tables; nothing if they are not there."""
    if session.row(session.dialect.find_table, "schema_facts") is None:
        return {}
    return dict(session.rows("SELECT name, value FROM schema_facts"))
