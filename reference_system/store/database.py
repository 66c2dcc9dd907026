"""The seam between what the store says in SQL and the database that hears it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from reference_system.errors import StoreError

T = TypeVar("T")
Row = tuple[Any, ...]

PATIENCE_S = 30.0
"""A transaction that could not be done for so long, because of others, is given up."""

_FIRST_PAUSE_S = 0.002
_LONGEST_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the two databases speak differently."""

    serial: str
    """The type of a column that numbers its rows."""
    integer: str
    real: str
    table_end: str
    """What follows the last parenthesis of a table, so that wrong types are refused."""
    lock_rows: str
    """What follows a SELECT whose rows nobody else may change until the transaction ends."""
    position: str
    """The function that says where in a text another one begins; 0 if nowhere."""
    find_table: str
    """The question whether there is a table of a name; no row if there is none."""


class Session(Protocol):
    """One transaction, while it lasts. Values stand in the SQL as ``?``."""

    dialect: Dialect

    def execute(self, sql: str, *values: Any) -> int:
        """How many rows were written."""

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """The same statement for each of the rows."""

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row, if there is one."""

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""


class Database(Protocol):
    """A database that runs transactions. Raises StoreError for whatever goes wrong with it."""

    in_memory: bool
    """Nothing that it does takes longer than a function call."""

    def prepare(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in one transaction while no other process runs another such."""

    def read(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` on one consistent state."""

    def write(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in one transaction, again from the start if that is needed; commit if it returns."""

    def close(self) -> None:
        """Let go of all connections."""


class AgainError(Exception):
    """This transaction must be run once more: others were in its way."""


def marks(values: Sequence[Any]) -> str:
    """Question marks for an IN list."""
    return ", ".join("?" * len(values))


def not_storable(error: UnicodeEncodeError) -> StoreError:
    """What to say of a text with half a surrogate pair in it."""
    return StoreError(f"{error.object!r} is no text that can be stored ({error.reason}); clean it up before")


def repeated(attempt: Callable[[], T], *, patience_s: float = PATIENCE_S) -> T:
    """Attempt until nobody is in the way, with growing, jittered pauses; StoreError once patience has run out."""
    try:
        return attempt()
    except AgainError:
        began_s = time.monotonic()
    pause_s = _FIRST_PAUSE_S
    while True:
        time.sleep(random.uniform(0, pause_s))  # noqa: S311 - not for secrets
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        try:
            return attempt()
        except AgainError as error:
            if time.monotonic() - began_s > patience_s:
                msg = f"others kept the store from it for {patience_s:.0f} s ({error}); try again later"
                raise StoreError(msg) from error
