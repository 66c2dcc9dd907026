"""A folder: where the results of a campaign stand, one whole line each, whenever it is killed."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pytest_agentchaos.campaign import anew
from pytest_agentchaos.campaign.work import Done
from pytest_agentchaos.clock import WallClock, wall_s
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import FILE, HISTORIES, Head, parsed, result_of
from pytest_agentchaos.plan import Plan

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

_PACKAGES: Final = ("openai", "anthropic", "mcp", "httpx", "httpx2")
"""What calls go through: another version may send other bytes, or send them at another time."""
_SYNC_S: Final = 1.0
"""So much may be lost when the machine loses its power; a killed process loses nothing that was written."""
_LOCK: Final = ".lock"
_OBSERVED: Final = "asked"
"""Beside what a result tells: which observation was asked for."""
_open: set[Path] = set()
"""Folders of this process: a lock of the system holds off other processes only."""


class Folder:
    """The folder of a campaign that runs. It goes on with what is there.

    ``replacing``: it begins anew in place of that. It names, by globs, further files that such a run makes.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        labels: Mapping[str, str] = MappingProxyType({}),
        *,
        replacing: Iterable[str] | None = None,
    ) -> None:
        self._path = path.absolute()
        self._replacing = None if replacing is None else tuple(replacing)
        self._kind = kind
        self._labels = dict(labels)
        self._file = self._lock = -1
        self._where: dict[str, tuple[int, str]] = {}
        """Trial -> where its line begins, and what was observed in it."""
        self._synced_s = wall_s()

    def open(self) -> None:
        """Lock it, mend what a kill has left, and see what is done already; once, however often it is asked for."""
        if self._file >= 0:
            return
        try:
            if self._replacing is not None:
                anew.check(self._path, self._kind)
            (self._path / HISTORIES).mkdir(parents=True, exist_ok=True)
            self._locked()
            if self._replacing is not None:
                anew.clear(self._path, self._replacing)
            self._file = os.open(self._path / FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            self._mend()
            if os.fstat(self._file).st_size == 0:
                self._write(_head(self._kind, self._labels).to_line())
        except OSError as error:
            self.close()
            raise self._problem(error) from error
        except UsageError:
            self.close()
            raise
        try:
            self._see()
        except UsageError:
            self.close()
            raise

    def find(self, plan: Plan) -> Result | None:
        """The result of a plan that was carried out, if it tells what is asked now."""
        at, observed = self._where.get(plan.id, (-1, ""))
        if at < 0 or (plan.observe is not None and observed != _asked(plan)):
            return None
        with (self._path / FILE).open("rb") as file:
            file.seek(at)
            result = result_of(json.loads(file.readline()))
        return None if result is None or result.status == "infrastructure" else result

    def keep(self, plan: Plan, done: Done) -> None:
        """Write a result down: its history first, so that no line names a file that is not there."""
        line = done.line
        if observed := _asked(plan):
            line = dump(json.loads(line) | {_OBSERVED: observed})
        self._where[plan.id] = (self.put(line, f"{HISTORIES}/{plan.id}.jsonl.gz", done.history), observed)

    def put(self, line: str, name: str = "", history: bytes = b"") -> int:
        """Write one line down, and before it the file of its history; where the line begins."""
        try:
            if history:
                path = self._path / name
                begun = path.with_suffix(".part")
                begun.write_bytes(history)
                begun.replace(path)
            return self._write(line)
        except OSError as error:
            raise self._problem(error) from error

    def close(self) -> None:
        """Let others have it."""
        if self._file >= 0:
            os.fsync(self._file)
            os.close(self._file)
        if self._lock >= 0:
            os.close(self._lock)
            _open.discard(self._path)
        self._file = self._lock = -1

    def _locked(self) -> None:
        path = self._path.resolve()
        if path in _open:
            raise self._taken()
        self._path = path
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if fcntl is not None:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise self._taken() from error
        self._lock = lock
        _open.add(path)

    def _taken(self) -> UsageError:
        return UsageError(f"{self._path}: another campaign is writing there; wait for it, or give another folder")

    def _mend(self) -> None:
        """Cut off half a line, which a kill left."""
        end = at = os.fstat(self._file).st_size
        while at > 0:
            begin = max(0, at - 65_536)
            found = os.pread(self._file, at - begin, begin).rfind(b"\n")
            if found >= 0:
                at = begin + found + 1
                break
            at = begin
        if at < end:
            os.ftruncate(self._file, at)

    def _see(self) -> None:
        path = self._path / FILE
        lines = parsed(path)
        head = Head.from_data(next(lines)[1], str(path))
        if head.kind != self._kind:
            msg = f"{path} has results of another kind ({head.kind}, not {self._kind}); give another folder"
            raise UsageError(msg)
        for at, data in lines:
            if isinstance(data, dict) and isinstance(data.get("trial"), str):
                self._where[data["trial"]] = (at, str(data.get(_OBSERVED, "")))

    def _write(self, line: str) -> int:
        """Append one whole line or nothing, and say where it begins."""
        at = os.fstat(self._file).st_size
        rest = memoryview(encode(line) + b"\n")
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, at)
            raise
        if wall_s() - self._synced_s > _SYNC_S:
            os.fsync(self._file)
            self._synced_s = wall_s()
        return at

    def _problem(self, error: OSError) -> UsageError:
        why = error.strerror or str(error)
        return UsageError(f"{self._path}: results cannot be written there: {why}; give a folder with room and rights")


def _asked(plan: Plan) -> str:
    """What is observed, in short: two explorations with other menus ask other things of the same trial."""
    if plan.observe is None:
        return ""
    return hashlib.blake2b(encode(repr(plan.observe)), digest_size=8).hexdigest()


def _head(kind: str, labels: Mapping[str, str]) -> Head:
    packages = {name: told for name in _PACKAGES if (told := _version(name))}
    python = f"{platform.python_implementation()} {platform.python_version()}"
    hash_seed = os.environ.get("PYTHONHASHSEED", "")
    at = datetime.fromtimestamp(WallClock().epoch_s, UTC).isoformat(timespec="seconds")
    own = version("pytest-agentchaos")
    return Head(version=own, python=python, kind=kind, packages=packages, hash_seed=hash_seed, at=at, labels=labels)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
