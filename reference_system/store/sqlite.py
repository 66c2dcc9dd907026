"""SQLite: in memory for one process, in a file (WAL) for several."""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from reference_system.errors import StoreError
from reference_system.store.database import PATIENCE_S, AgainError, Dialect, Row, Session, not_storable, repeated
from reference_system.store.pool import Pool

T = TypeVar("T")

READERS_AT_MOST = 8

DIALECT: Final = Dialect(
    serial="INTEGER PRIMARY KEY",
    integer="INTEGER",
    real="REAL",
    table_end=" STRICT",
    lock_rows="",  # a transaction that writes has the whole database for itself
    position="instr",
    find_table="SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
)

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PRIMARY_CODE_MASK = 0xFF


class SqliteSession:
    """One transaction of SQLite."""

    dialect = DIALECT

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, *values: Any) -> int:
        """How many rows were written."""
        return self._run(sql, values).rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """The same statement for each of the rows."""
        for values in rows:
            self._run(sql, values)

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row, if there is one."""
        row: Row | None = self._run(sql, values).fetchone()
        return row

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""
        return self._run(sql, values).fetchall()

    def _run(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, values)
        except UnicodeEncodeError as error:
            raise not_storable(error) from error


class MemoryDatabase:
    """A database that lives as long as this object, and belongs to it alone."""

    in_memory = True

    def __init__(self) -> None:
        self._connection = _connect(":memory:")
        self._session = SqliteSession(self._connection)
        self._lock = threading.RLock()
        weakref.finalize(self, self._connection.close)

    def prepare(self, work: Callable[[Session], T]) -> T:
        """Make the tables."""
        return self.write(work)

    def read(self, work: Callable[[Session], T]) -> T:
        """The lock is what makes the state consistent."""
        with self._lock:
            try:
                return work(self._session)
            except sqlite3.Error as error:
                raise _translated(error) from error

    def write(self, work: Callable[[Session], T]) -> T:
        """Nobody else is there, so it is run again only if ``work`` itself asks for it."""
        return repeated(lambda: self._write_once(work))

    def _write_once(self, work: Callable[[Session], T]) -> T:
        with self._lock:
            return _transaction(self._connection, "BEGIN IMMEDIATE", work)

    def close(self) -> None:
        """What was stored is gone."""
        self._connection.close()


class FileDatabase:
    """A database in a file that many processes may use at once; whoever writes waits for its turn."""

    in_memory = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readers = self._pool(READERS_AT_MOST)
        self._writer = self._pool(1)  # threads queue here; SQLite would have them look again and again

    def prepare(self, work: Callable[[Session], T]) -> T:
        """Make the tables; the write lock keeps other processes from doing the same meanwhile."""
        return self.write(work)

    def read(self, work: Callable[[Session], T]) -> T:
        """On the state as it is when the first row is read; writers are not waited for."""
        return repeated(lambda: _lent(self._readers, "BEGIN", work))

    def write(self, work: Callable[[Session], T]) -> T:
        """With the write lock from the beginning: a transaction that has begun is not in anybody's way."""
        return repeated(lambda: _lent(self._writer, "BEGIN IMMEDIATE", work))

    def close(self) -> None:
        """Let go of all connections."""
        self._readers.close()
        self._writer.close()

    def _pool(self, connections_at_most: int) -> Pool[sqlite3.Connection]:
        return Pool(self._open, _close, _fit, connections_at_most=connections_at_most)

    def _open(self) -> sqlite3.Connection:
        return repeated(self._open_once)

    def _open_once(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = None
        try:
            connection = _connect(str(self._path))
            # The busy timeout does not hold for this one: whoever comes while another changes the mode is turned away.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # what was answered survives a power cut
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise _translated(error, f"SQLite file {self._path}") from error
        return connection


def _connect(place: str) -> sqlite3.Connection:
    connection = sqlite3.connect(place, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _close(connection: sqlite3.Connection) -> None:
    connection.close()


def _fit(connection: sqlite3.Connection) -> bool:
    return not connection.in_transaction


def _lent(pool: Pool[sqlite3.Connection], begin: str, work: Callable[[Session], T]) -> T:
    with pool.lend() as connection:
        return _transaction(connection, begin, work)


def _transaction(connection: sqlite3.Connection, begin: str, work: Callable[[Session], T]) -> T:
    try:
        connection.execute(begin)
        try:
            result = work(SqliteSession(connection))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except sqlite3.Error as error:
        raise _translated(error) from error
    return result


def _translated(error: sqlite3.Error, what: str = "SQLite") -> Exception:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & _PRIMARY_CODE_MASK in _BUSY:
        return AgainError(f"{what}: {error}")
    return StoreError(f"{what}: {error}")
