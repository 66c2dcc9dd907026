"""Anew: a folder whose results are replaced by those of a new run, and in which nothing else is ever touched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.results import FILE, HISTORIES, Head, parsed

_BEGUN: Final = frozenset({HISTORIES, ".lock"})
"""A run that was killed as it began leaves no more."""
_HISTORY: Final = re.compile(r"[0-9a-f]{16}\.jsonl\.(gz|part)")


def check(folder: Path, kind: str) -> None:
    """Whether an earlier run of this kind has made the folder, or nobody; anything else is an error of use."""
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if there <= _BEGUN:
        return
    if FILE not in there:
        msg = f"{folder} is not empty, and what is in it are no results; give a folder that is empty or does not exist"
        raise UsageError(msg)
    path = folder / FILE
    _, first = next(parsed(path), (0, None))
    if first is None:
        msg = f"{path} has no whole line, so that nobody knows what wrote it; delete it, or give another folder"
        raise UsageError(msg)
    head = Head.from_data(first, str(path))
    if head.kind != kind:
        msg = f"{path} has results of another kind ({head.kind}, not {kind}); give another folder"
        raise UsageError(msg)


def clear(folder: Path, made: Iterable[str]) -> None:
    """Take away histories, what was made of the results (globs), and last the results, which tell whose it is."""
    histories = folder / HISTORIES
    if histories.is_dir() and not histories.is_symlink():
        for path in histories.iterdir():
            if _HISTORY.fullmatch(path.name):
                path.unlink()
    for glob in (*made, FILE):
        for path in list(folder.glob(glob)):
            path.unlink()
