"""What a project says that it needs: names of distributions, with the file that names them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

_NAME: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_REQUIREMENTS: Final = ("requirements*.txt", "requirements/*.txt")


def declared(root: Path) -> dict[str, str]:
    """Distribution, in the spelling of an index -> the file that names it first."""
    found: dict[str, str] = {}
    for name in _of_pyproject(toml(root / "pyproject.toml")):
        found.setdefault(name, "pyproject.toml")
    for pattern in _REQUIREMENTS:
        for path in sorted(root.glob(pattern)):
            for name in _names(text(path).splitlines()):
                found.setdefault(name, path.relative_to(root).as_posix())
    return found


def toml(path: Path) -> dict[str, Any]:
    """What a file says; nothing if there is none, or it is no TOML: other tools complain of that."""
    try:
        return tomllib.loads(text(path))
    except tomllib.TOMLDecodeError:
        return {}


def text(path: Path) -> str:
    """What stands in a file; nothing if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def table(data: Any, *keys: str) -> dict[str, Any]:
    """A table inside of tables; an empty one where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _of_pyproject(data: dict[str, Any]) -> Iterator[str]:
    yield from _names(table(data, "project").get("dependencies"))
    groups = [table(data, "project", "optional-dependencies"), table(data, "dependency-groups")]
    for group in groups:
        for needed in group.values():
            yield from _names(needed)
    poetry = table(data, "tool", "poetry")
    yield from _names([*table(poetry, "dependencies"), *table(poetry, "dev-dependencies")])
    for group in table(poetry, "group").values():
        yield from _names([*table(group, "dependencies")])


def _names(lines: Any) -> Iterator[str]:
    """Of requirements, one a line or one an element; anything else has none."""
    for line in lines if isinstance(lines, Iterable) and not isinstance(lines, str) else ():
        name = _NAME.match(line) if isinstance(line, str) else None
        if name is not None:
            yield re.sub(r"[-_.]+", "-", name[1]).lower()
