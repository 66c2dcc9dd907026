"""Problems of a file: each with its line, what stands there, and what to write instead; all of them at once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.printable import printable

_SHOWN = 40
_CHARACTERS = 600


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
