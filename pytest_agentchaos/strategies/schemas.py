"""Values by JSON Schema, for the part of it in which tools describe what they take and give."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.canonical import dump
from pytest_agentchaos.evidence.messages.schema_check import Schema, SchemaCheck, UndecidedError
from pytest_agentchaos.strategies.merging import merged
from pytest_agentchaos.strategies.scalars import integers, numbers, strings

Values = SearchStrategy[Any]

REFUSED: Final = frozenset({
    "not", "if", "then", "else", "contains", "minContains", "maxContains", "dependentRequired", "dependentSchemas",
    "dependencies", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef",
})  # fmt: skip
"""Keywords that tools do not use. What they forbid can be checked, and not drawn."""
_HINTS: Final = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_REMARKS: Final = frozenset({
    "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$defs",
    "$schema", "$id", "definitions",
})  # fmt: skip
_MORE: Final = 4
"""So many more elements than it must have may a list or an object get."""

text: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
"""Half a character is no text: no JSON can carry it."""
anything: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
"""Any JSON value."""


def json_values(schema: Schema) -> Values:
    """Values that fit a JSON Schema; what cannot be drawn from it is refused by name."""
    check = SchemaCheck()
    if (problem := check.problem(schema)) is not None:
        msg = f"json_values(...): {problem}"
        raise UsageError(msg)
    drawn = _Reader(schema).values(schema, "#")
    if drawn.is_empty:
        msg = "json_values(...): no value fits this schema; it forbids what it demands, or holds itself without an end"
        raise UsageError(msg)
    return drawn.filter(lambda value: fits(check, schema, value))


def fits(check: SchemaCheck, schema: Schema, value: Any) -> bool:
    """Whether a value does; one that nobody can judge does not."""
    try:
        return check.misfit(schema, value) is None
    except UndecidedError:
        return False


class _Reader:
    """Reads one document; what it refers to inside of itself is read once."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._referred: dict[str, Values] = {}

    def values(self, schema: Schema, place: str) -> Values:
        """Values that fit this part of it."""
        if isinstance(schema, bool):
            return anything if schema else st.nothing()
        if refused := sorted(REFUSED.intersection(schema)):
            msg = (
                f"json_values(...): nothing can be drawn from {refused[0]!r} at {place}; leave it out of the schema"
                " that you give here, and .filter(...) what it would forbid"
            )
            raise UsageError(msg)
        if "$ref" in schema:
            return self._reference(schema, place)
        if "allOf" in schema:
            return self.values(self._all_of(schema, place), place)
        if "anyOf" in schema or "oneOf" in schema:
            return self._one_of(schema, "anyOf" if "anyOf" in schema else "oneOf", place)
        if "enum" in schema or "const" in schema:
            return st.sampled_from([schema["const"]] if "const" in schema else list(schema["enum"]))
        return self._typed(schema, place)

    def _all_of(self, schema: Mapping[str, Any], place: str) -> Schema:
        whole: Schema = _without(schema, "allOf")
        for part in schema["allOf"]:
            whole = merged(whole, self._resolved(part, place))
        return whole

    def _one_of(self, schema: Mapping[str, Any], key: str, place: str) -> Values:
        rest = _without(schema, key)
        parts = [merged(rest, self._resolved(part, place)) if rest else part for part in schema[key]]
        return st.one_of([self.values(part, f"{place}/{key}/{at}") for at, part in enumerate(parts)])

    def _reference(self, schema: Mapping[str, Any], place: str) -> Values:
        rest = {key: value for key, value in _without(schema, "$ref").items() if key not in _REMARKS}
        if rest:
            return self.values(merged(rest, self._resolved({"$ref": schema["$ref"]}, place)), place)
        name = str(schema["$ref"])
        if name not in self._referred:
            self._referred[name] = st.deferred(lambda: self.values(self._found(name, place), name))
        return self._referred[name]

    def _resolved(self, schema: Schema, place: str) -> Schema:
        """What is to be merged has to be known, and not only where it stands."""
        if isinstance(schema, Mapping) and "$ref" in schema:
            return merged(_without(schema, "$ref"), self._resolved(self._found(str(schema["$ref"]), place), place))
        return schema

    def _found(self, name: str, place: str) -> Schema:
        found: Any = self._root
        try:
            if not name.startswith("#"):
                raise KeyError(name)  # noqa: TRY301 - the same problem as one that leads nowhere
            for part in filter(None, name[1:].split("/")):
                key = part.replace("~1", "/").replace("~0", "~")
                found = found[int(key)] if isinstance(found, list) else found[key]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            msg = f"json_values(...): {name!r} at {place} is not in this schema, and nothing is fetched"
            raise UsageError(msg) from error
        known: Schema = found
        return known

    def _typed(self, schema: Mapping[str, Any], place: str) -> Values:
        given = schema.get("type")
        types = [given] if isinstance(given, str) else list(given or ())
        types = types or [kind for kind, words in _HINTS.items() if any(word in schema for word in words)][:1]
        if not types:
            return anything
        make: dict[str, Callable[[Mapping[str, Any], str], Values]] = {"object": self._objects, "array": self._arrays}
        return st.one_of([make.get(kind, _scalars(kind))(schema, place) for kind in types])

    def _arrays(self, schema: Mapping[str, Any], place: str) -> Values:
        first = [self.values(one, f"{place}/prefixItems/{at}") for at, one in enumerate(schema.get("prefixItems", ()))]
        items = schema.get("items", True)
        if isinstance(items, list):  # what prefixItems were called before 2020
            first, items = [self.values(one, place) for one in items], schema.get("additionalItems", True)
        least = int(schema.get("minItems", 0))
        most = min(int(schema.get("maxItems", least + _MORE)), max(least, len(first)) + _MORE)
        rest = st.nothing() if items is False else self.values(items, f"{place}/items")
        unique: dict[str, Any] = {"unique_by": dump} if schema.get("uniqueItems") else {}
        if not first:
            return st.lists(rest, min_size=least, max_size=0 if items is False else max(least, most), **unique)
        more = st.just([]) if items is False or "items" not in schema else st.lists(rest, max_size=_MORE)
        more = more if least <= len(first) else st.lists(rest, min_size=least - len(first), max_size=least + _MORE)
        return st.tuples(st.tuples(*first), more).map(lambda parts: [*parts[0], *parts[1]][: max(least, most)])

    def _objects(self, schema: Mapping[str, Any], place: str) -> Values:
        properties = schema.get("properties", {})
        required = list(schema.get("required", ()))
        known = {name: self.values(one, f"{place}/properties/{name}") for name, one in properties.items()}
        extra = self._extra(schema, place, named=bool(properties))
        known |= {name: anything if extra is None else extra for name in required if name not in known}
        own = st.fixed_dictionaries(
            {name: known[name] for name in required},
            optional={name: one for name, one in known.items() if name not in required},
        )
        least = max(0, int(schema.get("minProperties", 0)) - len(known))
        patterns = schema.get("patternProperties", {})
        if extra is None and not patterns:
            return own
        others: Iterable[Values] = [
            st.dictionaries(_matching(pattern), self.values(one, place), max_size=_MORE)
            for pattern, one in patterns.items()
        ]
        if extra is not None:
            names = strings({"type": "string", **_mapping(schema.get("propertyNames", {}))})
            if "enum" in (named := _mapping(schema.get("propertyNames", {}))):
                names = st.sampled_from([name for name in named["enum"] if isinstance(name, str)])
            others = [*others, st.dictionaries(names, extra, min_size=least, max_size=least + _MORE)]
        return st.tuples(own, *others).map(_joined)

    def _extra(self, schema: Mapping[str, Any], place: str, *, named: bool) -> Values | None:
        """Values of properties that have no name in the schema; None where there are to be none."""
        told = schema.get("additionalProperties", not named)
        return None if told is False else self.values(told, f"{place}/additionalProperties")


def _joined(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One object; of two values for a name, the one that has a schema of its own."""
    return {name: value for part in reversed(parts) for name, value in part.items()}


def _scalars(kind: str) -> Callable[[Mapping[str, Any], str], Values]:
    make: dict[str, Callable[[Mapping[str, Any]], Values]] = {
        "string": strings,
        "integer": integers,
        "number": numbers,
        "boolean": lambda _: st.booleans(),
        "null": lambda _: st.none(),
    }
    return lambda schema, _: make[kind](schema)


def _matching(pattern: str) -> SearchStrategy[str]:
    return st.from_regex(re.compile(pattern, re.ASCII))


def _mapping(schema: Schema) -> Mapping[str, Any]:
    return {} if isinstance(schema, bool) else schema


def _without(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}
