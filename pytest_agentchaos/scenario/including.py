"""Including: a file that builds on others. Its own keys win; lists of faults and the like are appended."""

from __future__ import annotations

from pathlib import Path

from pytest_agentchaos.document import Node, read
from pytest_agentchaos.evidence.telling import quoted
from pytest_agentchaos.problems import Problems

APPENDED = ("tags", "faults", "invariants", "sometimes", "effects")

_ROOTS = ("pyproject.toml", "pytest.ini", "pytest.toml", "setup.cfg", "tox.ini", ".git")


def whole(path: Path, problems: Problems) -> Node | None:
    """The file with everything that it includes."""
    path = path.resolve()
    return _Including(_root(path), problems).file(path, ())


class _Including:
    """One scenario's files; each is read once, however many include it."""

    def __init__(self, root: Path, problems: Problems) -> None:
        self._root = root
        self._problems = problems
        self._seen: set[Path] = set()

    def file(self, path: Path, chain: tuple[Path, ...]) -> Node | None:
        """This file on top of those that it includes."""
        self._seen.add(path)
        own = read(path, self._problems)
        if own is None:
            return None
        if not isinstance(own.value, dict):
            self._problems.add(own.place, "", "a scenario is a mapping of keys; begin with `version: 1`")
            return None
        under: Node | None = None
        for included in self._included(own, (*chain, path)):
            below = self.file(included, (*chain, path))
            under = below if under is None or below is None else _merged(under, below)
        return own if under is None else _merged(under, own)

    def _included(self, own: Node, chain: tuple[Path, ...]) -> list[Path]:
        asked = own.get("include")
        found = []
        for at, one in asked.items() if asked is not None else ():
            place, path = one.place, f"include[{at}]"
            if not isinstance(one.value, str) or not one.value:
                self._problems.add(place, path, f"{quoted(one.plain())} is no file; write include: common.yaml")
                continue
            target = (chain[-1].parent / one.value).resolve()
            if (wrong := self._wrong(one.value, target, chain)) is not None:
                self._problems.add(place, path, wrong)
            elif target not in self._seen:
                found.append(target)
        return found

    def _wrong(self, told: str, target: Path, chain: tuple[Path, ...]) -> str | None:
        if target in chain:
            names = [*(one.name for one in chain[chain.index(target) :]), target.name]
            return f"{quoted(told)} includes itself: {' -> '.join(names)}"
        way = f" (included by way of {' -> '.join(one.name for one in chain)})" if len(chain) > 1 else ""
        if Path(told).is_absolute() or not target.is_relative_to(self._root):
            return f"{quoted(told)} leads out of the project; give a path inside of it, relative to this file{way}"
        if not target.is_file():
            return f"there is no file {quoted(told)}; the path is relative to this file{way}"
        return None


def _merged(under: Node, over: Node) -> Node:
    values, keys = dict(under.value), dict(under.keys)
    for key, node in over.value.items():
        below = values.get(key)
        if key in APPENDED and below is not None and isinstance(below.value, list) and isinstance(node.value, list):
            node = Node([*below.value, *node.value], node.place)  # noqa: PLW2901 - both together in its place
        values[key], keys[key] = node, over.keys[key]
    return Node(values, over.place, keys)


def _root(path: Path) -> Path:
    """The project that the file belongs to; files outside of it are none of a scenario's business."""
    for folder in path.parents:
        if any((folder / name).exists() for name in _ROOTS):
            return folder
    return path.parent
