"""An export: spans of files of any size, sorted by trace without holding them in memory.

The spans of one trace are scattered over an export. They wait in an anonymous SQLite database: a temporary file that
has no name, so that nothing is left of it however this process ends.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from operator import attrgetter
from types import TracebackType
from typing import Any, Final, Self

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.canonical import encode, plain
from pytest_agentchaos.evidence.spans.span import Span

_CACHE_KIB: Final = 32 * 1024
_BATCH_BYTES: Final = 2**20
_TOGETHER: Final = 100
"""Rows that are read at a time."""

_SCHEMA: Final = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -{_CACHE_KIB};
PRAGMA temp_store = FILE;
CREATE TABLE spans (number INTEGER PRIMARY KEY, trace BLOB NOT NULL, size INTEGER NOT NULL, span BLOB NOT NULL);
"""
_INSERT: Final = "INSERT INTO spans (trace, size, span) VALUES (?, ?, ?)"
_INDEX: Final = "CREATE INDEX IF NOT EXISTS by_trace ON spans (trace, number, size)"  # all that _TRACES asks for
_TRACES: Final = "SELECT trace, COUNT(*), SUM(size) FROM spans GROUP BY trace ORDER BY MIN(number)"
_SPANS: Final = "SELECT span FROM spans WHERE trace = ? ORDER BY number"
_COUNT: Final = "SELECT COUNT(DISTINCT trace) FROM spans"


@dataclass(frozen=True, slots=True)
class Trace:
    """One trace of an export; its spans are loaded by :meth:`Export.spans`."""

    trace_id: str
    size: int
    """How many spans it has."""
    size_bytes: int
    """As written down here; in memory it takes several times as much."""


class Export:
    """Takes spans in any order and gives them back trace by trace. To be closed: ``with Export() as export``."""

    def __init__(self) -> None:
        self.size = 0
        """How many spans were added."""
        self._waiting: list[tuple[bytes, int, bytes]] = []
        self._waiting_bytes = 0
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, span: Span) -> None:
        """Keep a span."""
        row = _row(span)
        self._waiting.append((encode(span.trace_id), len(row), row))
        self._waiting_bytes += len(row)
        self.size += 1
        if self._waiting_bytes >= _BATCH_BYTES:
            self._write()

    def count(self) -> int:
        """How many traces there are."""
        with _explained():
            self._sort()
            (count,) = self._database.execute(_COUNT).fetchone()
        return int(count)

    def traces(self) -> Iterator[Trace]:
        """The traces one by one, in the order of their first spans."""
        with _explained():
            self._sort()
            for key, size, size_bytes in self._database.execute(_TRACES):
                yield Trace(key.decode(), size, size_bytes)

    def spans(self, trace: Trace) -> tuple[Span, ...]:
        """The spans of one trace, in the order in which they were exported."""
        known: dict[str, str] = {}
        with _explained():
            rows = self._database.execute(_SPANS, (encode(trace.trace_id),))
            return tuple(span for some in iter(lambda: rows.fetchmany(_TOGETHER), []) for span in _spans(some, known))

    def _sort(self) -> None:
        self._write()
        self._database.execute(_INDEX)

    def _write(self) -> None:
        with _explained():
            self._database.executemany(_INSERT, self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        msg = (
            f"the spans cannot be sorted by trace in a temporary file: {error}; they need about as much room as the"
            " export has without compression: make room, or set SQLITE_TMPDIR to a directory that has it"
        )
        raise UsageError(msg) from error


_encode = json.JSONEncoder(separators=(",", ":"), default=plain).encode
_fields = attrgetter(*(field.name for field in fields(Span)))


def _row(span: Span) -> bytes:
    return _encode(_fields(span)).encode("ascii")


def _spans(rows: list[tuple[bytes]], known: dict[str, str]) -> Iterator[Span]:
    """Read together, the names of attributes are one object each; so are names and ids, by ``known``."""
    for values in json.loads(b"[%s]" % b",".join(row for (row,) in rows)):
        yield Span(*(_read(value, known) for value in values))


def _read(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, str):
        return known.setdefault(value, value)
    return tuple(value) if isinstance(value, list) else value
