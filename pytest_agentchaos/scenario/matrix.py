"""The matrix: one file, many variants. ``${seconds}`` stands for each of its values in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from typing import Any

from pytest_agentchaos.document import Node
from pytest_agentchaos.errors import nearest
from pytest_agentchaos.evidence.telling import quoted
from pytest_agentchaos.problems import Problems

LIMIT = 1_000

_VARIABLE = re.compile(r"(\$?)\$\{([^{}]*)\}")
_UNTOUCHED = ("version", "name", "summary", "incident", "tags", "include", "matrix")
"""Keys of the file as a whole, which the variants share."""


def variants(node: Node, problems: Problems) -> Iterator[tuple[Mapping[str, Any], Node]]:
    """The values of each variant, and the file with these values in it. Without a matrix there is one."""
    axes = _axes(node.get("matrix"), problems)
    used: set[str] = set()
    for chosen in product(*axes.values()):
        values = dict(zip(axes, chosen, strict=True))
        put = _Put(values, used, problems)
        filled = {key: one if key in _UNTOUCHED else put.into(one, key) for key, one in node.value.items()}
        yield values, Node(filled, node.place, node.keys)
    matrix = node.get("matrix")
    for name in axes.keys() - used:
        if matrix is not None:
            problems.add(matrix.at((name,)), f"matrix.{name}", f"nothing uses it; write ${{{name}}} where it belongs")


def _axes(matrix: Node | None, problems: Problems) -> dict[str, list[Any]]:
    if matrix is None or matrix.value is None:
        return {}
    if not isinstance(matrix.value, dict):
        problems.add(
            matrix.place, "matrix", f"{quoted(matrix.plain())} is no mapping; write matrix: {{seconds: [5, 30]}}"
        )
        return {}
    axes: dict[str, list[Any]] = {}
    for name, node in matrix.value.items():
        values = node.plain()
        place, path = matrix.at((name,)), f"matrix.{name}"
        if not name.isidentifier():
            problems.add(place, path, "a variable is one word: letters, digits and _")
        elif not isinstance(values, list) or not values or any(isinstance(one, (list, dict)) for one in values):
            problems.add(place, path, f"{quoted(values)}: give a list of texts and numbers, such as [5, 30]")
        elif len(set(map(repr, values))) < len(values):
            problems.add(place, path, f"{quoted(values)}: a value stands there twice")
        else:
            axes[name] = values
    if (count := prod(map(len, axes.values()))) > LIMIT:
        problems.add(matrix.place, "matrix", f"{count} variants are too many (at most {LIMIT}); shorten a list")
        return {}
    return axes


class _Put:
    """Puts values in the place of their variables."""

    def __init__(self, values: Mapping[str, Any], used: set[str], problems: Problems) -> None:
        self._values = values
        self._used = used
        self._problems = problems

    def into(self, node: Node, path: str) -> Node:
        """The node with its variables filled; a text that is one variable takes the value as it is."""
        if isinstance(node.value, dict):
            return Node(
                {key: self.into(one, f"{path}.{key}") for key, one in node.value.items()}, node.place, node.keys
            )
        if isinstance(node.value, list):
            return Node([self.into(one, f"{path}[{at}]") for at, one in enumerate(node.value)], node.place)
        if not isinstance(node.value, str) or "${" not in node.value:
            return node
        alone = _VARIABLE.fullmatch(node.value)
        if alone is not None and not alone[1]:
            return Node(self._value(alone[2], node, path), node.place)
        return Node(_VARIABLE.sub(lambda found: self._text(found, node, path), node.value), node.place)

    def _text(self, found: re.Match[str], node: Node, path: str) -> str:
        return found[0][1:] if found[1] else _shown(self._value(found[2], node, path))

    def _value(self, name: str, node: Node, path: str) -> Any:
        if name not in self._values:
            known = nearest(name, self._values) if self._values else "the file has no `matrix`"
            text = f"there is no variable {name!r}; {known} (a literal ${{ is written $${{)"
            self._problems.add(node.place, path, text)
            return None
        self._used.add(name)
        return self._values[name]


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
