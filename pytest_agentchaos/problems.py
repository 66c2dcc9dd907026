"""Problems of a file: each with its line, what stands there, and what to write instead; all of them at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_agentchaos.errors import UsageError, nearest
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.telling import quoted

if TYPE_CHECKING:
    from pydantic import ValidationError

_SHOWN = 40
_CHARACTERS = 600

Key = str | int


def dotted(*path: Key) -> str:
    """Keys as people write them: ``faults[0].seconds``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


class Place(NamedTuple):
    """Where something stands in a file; lines and columns from 1."""

    file: Path
    line: int
    column: int = 0

    def __str__(self) -> str:
        here = os.path.relpath(self.file)
        name = str(self.file) if here.startswith("..") else here
        return f"{name}:{self.line}" + (f":{self.column}" if self.column else "")


class Problem(NamedTuple):
    """One thing that is wrong."""

    place: Place
    path: str
    """The keys that lead there: ``faults[0].seconds``; empty for the file as a whole."""
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {printable(f'{self.path}: {self.text}' if self.path else self.text, _CHARACTERS)}"


class DocumentError(UsageError):
    """A file that cannot be used as it is; everything that is wrong with it, a line each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        more = len(self.problems) - len(lines)
        return "\n".join([*lines, *([f"... and {more} more"] if more else [])])


class Problems:
    """What was found wrong so far. What is wrong in several variants of a matrix is told once."""

    def __init__(self) -> None:
        self._found: dict[tuple[Place, str], Problem] = {}
        self._count = 0

    def add(self, place: Place, path: str, text: str) -> None:
        """One more. What follows from the first problem of a value is no news."""
        self._count += 1
        self._found.setdefault((place, path or text), Problem(place, path, text))

    def __len__(self) -> int:
        return self._count

    def stop(self) -> None:
        """Raise them, if there are any, in the order of their lines."""
        if self._found:
            raise DocumentError(sorted(self._found.values(), key=lambda one: (str(one.place.file), *one.place[1:])))


class Keys(NamedTuple):
    """The keys that there are."""

    unknown: str
    """What is said of one that there is not: ``latency has no parameter``."""
    known: Callable[[Sequence[Key]], Iterable[str]]
    """Those at the end of such a path."""
    names: dict[str, str] = {}  # noqa: RUF012 - never changed
    """What the file calls some of them."""


def misfits(
    error: ValidationError, at: Callable[[Sequence[Key]], Place], path: str, keys: Keys, problems: Problems
) -> None:
    """Tell of everything that pydantic found wrong in a part of a file, at the lines of it."""
    found = error.errors(include_url=False, include_context=False)
    for one in found:
        if one["type"] == "too_short" and any(
            one["loc"] == other["loc"][: len(one["loc"])] != other["loc"] for other in found
        ):
            continue  # for what stands there is wrong
        loc = [keys.names.get(str(key), key) for key in one["loc"]]
        full = f"{path}{'.' if path and loc else ''}{dotted(*loc)}"
        if one["type"] == "extra_forbidden":
            name = str(loc[-1])
            text = f"{keys.unknown} {name!r}; {nearest(name, keys.known(loc[:-1]))}"
        elif one["type"] == "missing":
            text = f"{loc[-1]!r} is missing"
        else:
            said = one["msg"].removeprefix("Value error, ")
            text = f"{quoted(one['input'])}: {said[0].lower()}{said[1:]}"
        problems.add(at(loc), full, text)
