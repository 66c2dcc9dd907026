"""Results: what a campaign left in its folder, for whoever reports, compares or decides. It needs no system."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any, Final, NoReturn

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.regular import opened
from pytest_agentchaos.evidence.result import Result

FORMAT: Final = 1
FILE: Final = "results.jsonl"
HISTORIES: Final = "histories"

_HEAD: Final = "agentchaos"
_UNPACKED_BYTES: Final = 512_000_000
"""No history is longer; a small file that grows beyond it is none."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a file of results."""

    format: int = FORMAT
    version: str = ""
    """Of this package."""
    python: str = ""
    kind: str = ""
    """What the trials are for: ``campaign``, ``exploration``, ``scenarios`` ..."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Versions of what the agents' calls went through."""
    hash_seed: str | None = None
    """PYTHONHASHSEED; empty if it was not set."""
    at: str = ""
    """When it was begun: ISO 8601, UTC."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What whoever ran it calls it by: release, commit, shard."""

    def to_line(self) -> str:
        """As one line of a file."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return json.dumps({_HEAD: told}, separators=(",", ":"))

    @classmethod
    def from_data(cls, data: Any, source: str) -> Head:
        """What :meth:`to_line` told, if this version can read what follows."""
        told = data.get(_HEAD) if isinstance(data, dict) else None
        number = told.get("format") if isinstance(told, dict) else None
        if not isinstance(told, dict) or not isinstance(number, int):
            msg = f"{source}: its first line names no format; it is no file of results of pytest-agentchaos"
            raise UsageError(msg)
        if number > FORMAT:
            msg = (
                f"{source} has format {number}, written by pytest-agentchaos {told.get('version', '?')};"
                f" this version reads up to {FORMAT}: install a newer one to read it"
            )
            raise UsageError(msg)
        version, python, kind, at = (str(told.get(name, "")) for name in ("version", "python", "kind", "at"))
        packages, labels = (_texts(told.get(name)) for name in ("packages", "labels"))
        hash_seed = told.get("hash_seed")
        return cls(number, version, python, kind, packages, None if hash_seed is None else str(hash_seed), at, labels)


def _texts(told: Any) -> dict[str, str]:
    return {str(name): str(one) for name, one in told.items()} if isinstance(told, dict) else {}


@dataclass(frozen=True, slots=True)
class Results:
    """A campaign's results, each trial once, in the order in which they were begun to be kept."""

    folder: Path
    head: Head
    results: tuple[Result, ...]
    dropped: int = 0
    """Lines that nobody can read: one at most after a kill; more, and something else has written to the file."""

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def history(self, result: Result) -> History | None:
        """The history of a trial, None if it was not kept."""
        return history_of(self.folder, result.history)


def read(folder: Path | str) -> Results:
    """The results in a folder, or in a file of results. Of a trial that was run again, the later counts."""
    path = Path(folder)
    if path.is_dir():
        path /= FILE
    lines = parsed(path)
    _, first = next(lines, (0, None))
    if first is None:
        msg = f"{path} has no whole line; the campaign was ended before it began, or this is no file of results"
        raise UsageError(msg)
    head = Head.from_data(first, str(path))
    found: dict[str, Result] = {}
    dropped = 0
    for _, data in lines:
        if (result := result_of(data)) is not None:
            found[result.trial] = result
        else:
            dropped += 1
    return Results(path.parent, head, tuple(found.values()), dropped)


def history_of(folder: Path, name: str) -> History | None:
    """The history in a file of this folder, None if there is none."""
    if not name:
        return None
    path = folder / name
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        msg = f"{folder}: its results name a history elsewhere, {name!r}; that is not read"
        raise UsageError(msg)
    try:
        with opened(path) as file, gzip.open(file) as unpacked:
            packed = unpacked.read(_UNPACKED_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, zlib.error) as error:
        msg = f"{path}: the history cannot be read: {error}"
        raise UsageError(msg) from error
    if len(packed) > _UNPACKED_BYTES:
        msg = f"{path}: the history has more than {_UNPACKED_BYTES // 1_000_000} MB when it is unpacked; it is not read"
        raise UsageError(msg)
    return History.from_jsonl(packed.decode("utf-8", "surrogateescape"), source=str(path))


def parsed(path: Path) -> Iterator[tuple[int, Any]]:
    """Each line of a file, with where it begins; None for one that is no JSON."""
    try:
        with opened(path) as file:
            at = 0
            for line in file:
                yield at, parse(line)
                at += len(line)
    except FileNotFoundError as error:
        msg = f"{path}: there are no results; a campaign with this folder writes them"
        raise UsageError(msg) from error
    except OSError as error:
        msg = f"{path}: the results cannot be read: {error.strerror or error}"
        raise UsageError(msg) from error


def result_of(data: Any) -> Result | None:
    """The result that a line tells of; None if it tells of none."""
    try:
        return Result.from_data(data)
    except (UsageError, TypeError, KeyError, ValueError, AttributeError):
        return None


def parse(line: bytes) -> Any:
    """What a line tells; None if it has no end, or is no JSON. The words NaN and Infinity are none.

    ``1e999`` is JSON, and read as infinity: whoever counts with a number looks at it first.
    """
    if not line.endswith(b"\n"):
        return None
    from pydantic_core import from_json

    try:
        return from_json(line, allow_inf_nan=False)
    except ValueError:
        pass  # also for half a character and for deep nests, which are JSON all the same
    try:
        return json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
