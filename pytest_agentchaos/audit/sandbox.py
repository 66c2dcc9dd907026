"""Sandbox: the folder in which a server runs, made anew for each experiment, and what lies in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pytest_agentchaos import watchdog
from pytest_agentchaos.audit.answer import as_value
from pytest_agentchaos.errors import UsageError

PLACEHOLDER: Final = "{sandbox}"
EXISTING: Final = "existing.txt"
"""The one file of a sandbox that is not a copy of something, so that paths can lead to a file."""

BYTES: Final = "bytes"
"""What stands for a file that is no text: that it changed says less than a line that was added."""

_LIMIT_FILES: Final = 2_000
_LIMIT_TEXT_BYTES: Final = 256_000
_LIMIT_BYTES: Final = 64_000_000
_LOGS: Final = (".log", ".pid", ".lock", "-wal", "-shm", "-journal")
"""A line in a log says that a request came, not that something was done."""
_PASSED_ON: Final = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


class Sandbox:
    """A temporary folder, empty but for one file, or a copy of a template."""

    def __init__(self, template: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="agentchaos-audit-")).resolve()
        watchdog.current().remove(self.folder)
        try:
            if template is None:
                (self.folder / EXISTING).write_text("one line\n", encoding="utf-8")
            else:
                shutil.copytree(template, self.folder, symlinks=True, dirs_exist_ok=True)
        except (OSError, shutil.Error) as error:
            self._remove()
            msg = f"{template}: it cannot be copied into a sandbox: {error}; give a folder of plain files"
            raise UsageError(msg) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        watchdog.current().keep(self.folder)


def environment(given: Mapping[str, str], of: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a server gets to know: where programs are, and what it was given. No token comes along by accident."""
    return {name: of[name] for name in _PASSED_ON if name in of} | dict(given)


def files(folders: Sequence[Path]) -> dict[str, Any]:
    """What lies in these folders: texts by their lines, anything else by its bytes."""
    found: dict[str, Any] = {}
    left = [_LIMIT_FILES, _LIMIT_BYTES]
    for at, folder in enumerate(folders):
        for path in _walk(folder):
            if left[0] <= 0 or left[1] <= 0:
                return found
            held, size = _held(path)
            left[0] -= 1
            left[1] -= size
            name = path.relative_to(folder).as_posix()
            found[f"{folder.name}/{name}" if at else name] = held
    return found


def _walk(folder: Path) -> list[Path]:
    paths: list[Path] = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))  # .git, .cache: not the work itself
        paths += [Path(root, name) for name in folders]
        paths += [Path(root, name) for name in sorted(names) if not name.endswith(_LOGS)]
        if len(paths) > _LIMIT_FILES:
            break
    return paths


def _held(path: Path) -> tuple[Any, int]:
    """What it holds. Nothing is followed or waited for: links, pipes and devices are only named."""
    try:
        about = path.lstat()
        if stat.S_ISDIR(about.st_mode):
            return "a folder", 0
        if not stat.S_ISREG(about.st_mode):
            return "neither file nor folder", 0
        if about.st_size > _LIMIT_BYTES:
            return {BYTES: f"{about.st_size} bytes"}, 0
        data = path.read_bytes()
    except OSError:
        return "not readable", 0
    if len(data) <= _LIMIT_TEXT_BYTES and b"\0" not in data:
        try:
            return as_value(data.decode("utf-8")), len(data)
        except UnicodeDecodeError:
            pass
    return {BYTES: hashlib.sha256(data).hexdigest()[:16] + ".sha"}, len(data)
