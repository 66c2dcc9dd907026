"""Gathered: the results of one campaign or of many, of one machine or of the shards of several, as rows."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence import exploration
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.regular import opened
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import FILE, Head, history_of, parse, parsed
from pytest_agentchaos.evidence.row import Row, row

_WORST_FIRST: Final = ("fail", "unknown", "invalid", "inapplicable", "pass")


@dataclass(frozen=True, slots=True)
class Source:
    """One file of results that was read."""

    path: Path
    head: Head
    trials: int = 0
    """Different ones."""
    dropped: int = 0
    """Lines that nobody can read: the last one, of a run that was killed, or damage. A file that has no whole line at
    all, of a run that was killed before it began, has an empty head and counts as one."""

    @property
    def folder(self) -> Path:
        """Where it stands, with its histories."""
        return self.path.parent


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
    superseded: int = 0
    """Trials that were no proper ones in one source (``infrastructure``) and are in another: a shard that was run
    again."""
    remarks: tuple[str, ...] = ()
    """What else could not be read, a sentence each."""

    def __len__(self) -> int:
        return len(self.rows)

    def is_searched(self, row: Row) -> bool:
        """Whether it is a trial of an exploration whose fault found nothing to act on: part of the search, no doubt."""
        return row.status == "invalid" and row.unfired and self.sources[row.source].head.kind == exploration.KIND

    def each(self) -> Iterator[tuple[Row, Mapping[str, Any]]]:
        """Each row with its whole line, as plain data, read again: for whoever counts what rows do not have."""
        wanted: list[dict[int, Row]] = [{} for _ in self.sources]
        for one in self.rows:
            wanted[one.source][one.at] = one
        for source, rows in zip(self.sources, wanted, strict=True):
            found = 0
            for at, line in _lines(source.path) if rows else ():
                if at in rows:
                    found += 1
                    yield rows[at], _of(rows[at], parse(line), source)
            if found < len(rows):
                raise _changed(source)

    def result(self, row: Row) -> Result:
        """All that is kept of a trial: its line is read again."""
        source = self.sources[row.source]
        try:
            with opened(source.path) as file:
                file.seek(row.at)
                line = file.readline()
        except OSError as error:
            raise _unreadable(source.path, error) from error
        return Result.from_data(_of(row, parse(line), source))

    def history(self, row: Row) -> History | None:
        """Its history, None if it was not kept. One that is damaged is an error of use that says so."""
        return history_of(self.sources[row.source].folder, row.history)


def gather(paths: Iterable[Path | str] | Path | str) -> Gathered:
    """What stands in these files and folders, and in the folders inside them that hold results.

    A trial that several sources tell of counts once. Where they differ, the worse status counts, but a proper trial
    always before one that was none.
    """
    given = [Path(paths)] if isinstance(paths, (str, Path)) else [Path(path) for path in paths]
    gathering = _Gathering()
    for path in _files(given):
        gathering.read(path)
    return gathering.gathered()


class _Gathering:
    """What was read so far."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._where: dict[str, int] = {}
        """Trial -> its place in the rows."""
        self._digests: dict[str, str] = {}
        self._sources: list[Source] = []
        self._conflicts: list[Conflict] = []
        self._duplicates = self._superseded = 0
        self._reached: dict[str, bool] = {}
        self._explorations: list[Mapping[str, Any]] = []
        self._remarks: list[str] = []

    def read(self, path: Path) -> None:
        """One file more."""
        lines = parsed(path)
        _, first = next(lines, (0, None))
        if first is None:
            self._sources.append(Source(path, _no_head(path), dropped=1))
            return
        head = Head.from_data(first, str(path))
        found, digests, dropped = self._found(lines)
        self._sources.append(Source(path, head, len(found), dropped))
        for trial, one in found.items():
            self._add(one, digests[trial])
        try:
            told = exploration.read(path.parent)
        except UsageError as error:
            self._remarks.append(str(error))
        else:
            self._explorations += [told] if told is not None and told not in self._explorations else []

    def _found(self, lines: Iterator[tuple[int, Any]]) -> tuple[dict[str, Row], dict[str, str], int]:
        """The trials of one file: of one that was run again, the later line counts."""
        number = len(self._sources)
        found: dict[str, Row] = {}
        digests: dict[str, str] = {}
        reached = self._reached
        dropped = 0
        for at, data in lines:
            try:
                one = row(number, at, data)
            except ValueError:
                dropped += 1
                continue
            found[one.trial] = one
            digests[one.trial] = data.get("digest", "")[:16]
            for name, was in data.get("reached", {}).items():
                reached[name] = reached.get(name, False) or was is True
        return found, digests, dropped

    def _add(self, one: Row, digest: str) -> None:
        place = self._where.setdefault(one.trial, len(self._rows))
        if place == len(self._rows):
            self._rows.append(one)
            self._digests[one.trial] = digest
            return
        before = self._rows[place]
        if one.status == before.status and digest == self._digests[one.trial]:
            self._duplicates += 1
            is_better = bool(one.history) and not before.history
        elif "infrastructure" in {one.status, before.status}:
            self._superseded += one.status != before.status
            self._duplicates += one.status == before.status
            is_better = before.status == "infrastructure"
        else:
            is_better = _WORST_FIRST.index(one.status) < _WORST_FIRST.index(before.status)
            kept, other = (one, before) if is_better else (before, one)
            self._conflicts.append(Conflict(one.trial, self._told(kept), self._told(other)))
        if is_better:
            self._rows[place] = one
            self._digests[one.trial] = digest

    def _told(self, one: Row) -> str:
        return f"{one.status} in {self._sources[one.source].folder}"

    def gathered(self) -> Gathered:
        """All of it."""
        if not any(source.trials or source.head.version for source in self._sources):
            path = self._sources[0].path
            msg = f"{path} has no whole line; the run was ended before it began: run it again"
            raise UsageError(msg)
        cases = "\n".join(sorted({one.case for one in self._rows}))
        return Gathered(
            tuple(self._rows),
            tuple(self._sources),
            self._duplicates,
            tuple(self._conflicts),
            tuple(self._explorations),
            hashlib.sha256(cases.encode()).hexdigest() if cases else "",
            self._reached,
            self._superseded,
            tuple(self._remarks),
        )


def _no_head(path: Path) -> Head:
    """Of a run that was killed before its first line was whole; anything else without one is no file of results."""
    try:
        with opened(path) as file:
            begun = file.read(_HEAD_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error
    if begun and (b"\n" in begun or len(begun) == _HEAD_BYTES or not _HEAD_BEGINS.startswith(begun[:14])):
        msg = f"{path}: its first line is no JSON; it is no file of results of pytest-agentchaos"
        raise UsageError(msg)
    return Head()


_HEAD_BYTES: Final = 65_536
_HEAD_BEGINS: Final = b'{"agentchaos":'


def _files(given: Iterable[Path]) -> Iterator[Path]:
    """The files of results that are meant, each once."""
    seen: set[str] = set()
    some = False
    for path in given:
        for file in _meant(path):
            some = True
            real = os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                yield file
    if not some:
        msg = "there is nothing to gather: give folders of results, or files of them"
        raise UsageError(msg)


def _meant(path: Path) -> Iterable[Path]:
    if path.is_file():
        return (path,)
    if not path.is_dir():
        what = "is neither a file nor a folder" if path.exists() else "is not there"
        msg = f"{path} {what}; give a folder of results, which `agentchaos run ... --out {path}` makes"
        raise UsageError(msg)
    found = list(_inside(path))
    if not found:
        msg = f"{path} has no {FILE}, and no folder in it has one; `agentchaos run ... --out {path}` writes it"
        raise UsageError(msg)
    return found


def _inside(path: Path) -> Iterator[Path]:
    """The nearest folders with results; inside of such a one there is nothing to look for."""
    seen: set[str] = set()
    for folder, inner, files in os.walk(path, onerror=_cannot_look, followlinks=True):
        real = os.path.realpath(folder)
        if FILE in files or real in seen:  # a link may lead up again
            inner.clear()
        if FILE in files and real not in seen:
            yield Path(folder, FILE)
        seen.add(real)
        inner[:] = sorted(name for name in inner if not name.startswith("."))


def _cannot_look(error: OSError) -> None:
    raise _unreadable(Path(str(error.filename)), error) from error


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    at = 0
    try:
        with opened(path) as file:
            for line in file:
                yield at, line
                at += len(line)
    except OSError as error:
        raise _unreadable(path, error) from error


def _of(one: Row, data: Any, source: Source) -> Mapping[str, Any]:
    if not isinstance(data, dict) or data.get("trial") != one.trial:
        raise _changed(source)
    return data


def _changed(source: Source) -> UsageError:
    return UsageError(f"{source.path} has changed since it was read; read it again when nothing writes to it")


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path}: the results cannot be read: {error.strerror or error}")
