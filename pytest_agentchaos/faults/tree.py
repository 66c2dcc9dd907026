"""JSON values as trees: find a field, by a dotted path or by draw, and change it; nothing is changed in place.

A path is a tuple of keys and indices; ``()`` is the whole value. Written with dots (``flights.0.price``), each
part may be a glob (``flights.*.price``).
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

Path = tuple[str | int, ...]
Accepts = Callable[[Path, Any], bool]

_ALPHABETS = (string.digits, "abcdef", string.ascii_lowercase, "ABCDEF", string.ascii_uppercase)


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value within a value with its path, the whole first."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from walk(item, (*path, index))


def matches(path: Path, field: str) -> bool:
    """Whether a path is one that the dotted ``field`` means."""
    parts = field.split(".")
    return len(parts) == len(path) and all(fnmatchcase(str(key), part) for key, part in zip(path, parts, strict=True))


def choose(value: Any, draw: random.Random, accepts: Accepts, field: str | None = None) -> Path | None:
    """One of the accepted places (those that ``field`` means, when given); None when there is none."""
    places = [path for path, item in walk(value) if (field is None or matches(path, field)) and accepts(path, item)]
    return draw.choice(places) if places else None


def value_at(value: Any, path: Path) -> Any:
    """What stands at a path."""
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, path: Path, new: Any) -> Any:
    """The same value with something else at a path."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {name: replaced(item, rest, new) if name == key else item for name, item in value.items()}
    items = [replaced(item, rest, new) if index == key else item for index, item in enumerate(value)]
    return _alike(value, items)


def removed(value: Any, path: Path) -> Any:
    """The same value without the entry at a path (which is not the whole)."""
    parent, key = value_at(value, path[:-1]), path[-1]
    if isinstance(parent, dict):
        return replaced(value, path[:-1], {name: item for name, item in parent.items() if name != key})
    return replaced(value, path[:-1], _alike(parent, [item for index, item in enumerate(parent) if index != key]))


def renamed(value: Any, path: Path, new_key: str) -> Any:
    """The same value with another key for the entry of an object at a path, in the same position."""
    parent, key = value_at(value, path[:-1]), path[-1]
    return replaced(value, path[:-1], {new_key if name == key else name: item for name, item in parent.items()})


def retyped(value: Any) -> Any:
    """The value in another JSON type, as a careless new version of a service would send it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return {"items": list(value)}
    return [value]


def emptied(value: Any) -> Any:
    """The empty value of the same JSON type; null stays null."""
    kinds: tuple[type, ...] = (str, bool, int, float, list, tuple, dict)
    return next((kind() for kind in kinds if isinstance(value, kind)), None)


def mangled(text: str, draw: random.Random) -> str:
    """The text with one character exchanged for another of its kind, so that it looks as right as before."""
    places = [index for index, char in enumerate(text) if char.isascii() and char.isalnum()]
    if not places:
        return text + "?"
    index = draw.choice(places)
    alphabet = next(letters for letters in _ALPHABETS if text[index] in letters)
    return text[:index] + draw.choice([char for char in alphabet if char != text[index]]) + text[index + 1 :]


def shortened(value: Any, fraction: float) -> Any:
    """The first part of a list, an object or a text, rounded down: a fraction below one always loses something."""
    keep = int(len(value) * fraction)
    if isinstance(value, dict):
        return dict(list(value.items())[:keep])
    return value[:keep] if isinstance(value, str) else _alike(value, list(value)[:keep])


def last_key(path: Path) -> str:
    """The nearest key on a path, in lower case; an item of a list is called like its list."""
    return next((key.lower() for key in reversed(path) if isinstance(key, str)), "")


def _alike(value: Any, items: list[Any]) -> Any:
    return tuple(items) if isinstance(value, tuple) else items
