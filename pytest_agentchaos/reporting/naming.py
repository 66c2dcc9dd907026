"""Naming: what names of tests have in common, so that a narrow column can show what is different about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_PART: Final = "::"


def shared(names: Sequence[str]) -> str:
    """Where all of these are addresses of tests: the folders, files and classes with which all begin."""
    if not names or not all(_PART in name for name in names):
        return ""
    bare = sorted(name.partition("[")[0] for name in names)
    first, last = bare[0], bare[-1]  # what these two have in common, all between them have
    length = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    start = first[:length]
    places = [start.rfind(mark) + len(mark) for mark in (_PART, "/") if mark in start]
    return start[: max(places, default=0)]
