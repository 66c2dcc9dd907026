"""What differs between two JSON Schemas, and in which direction: does the new one accept less, or more, or both?

Callers are broken by arguments that accept less, and by results that may be more than they know: readers are closed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reference_system.contracts.schemas import Schema

_LOWER_LIMITS = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER_LIMITS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_COMPARED = frozenset(
    {*_LOWER_LIMITS, *_UPPER_LIMITS, "type", "enum", "const", "anyOf", "oneOf", "properties", "required", "items"}
)
"""Keywords that are understood; any other that changes counts as both narrower and wider."""
_SILENT = frozenset({"title", "description", "default", "$defs"})
"""Keywords that decide nothing about what is valid."""
_FINER = {"number": ["integer", "fraction"]}
"""Every integer is a number too."""
_ABSENT = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of the new schema from the old one."""

    path: str
    what: str
    narrows: bool = False
    """Something that was valid is valid no more."""
    widens: bool = False
    """Something that was not valid is valid now."""


def differences(old: Schema, new: Schema, path: str) -> tuple[Difference, ...]:
    """All of them, in the order of their paths."""
    found = _Comparison(old.get("$defs", {}), new.get("$defs", {})).compare(old, new, path)
    return tuple(sorted(set(found), key=lambda difference: (difference.path, difference.what)))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Of two schemas, each with its own definitions."""

    old_definitions: Mapping[str, Schema]
    new_definitions: Mapping[str, Schema]

    def compare(self, old: Schema, new: Schema, path: str) -> Iterator[Difference]:
        yield from _annotations(old, new, path)
        before = _alternatives(old, self.old_definitions)
        after = _alternatives(new, self.new_definitions)
        for kind in sorted(before.keys() | after.keys()):
            if kind not in after:
                yield Difference(path, f"may be {kind} no more", narrows=True)
            elif kind not in before:
                yield Difference(path, f"may be {kind} now", widens=True)
            else:
                yield from self._of_one_kind(before[kind], after[kind], path)

    def _of_one_kind(self, old: Schema, new: Schema, path: str) -> Iterator[Difference]:
        yield from _values(old, new, path)
        yield from _limits(old, new, path)
        yield from _others(old, new, path)
        if "items" in old or "items" in new:
            yield from self.compare(old.get("items", {}), new.get("items", {}), f"{path}[]")
        if "properties" in old or "properties" in new:
            yield from self._properties(old, new, path)

    def _properties(self, old: Schema, new: Schema, path: str) -> Iterator[Difference]:
        before, after = old.get("properties", {}), new.get("properties", {})
        required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(before.keys() | after.keys()):
            place = f"{path}.{name}"
            if name not in after:
                yield Difference(place, "is gone", narrows=True, widens=name in required_before)
            elif name not in before:
                needed = name in required_after
                yield Difference(place, f"is new{', and required' * needed}", narrows=needed, widens=True)
            else:
                if name in required_after - required_before:
                    yield Difference(place, "is required now", narrows=True)
                if name in required_before - required_after:
                    yield Difference(place, "is required no more", widens=True)
                yield from self.compare(before[name], after[name], place)


def _alternatives(schema: Schema, definitions: Mapping[str, Schema]) -> dict[str, Schema]:
    """Kind of value -> its schema. Objects are told apart by their constants: ``object task=fly``."""
    if "$ref" in schema:
        return _alternatives(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return {kind: one for option in options for kind, one in _alternatives(option, definitions).items()}
    types = schema.get("type", "anything")
    kinds = [kind for type_ in ([types] if isinstance(types, str) else types) for kind in _FINER.get(type_, [type_])]
    properties = sorted(schema.get("properties", {}).items())
    tags = [f"{name}={value['const']}" for name, value in properties if "const" in value]
    return {" ".join([kind, *tags]): schema for kind in kinds}


def _annotations(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    if old.get("description") != new.get("description"):
        yield Difference(path, "is described in other words")
    if "default" in old and "default" in new and old["default"] != new["default"]:
        yield Difference(path, f"is {new['default']!r} when not given, was {old['default']!r}", narrows=True)


def _values(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    before, after = _listed(old), _listed(new)
    if before is None and after is not None:
        yield Difference(path, f"is one of {', '.join(map(repr, after))} now", narrows=True)
    elif before is not None and after is None:
        yield Difference(path, "may have any value now", widens=True)
    elif before is not None and after is not None:
        for value in before:
            if value not in after:
                yield Difference(path, f"may be {value!r} no more", narrows=True)
        for value in after:
            if value not in before:
                yield Difference(path, f"may be {value!r} now", widens=True)


def _listed(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _limits(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    for keywords, none, sign in ((_LOWER_LIMITS, -math.inf, 1), (_UPPER_LIMITS, math.inf, -1)):
        for keyword in keywords:
            before, after = old.get(keyword, none), new.get(keyword, none)
            if before != after:
                narrower = sign * after > sign * before
                what = f"{keyword} {_said(before)} -> {_said(after)}"
                yield Difference(path, what, narrows=narrower, widens=not narrower)


def _said(limit: float) -> str:
    return "none" if math.isinf(limit) else str(limit)


def _others(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    for keyword in sorted((old.keys() | new.keys()) - _COMPARED - _SILENT):
        before, after = old.get(keyword), new.get(keyword)
        if before != after:
            what = f"{keyword} {_ABSENT if before is None else before} -> {_ABSENT if after is None else after}"
            yield Difference(path, what, narrows=after is not None, widens=before is not None)
