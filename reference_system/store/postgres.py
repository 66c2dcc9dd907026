"""PostgreSQL: for several hosts, and for as long as a server can be trusted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from reference_system.errors import StoreError
from reference_system.store.database import AgainError, Dialect, Row, Session, not_storable, repeated
from reference_system.store.pool import Pool

T = TypeVar("T")

CONNECTIONS_AT_MOST = 8
CONNECT_TIMEOUT_S = 5

DIALECT: Final = Dialect(
    serial="BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    integer="BIGINT",
    real="DOUBLE PRECISION",
    table_end="",
    lock_rows=" FOR UPDATE",
    position="strpos",
    find_table="SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?",
)

# A lost client must not keep others waiting for its locks, nor a lost server its clients.
_LIMITS = "SET lock_timeout = '30s'; SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'"

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"
_IN_THE_WAY = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)

_SCHEMA_LOCK = 0x7472_6176_656C
"""Of the processes that start at once, one makes the tables at a time: IF NOT EXISTS alone is a race."""


@lru_cache(maxsize=512)
def _placeholders(sql: str) -> str:
    return sql.replace("?", "%s")


class PostgresSession:
    """One transaction of PostgreSQL."""

    dialect = DIALECT

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, *values: Any) -> int:
        """How many rows were written."""
        return self._run(sql, values).rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """The same statement for each of the rows, without waiting for each."""
        try:
            with self._connection.cursor() as cursor:
                cursor.executemany(_placeholders(sql), rows)
        except UnicodeEncodeError as error:
            raise not_storable(error) from error

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row, if there is one."""
        return self._run(sql, values).fetchone()

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""
        return self._run(sql, values).fetchall()

    def _run(self, sql: str, values: Sequence[Any]) -> psycopg.Cursor:
        try:
            return self._connection.execute(_placeholders(sql), values or None)
        except UnicodeEncodeError as error:
            raise not_storable(error) from error


class PostgresDatabase:
    """A server that many processes and hosts may use at once, and that may go away and come back."""

    in_memory = False

    def __init__(self, url: str, *, connections_at_most: int = CONNECTIONS_AT_MOST) -> None:
        self._url = url
        self._pool = Pool(self._connect, _disconnect, _fit, connections_at_most=connections_at_most)

    def prepare(self, work: Callable[[Session], T]) -> T:
        """Make the tables, while no other process does."""

        def alone(session: Session) -> T:
            session.row("SELECT pg_advisory_xact_lock(?)", _SCHEMA_LOCK)
            return work(session)

        return self.write(alone)

    def read(self, work: Callable[[Session], T]) -> T:
        """On one snapshot."""
        return repeated(lambda: self._once(_READ, work))

    def write(self, work: Callable[[Session], T]) -> T:
        """What is read to be written is locked by whoever reads it."""
        return repeated(lambda: self._once(_WRITE, work))

    def close(self) -> None:
        """Let go of all connections."""
        self._pool.close()

    def _once(self, begin: str, work: Callable[[Session], T]) -> T:
        with self._pool.lend() as connection:
            try:
                return _transaction(connection, begin, work)
            except AgainError:
                if connection.closed:
                    self._pool.clear()
                raise

    def _connect(self) -> psycopg.Connection:
        try:
            connection = psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S)
        except psycopg.Error as error:
            msg = f"PostgreSQL cannot be reached; see that it runs and that the store's address is right: {error}"
            raise StoreError(msg) from error
        try:
            connection.execute(_LIMITS)
        except psycopg.Error as error:
            connection.close()
            raise _translated(connection, error) from error
        return connection


def _disconnect(connection: psycopg.Connection) -> None:
    connection.close()


def _fit(connection: psycopg.Connection) -> bool:
    return not connection.closed and connection.info.transaction_status is TransactionStatus.IDLE


def _transaction(connection: psycopg.Connection, begin: str, work: Callable[[Session], T]) -> T:
    try:
        connection.execute(_placeholders(begin))
        try:
            result = work(PostgresSession(connection))
            _check_alive(connection)
        except BaseException:
            _roll_back(connection)
            raise
    except psycopg.Error as error:
        raise _translated(connection, error) from error
    _commit(connection)
    return result


def _check_alive(connection: psycopg.Connection) -> None:
    if connection.info.transaction_status is TransactionStatus.INERROR:
        msg = "PostgreSQL: a statement failed and the work went on; let its error out, the transaction is lost"
        raise StoreError(msg)


def _commit(connection: psycopg.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except psycopg.Error as error:
        if connection.closed:
            msg = f"PostgreSQL went away during a commit, and nobody knows whether it is done; ask again: {error}"
            raise StoreError(msg) from error
        raise _translated(connection, error) from error


def _roll_back(connection: psycopg.Connection) -> None:
    # One that fails leaves a connection that is not fit for another use: the server rolls back when it is closed.
    with contextlib.suppress(psycopg.Error):
        connection.execute("ROLLBACK")


def _translated(connection: psycopg.Connection, error: psycopg.Error) -> Exception:
    if connection.closed or isinstance(error, _IN_THE_WAY):
        return AgainError(f"PostgreSQL: {error}")
    return StoreError(f"PostgreSQL: {error}")
