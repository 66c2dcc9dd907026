"""Places in a JSON value, written with dots: ``bookings.*.flight``.

A part may be ``*``: every entry; or ``-1``: the last entry of a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def found(value: Any, path: str) -> Iterator[Any]:
    """Everything that stands at a path, in order; nothing if there is no such place."""
    part, _, rest = path.partition(".")
    for item in _items(value, part):
        if rest:
            yield from found(item, rest)
        else:
            yield item


def first(value: Any, path: str) -> Any:
    """The first thing at a path; None if there is none."""
    return next(found(value, path), None)


def _items(value: Any, part: str) -> Iterator[Any]:
    if isinstance(value, Mapping):
        if part == "*":
            yield from value.values()
        elif part in value:
            yield value[part]
    elif isinstance(value, (list, tuple)):
        if part == "*":
            yield from value
        elif part.removeprefix("-").isdecimal() and -len(value) <= int(part) < len(value):
            yield value[int(part)]
