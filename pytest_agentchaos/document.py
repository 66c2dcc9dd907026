"""A document: YAML read as plain values that still know their lines. Nothing in it is ever executed.

It is read by YAML 1.2, as editors do: ``on``, ``yes`` and ``12:30`` are texts. Of the safe loader only the parser and
the composer are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isinf
from pathlib import Path
from typing import Any, ClassVar

import yaml

from pytest_agentchaos.evidence.regular import opened
from pytest_agentchaos.evidence.telling import quoted
from pytest_agentchaos.problems import Key, Place, Problems, dotted

LIMIT_BYTES = 1_000_000
LIMIT_NODES = 20_000
"""Counted as often as an alias repeats them: a short text can stand for billions."""
LIMIT_DEPTH = 50


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value, and where it stands: a scalar, a mapping of nodes or a list of nodes."""

    value: Any
    place: Place
    keys: Mapping[str, Place] = field(default_factory=dict)
    """Where the keys of a mapping stand."""

    def plain(self) -> Any:
        """The value without its lines."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return [node.plain() for node in self.value] if isinstance(self.value, list) else self.value

    def get(self, key: str) -> Node | None:
        """What a mapping has under a key."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self) -> Iterator[tuple[int, Node]]:
        """What a list has; a single value is a list of one, and nothing is an empty one."""
        if isinstance(self.value, list):
            yield from enumerate(self.value)
        elif self.value is not None:
            yield 0, self

    def at(self, path: Sequence[Key]) -> Place:
        """The line of what these keys lead to, as far as they lead."""
        place, node = self.place, self
        for key in path:
            if isinstance(node.value, dict) and key in node.value:
                place, node = node.keys.get(str(key), node.value[key].place), node.value[key]
            elif isinstance(node.value, list) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
                place = node.place
            else:
                break
        return place


def read(path: Path, problems: Problems) -> Node | None:
    """What the file says; None if it could not be read, and the problems tell why."""
    text = _text(path, problems)
    if text is None:
        return None
    try:
        composed = _Loader(text).get_single_node()
    except yaml.YAMLError as error:
        problems.add(*_explained(path, text, error))
        return None
    if composed is None:
        problems.add(Place(path, 1), "", "the file is empty; begin with `version: 1`")
        return None
    return _Reading(path, problems).node(composed, ())


def _text(path: Path, problems: Problems) -> str | None:
    try:
        with opened(path) as file:
            data = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        problems.add(Place(path, 1), "", f"the file cannot be read: {error.strerror or error}")
        return None
    if len(data) > LIMIT_BYTES:
        problems.add(Place(path, 1), "", "the file has more than 1 MB; nothing that people write needs that")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.add(Place(path, line), "", f"byte {data[error.start]:#04x} is no UTF-8; save the file as UTF-8")
        return None


def _explained(path: Path, text: str, error: yaml.YAMLError) -> tuple[Place, str, str]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:  # a character that YAML does not know
        before = text[: getattr(error, "position", 0)]
        place = Place(path, before.count("\n") + 1, len(before) - before.rfind("\n"))
        return place, "", f"broken YAML: {getattr(error, 'reason', error)}"
    told = getattr(error, "problem", None) or getattr(error, "context", None) or str(error)
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    hint = ""
    if "${" in line:
        hint = '; inside of {...} and [...] a variable stands in quotes: "${seconds}"'
    elif "'\\t'" in told:
        hint = "; indent with spaces"
    elif re.search(r"[:,\[]\s*\*", line):
        hint = '; a text that begins with * stands in quotes: "*"'
    return Place(path, mark.line + 1, mark.column + 1), "", f"broken YAML: {told}{hint}"


class _Loader(yaml.SafeLoader):
    """The safe loader's parser and composer, with the scalars of YAML 1.2 and an end to nesting."""

    yaml_implicit_resolvers: ClassVar[dict[Any, Any]] = {}  # type: ignore[misc]  # the stubs take it for one of each

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._nodes += 1
        self._depth += 1
        if self._depth > LIMIT_DEPTH or self._nodes > LIMIT_NODES:
            much = "it is nested too deeply" if self._depth > LIMIT_DEPTH else "it has too many values"
            raise yaml.composer.ComposerError(None, None, much, self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


_TAG = "tag:yaml.org,2002:"
_SCALARS = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
)


def by_yaml_1_2(resolver: type[yaml.resolver.BaseResolver]) -> None:
    """Have a loader or dumper, whose own resolvers are none yet, tell texts from other scalars as YAML 1.2 does."""
    for name, pattern, first in _SCALARS:
        resolver.add_implicit_resolver(f"{_TAG}{name}", re.compile(rf"^(?:{pattern})$"), first)


by_yaml_1_2(_Loader)


class _Reading:
    """Composed YAML as nodes; collects what must not be there."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self._path = path
        self._problems = problems
        self._count = 0

    def node(self, composed: yaml.Node, path: tuple[Key, ...]) -> Node:
        """One value, with everything inside."""
        place = self._place(composed)
        self._count += 1
        if self._count > LIMIT_NODES or len(path) > LIMIT_DEPTH:
            if len(path) > LIMIT_DEPTH or self._count == LIMIT_NODES + 1:
                self._problems.add(place, "", "aliases make it far too large, or contain themselves")
            self._count = max(self._count, LIMIT_NODES + 1)
            return Node(None, place)
        if isinstance(composed, yaml.MappingNode) and composed.tag == f"{_TAG}map":
            return self._mapping(composed, path)
        if isinstance(composed, yaml.SequenceNode) and composed.tag == f"{_TAG}seq":
            return Node([self.node(one, (*path, at)) for at, one in enumerate(composed.value)], place)
        if isinstance(composed, yaml.ScalarNode):
            return Node(self._scalar(composed, path), place)
        self._problems.add(place, dotted(*path), f"the tag {_short(composed.tag)!r} is not allowed; write plain values")
        return Node(None, place)

    def _mapping(self, composed: yaml.MappingNode, path: tuple[Key, ...]) -> Node:
        found: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for key_node, value in composed.value:
            place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != f"{_TAG}str":
                told = f"the key {key_node.value}" if isinstance(key_node, yaml.ScalarNode) else "this key"
                self._problems.add(place, dotted(*path), f"{told} is no text; put it in quotes")
                continue
            key = str(key_node.value)
            if key in found:
                self._problems.add(place, dotted(*path, key), f"stands here twice, first in line {keys[key].line}")
                continue
            keys[key] = place
            found[key] = self.node(value, (*path, key))
        return Node(found, self._place(composed), keys)

    def _scalar(self, composed: yaml.ScalarNode, path: tuple[Key, ...]) -> Any:
        kind, text = composed.tag.removeprefix(_TAG), str(composed.value)
        try:
            if kind in _READ:
                value = _READ[kind](text)
                if not (isinstance(value, float) and isinf(value)):
                    return value
        except (ValueError, KeyError):
            pass
        else:
            if kind not in _READ:
                wrong = f"the tag {_short(composed.tag)!r} is not allowed; write plain values"
                self._problems.add(self._place(composed), dotted(*path), wrong)
                return None
        self._problems.add(self._place(composed), dotted(*path), f"{quoted(text)} cannot be read as {kind}")
        return None

    def _place(self, composed: yaml.Node) -> Place:
        return Place(self._path, composed.start_mark.line + 1)


def _short(tag: object) -> str:
    return str(tag).replace(_TAG, "!!")


def _int(text: str) -> int:
    return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)


_READ: dict[str, Any] = {
    "str": str,
    "null": lambda text: {"": None, "~": None, "null": None}[text.lower()],
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": _int,
    "float": float,
}
