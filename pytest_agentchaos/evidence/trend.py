"""The trend: a file with one line for each run that somebody wants to remember, small enough to be kept for years."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Any, Final

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.canonical import encode
from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.regular import opened
from pytest_agentchaos.evidence.row import Row

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows, where a line that is appended in one piece has to do
    fcntl = None  # type: ignore[assignment]

FORMAT: Final = 1
FIGURES: Final = ("duration_s", "cost", "steps", "recovery_s")
"""Of the measures of a trial; a run has their medians."""
NO_FAULT: Final = "no fault"

_HEAD: Final = "agentchaos_run"


@dataclass(frozen=True, slots=True)
class Remembered:
    """A campaign, as the history has it: what is kept of all its trials."""

    at: str
    """When it was begun: ISO 8601, UTC."""
    digest: str
    """Of its results; a run that stands here already is not added again."""
    successes: int
    runs: int
    """Trials that say something of the system."""
    statuses: Mapping[str, int] = field(default_factory=dict)
    systems: tuple[str, ...] = ()
    suite_sha256: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    decision: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    currency: str = ""
    faults: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Fault -> successes and trials under it."""

    @property
    def label(self) -> str:
        """What to call it: its release, its commit, or any other label."""
        told = self.labels.get("release") or self.labels.get("commit")
        return told or ", ".join(f"{name}={value}" for name, value in sorted(self.labels.items()))

    @property
    def day(self) -> datetime:
        """When it was begun."""
        return _moment(self.at)

    def to_line(self) -> str:
        """As one line of the file."""
        told = {
            _HEAD: FORMAT,
            "at": self.at,
            "digest": self.digest,
            "successes": self.successes,
            "runs": self.runs,
            "statuses": dict(self.statuses),
            "systems": list(self.systems),
            "suite_sha256": self.suite_sha256,
            "labels": dict(self.labels),
            "decision": self.decision,
            "figures": dict(self.figures),
            "currency": self.currency,
            "faults": {name: list(counts) for name, counts in self.faults.items()},
        }
        return json.dumps(told, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Trend:
    """All runs of a file, oldest first."""

    runs: tuple[Remembered, ...]
    newer: int = 0
    """Lines of a later version of this package: they are kept, and not shown."""
    damaged: int = 0
    """Lines that nobody can read."""

    def __iter__(self) -> Iterator[Remembered]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)


def remember(gathered: Gathered, labels: Mapping[str, str], *, at: str = "", decision: str = "") -> Remembered:
    """What is worth remembering of these results. ``at``: for results that do not tell when they were begun."""
    heads = [source.head for source in gathered.sources]
    begun = sorted(head.at for head in heads if head.at)
    known = {name: value for head in heads for name, value in head.labels.items()}
    rows = gathered.rows
    if not rows:
        msg = "these results have no trial; there is nothing to remember of them"
        raise UsageError(msg)
    counted = [row for row in rows if row.counted]
    made = Remembered(
        _moment(at or (begun[0] if begun else "")).isoformat(timespec="seconds").replace("+00:00", "Z"),
        _digest(rows, begun or [at]),
        sum(row.success for row in counted),
        len(counted),
        _counts(row.status for row in rows),
        tuple(sorted({row.system for row in rows})),
        gathered.suite_sha256,
        {**known, **labels},
        decision,
        _medians(counted),
        next((str(one) for row in counted if (one := row.measures.get("currency"))), ""),
        _faults(counted),
    )
    return _hidden(made)


def _hidden(one: Remembered) -> Remembered:
    """A history is kept for years and passed around."""
    systems, labels = tuple(redact(list(one.systems))), redact(dict(one.labels))
    faults: dict[str, tuple[int, int]] = {}
    for name, (successes, runs) in one.faults.items():
        known = faults.get(told := str(redact(name)), (0, 0))
        faults[told] = known[0] + successes, known[1] + runs
    return replace(one, systems=systems, labels=labels, faults=faults, currency=str(redact(one.currency)))


def read(path: Path | str) -> Trend:
    """The runs in a file. A last line without its end is one that is being written, or was when somebody ended it."""
    try:
        return _parsed(_told(Path(path)))
    except FileNotFoundError as error:
        msg = f"{path}: there is no such history; `agentchaos scorecard {path} --add RESULTS` begins one"
        raise UsageError(msg) from error
    except OSError as error:
        msg = f"{path}: the history cannot be read: {error.strerror or error}"
        raise UsageError(msg) from error


def add(path: Path | str, one: Remembered) -> bool:
    """Append a run; False if it stands there already. Whoever else does so at the same time waits."""
    try:
        with _locked(Path(path)) as file:
            told = _told(Path(path))
            if told.strip() and not (found := _parsed(told)).runs and not found.newer:
                msg = f"{path} is no history of runs; nothing was written to it"
                raise UsageError(msg)
            if any(one.digest == other.digest for other in _parsed(told)):
                return False
            # A line that was cut off stays as it is, and must not take this one with it.
            begin = "\n" if told and not told.endswith(b"\n") else ""
            _write(file, f"{begin}{one.to_line()}\n".encode())
    except OSError as error:
        msg = f"{path}: the history cannot be written: {error.strerror or error}"
        raise UsageError(msg) from error
    return True


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _write(file: int, line: bytes) -> None:
    """All of it or, on a full disk, none."""
    size = os.fstat(file).st_size
    try:
        if os.write(file, line) < len(line):
            msg = "the disk is full"
            raise OSError(msg)  # noqa: TRY301 - the same remedy as for one of the system
        os.fsync(file)
    except OSError:
        os.ftruncate(file, size)
        raise


def _told(path: Path) -> bytes:
    with opened(path) as file:
        return file.read()


def _parsed(told: bytes) -> Trend:
    runs: list[Remembered] = []
    newer = damaged = 0
    for line in told.splitlines():
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            if data[_HEAD] > FORMAT:
                newer += 1
            else:
                runs.append(_run(data))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UsageError):
            damaged += 1
    return Trend(tuple(sorted(runs, key=lambda one: one.day)), newer, damaged)


def _run(data: Mapping[str, Any]) -> Remembered:
    successes, runs = _count(data["successes"]), _count(data["runs"])
    faults = {str(name): (_count(one), _count(of)) for name, (one, of) in data.get("faults", {}).items()}
    if successes > runs or any(one > of for one, of in faults.values()):
        msg = "more successes than runs"
        raise ValueError(msg)
    _moment(data["at"])
    return Remembered(
        str(data["at"]),
        str(data["digest"]),
        successes,
        runs,
        {str(name): _count(count) for name, count in data.get("statuses", {}).items()},
        tuple(map(str, data.get("systems", ()))),
        str(data.get("suite_sha256", "")),
        {str(name): str(value) for name, value in data.get("labels", {}).items()},
        str(data.get("decision", "")),
        {str(name): _figure(value) for name, value in data.get("figures", {}).items()},
        str(data.get("currency", "")),
        faults,
    )


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        msg = f"{value!r} is no count"
        raise ValueError(msg)
    return value


def _figure(value: Any) -> float:
    if type(value) not in {int, float} or not isfinite(value):
        msg = f"{value!r} is no figure"
        raise ValueError(msg)
    return float(value)


def _moment(at: str) -> datetime:
    """In UTC; a time without a zone is taken to be in UTC."""
    try:
        told = datetime.fromisoformat(at)
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:  # the last: a day that UTC does not have
        said = f"{at[:40]!r} is no time" if at else "these results do not tell when they were begun"
        msg = f"{said}; give it as ISO 8601, for example --at 2026-07-27T06:00:00Z"
        raise UsageError(msg) from error


def _digest(rows: tuple[Row, ...], begun: list[str]) -> str:
    """Of what was found, and when it was begun: the same system tried again next week is another run."""
    told = sorted((row.trial, row.status, row.calls, row.virtual_s) for row in rows)
    return hashlib.sha256(encode(json.dumps([begun, told], separators=(",", ":")))).hexdigest()[:32]


def _counts(statuses: Iterator[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for status in statuses:
        counts[status] = counts.get(status, 0) + 1
    return dict(sorted(counts.items()))


def _medians(rows: list[Row]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in FIGURES:
        values = [one for row in rows if isinstance(one := row.measures.get(name), (int, float))]
        if values:
            found[name] = round(float(median(values)), 9)
    return found


def _faults(rows: list[Row]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        for name in sorted(set(row.faults)) or [NO_FAULT]:
            successes, runs = found.get(name, (0, 0))
            found[name] = (successes + row.success, runs + 1)
    return dict(sorted(found.items()))
