"""Gathered: the results of one campaign or of many, of one machine or of the shards of several, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.evidence.row import Row


@dataclass(frozen=True, slots=True)
class Source:
    """One file of results that was read."""

    path: Path
    head: Head
    trials: int = 0
    """Different ones."""
    dropped: int = 0
    """Lines that nobody can read: the last one, of a run that was killed, or damage."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A trial that two sources tell of, and not the same; the worse of the two counts."""

    trial: str
    kept: str
    """``fail in shard-1``"""
    other: str


@dataclass(frozen=True)
class Gathered:
    """Every trial once, in the order of the sources and of their lines."""

    rows: tuple[Row, ...]
    sources: tuple[Source, ...]
    duplicates: int = 0
    """Trials that stand in several sources, and are the same."""
    conflicts: tuple[Conflict, ...] = ()
    explorations: tuple[Mapping[str, Any], ...] = ()
    """What ``exploration.json`` beside the results tells, if it is there: ``Found.to_data()``."""
    suite_sha256: str = ""
    """Of what was asked of the systems: the same for a baseline and a candidate that can be compared."""
    reached: Mapping[str, bool] = field(default_factory=dict)
    """What was to be true in some trial, and whether it ever was."""

    def __len__(self) -> int:
        return len(self.rows)

    def each(self) -> Iterator[tuple[Row, Mapping[str, Any]]]:
        """Each row with its whole line, as plain data, read again: for whoever counts what rows do not have."""
        raise NotImplementedError

    def result(self, row: Row) -> Result:
        """All that is kept of a trial: its line is read again."""
        raise NotImplementedError

    def history(self, row: Row) -> History | None:
        """Its history, None if it was not kept."""
        raise NotImplementedError


def gather(paths: Iterable[Path | str]) -> Gathered:
    """What stands in these files and folders, and in the folders inside them that hold results."""
    raise NotImplementedError
