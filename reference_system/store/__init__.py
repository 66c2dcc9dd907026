"""Everything that must outlive a process: bookings, keys, trips, checkpoints, intents, the message log, escalations."""

from __future__ import annotations

from pathlib import Path

from reference_system.errors import StoreError
from reference_system.store.database import Database
from reference_system.store.interface import Store
from reference_system.store.sql_store import SqlStore
from reference_system.store.sqlite import FileDatabase, MemoryDatabase

__all__ = ["open_store"]


def open_store(url: str, *, capacity_constraint: bool = True) -> Store:
    """The store at ``url``; its tables are made if they are not there.

    ``sqlite://`` is in memory and belongs to the caller alone, ``sqlite:///trips.db`` is a file in the working
    directory, ``sqlite:////var/lib/trips.db`` one with an absolute path, ``postgresql://...`` as psycopg takes it.

    Without ``capacity_constraint``, nothing but the caller's own look at :meth:`Store.left` keeps it from selling what
    is sold: two buyers who look before either of them buys, both buy.
    """
    return SqlStore(_database(url), guarded=capacity_constraint)


def _database(url: str) -> Database:
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite":
        return _sqlite(url, rest)
    if separator and scheme in ("postgresql", "postgres"):
        from reference_system.store.postgres import PostgresDatabase

        return PostgresDatabase(url)
    msg = f"{scheme!r} is no store; give sqlite://, sqlite:///path/to/file or postgresql://user@host/database"
    raise StoreError(msg)


def _sqlite(url: str, rest: str) -> Database:
    if rest in ("", "/", "/:memory:"):
        return MemoryDatabase()
    if not rest.startswith("/"):
        msg = f"{url!r} names a host, and SQLite has none; a file has three slashes (sqlite:///file) or four (absolute)"
        raise StoreError(msg)
    path = Path(rest[1:])
    if not path.parent.is_dir():
        msg = f"{url!r}: there is no directory {path.parent}; make it, or write four slashes before an absolute path"
        raise StoreError(msg)
    return FileDatabase(path)
