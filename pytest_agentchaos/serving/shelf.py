"""A shelf: the reports in a folder, and their files; nothing outside of it, and nothing that is no report."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

PAGE: Final = "index.html"
SHOWN: Final = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".xml": "text/plain; charset=utf-8",  # a browser would obey a style sheet in it
}
"""What is served, by its ending. Results and histories hold all that agents said; they stay where they are."""
_DEEP: Final = 3
_MOST: Final = 1_000
_SUMMARY_BYTES: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Shown:
    """One report."""

    name: str
    """Its folder, from the shelf; empty for the shelf itself."""
    title: str = ""
    verdict: str = ""
    reason: str = ""

    @property
    def link(self) -> str:
        """Where its page is."""
        return quote("/".join(filter(None, ("/reports", self.name, PAGE))))


class Shelf:
    """A folder of reports."""

    def __init__(self, folder: Path) -> None:
        self._root = Path(os.path.realpath(folder))

    def reports(self) -> list[Shown]:
        """Those that have a page, by name."""
        found = sorted(self._pages(self._root, _DEEP))[:_MOST]
        return [_told(page, page.parent.relative_to(self._root)) for page in found]

    def _pages(self, folder: Path, deep: int) -> Iterator[Path]:
        try:
            with os.scandir(folder) as entries:
                inside = sorted((one for one in entries if not one.name.startswith(".")), key=lambda one: one.name)
        except OSError:
            return
        for one in inside:
            if one.name == PAGE and one.is_file(follow_symlinks=False):
                yield Path(one.path)
            elif deep and one.is_dir(follow_symlinks=False):
                yield from self._pages(Path(one.path), deep - 1)

    def file(self, path: str) -> tuple[bytes, str] | None:
        """What a path as it was sent leads to, and its media type; None for anything but a file of a report here."""
        names = _names(path)
        media_type = SHOWN.get(os.path.splitext(names[-1])[1]) if names else None  # noqa: PTH122 - of a name
        if names is None or media_type is None:
            return None
        meant = self._root.joinpath(*names)
        try:
            if os.path.realpath(meant) != str(meant) or not meant.is_file():
                return None  # a link stands in the way
            return meant.read_bytes(), media_type
        except (OSError, ValueError):
            return None


def _names(path: str) -> list[str] | None:
    """The names that a path is made of; None if there is anything odd about one of them."""
    names: list[str] = []
    for part in path.split("/"):
        try:
            name = unquote_to_bytes(part).decode()
        except UnicodeDecodeError:
            return None
        # A slash, a drive, a stream, a short form, a second encoding: what some system takes for another path.
        if not name.isprintable() or re.search(r'[/\\:%~*?"<>|]', name) or name != name.strip(" .") or not name:
            return None
        names.append(name)
    return names


def _told(page: Path, name: Path) -> Shown:
    """What its summary says."""
    told: Any = None
    try:
        summary = page.with_name("summary.json")
        if summary.stat().st_size <= _SUMMARY_BYTES and not summary.is_symlink():
            told = json.loads(summary.read_bytes())
    except (OSError, ValueError, RecursionError):
        told = None  # there need not be one
    words = [str(told.get(key, "")) for key in ("title", "verdict", "reason")] if isinstance(told, dict) else []
    return Shown("" if name == Path() else name.as_posix(), *words)
