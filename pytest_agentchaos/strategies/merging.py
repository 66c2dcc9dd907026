"""Two JSON schemas as one, whose values fit both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pytest_agentchaos.evidence.canonical import dump
from pytest_agentchaos.evidence.messages.schema_check import Schema


def merged(one: Schema, other: Schema) -> Schema:
    """What cannot be said in one word stays apart, under ``allOf``."""
    if isinstance(one, bool) or isinstance(other, bool):
        return False if one is False or other is False else other if one is True else one
    both = dict(one)
    for key, value in other.items():
        both[key] = _word(key, both[key], value) if key in both else value
    return both


def _word(key: str, one: Any, other: Any) -> Any:
    """One keyword of both. What is unknown here is the other's: whoever draws from it checks the value anyway."""
    return one if one == other else _WORDS.get(key, lambda _, second: second)(one, other)


def _parts(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Schema]:
    return {name: _both(one.get(name, True), other.get(name, True)) for name in {**one, **other}}


def _branches(one: list[Schema], other: list[Schema]) -> list[Schema]:
    return [_both(first, second) for first in one for second in other]


def _values(one: list[Any], other: list[Any]) -> list[Any]:
    allowed = {dump(value) for value in other}
    return [value for value in one if dump(value) in allowed]


def _both(one: Schema, other: Schema) -> Schema:
    """References are known only later, by who reads them."""
    referring = any(isinstance(part, Mapping) and {"$ref", "allOf"} & part.keys() for part in (one, other))
    return {"allOf": [one, other]} if referring else merged(one, other)


def _types(one: Any, other: Any) -> list[str]:
    ones, others = ([part] if isinstance(part, str) else list(part) for part in (one, other))
    common = [kind for kind in ones if kind in others]
    if "integer" not in common and {"integer", "number"} <= {*ones, *others}:
        common.append("integer")
    return common


_WORDS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    **dict.fromkeys(("properties", "patternProperties", "$defs", "definitions"), _parts),
    **dict.fromkeys(("items", "additionalProperties", "propertyNames"), _both),
    **dict.fromkeys(("anyOf", "oneOf"), _branches),
    "required": lambda one, other: list(dict.fromkeys([*one, *other])),
    "type": _types,
    "enum": _values,
}
