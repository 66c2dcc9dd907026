"""The folder: a report in every format, each file whole or not there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest
from pytest_agentchaos.evidence.canonical import encode
from pytest_agentchaos.evidence.regular import opened
from pytest_agentchaos.reporting.report import Report

ALL: Final = ("html", "json", "md", "junit", "ctrf")
FILES: Final[Mapping[str, str]] = {
    "html": "index.html",
    "json": "summary.json",
    "md": "summary.md",
    "junit": "junit.xml",
    "ctrf": "ctrf.json",
}


_BESIDE: Final = ("timelines-*.html", "trials.html")
_MARK: Final = b'<meta name="generator" content="pytest-agentchaos'
_HEAD_BYTES: Final = 4_096


class Written(NamedTuple):
    """What was written."""

    files: Mapping[str, Path]
    """Format -> its file."""
    beside: tuple[Path, ...] = ()
    """What the page did not have room for; it has to stay beside the page."""

    @property
    def page(self) -> Path | None:
        """The page, if it was asked for."""
        return self.files.get("html")


def write(report: Report, folder: Path | str, formats: Iterable[str] = ALL) -> Written:
    """The report in these formats, in a folder that is made if it is not there."""
    wanted = list(dict.fromkeys(formats))
    for one in wanted:
        if one not in FILES:
            msg = f"format {one!r}: there is none of this name; {nearest(one, ALL)}"
            raise UnknownNameError(msg)
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error
    files: dict[str, Path] = {}
    beside: list[Path] = []
    for one in wanted:
        if one == "html":
            html, side = _page(report)
            beside += [_write(path / name, content) for name, content in side.items()]  # first: the page names them
            files[one] = _write(path / FILES[one], html)
            _clear(path, {name.name for name in beside})
        else:
            files[one] = _write(path / FILES[one], encode(_TEXTS[one](report)))
    return Written(files, tuple(beside))


def _clear(folder: Path, kept: set[str]) -> None:
    """Take away what an earlier, larger page had beside it: nothing leads there any more."""
    for glob in _BESIDE:
        for path in folder.glob(glob):
            if path.name not in kept and _is_ours(path):
                _forget(path)


def _is_ours(path: Path) -> bool:
    try:
        with opened(path) as file:
            return _MARK in file.read(_HEAD_BYTES)
    except OSError:
        return False


def _page(report: Report) -> tuple[bytes, Mapping[str, bytes]]:
    from pytest_agentchaos.reporting.page import page

    drawn = page(report)
    return encode(drawn.html), drawn.side


def _json(report: Report) -> str:
    from pytest_agentchaos.reporting.summary import to_json

    return to_json(report)


def _markdown(report: Report) -> str:
    from pytest_agentchaos.reporting.markdown import markdown

    return markdown(report)


def _junit(report: Report) -> str:
    from pytest_agentchaos.reporting.junit import junit

    return junit(report)


def _ctrf(report: Report) -> str:
    from pytest_agentchaos.reporting.ctrf import ctrf

    return ctrf(report)


_TEXTS: Final[Mapping[str, Callable[[Report], str]]] = {
    "json": _json,
    "md": _markdown,
    "junit": _junit,
    "ctrf": _ctrf,
}


def _write(path: Path, content: bytes) -> Path:
    """All of it or nothing; what stood there stays until the new file is whole."""
    begun = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        begun.write_bytes(content)
        begun.replace(path)
    except OSError as error:
        _forget(begun)
        raise _unwritable(path, error) from error
    return path


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # nothing can be done in this folder, which is what its owner is about to be told


def _unwritable(path: Path, error: OSError) -> UsageError:
    why = error.strerror or str(error)
    return UsageError(f"{path}: the report cannot be written there: {why}; give a folder with room and rights (--out)")
