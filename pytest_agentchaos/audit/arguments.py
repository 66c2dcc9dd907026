"""Arguments: what a tool is called with where nobody has given an example. The plainest that its schema allows.

Texts hold ``{token}`` and paths ``{sandbox}``: the same on every fresh server, and another word for each experiment on
a server that is not fresh.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from pytest_agentchaos.audit.place import TOKEN
from pytest_agentchaos.audit.sandbox import EXISTING, PLACEHOLDER
from pytest_agentchaos.audit.tool import Tool
from pytest_agentchaos.evidence.messages.schema_check import SchemaCheck, UndecidedError

_DEPTH: Final = 8
_LIMIT_ITEMS: Final = 100
_LIMIT_TEXT: Final = 10_000
_LIMIT_VALUES: Final = 5_000
"""A schema that refers to itself can ask for more than there is room for."""
_LIMIT_NUMBER: Final = 2**53
"""Beyond it, not every JSON reader has whole numbers."""
_LEAST_STEP: Final = 1e-9
"""Everything that is sent is a multiple of a smaller one, and to reckon with it overflows."""
_TOKEN_LETTERS: Final = 9
_FOLDER: Final = re.compile(r"dir(?:ectory)?$|folder|repo|root|cwd|workspace", re.IGNORECASE)
_PATH: Final = re.compile(r"path|file(?:_?name)?s?$|^source$|^destination$", re.IGNORECASE)
_SOURCE: Final = re.compile(r"source|from|src|^old", re.IGNORECASE)
_TARGET: Final = re.compile(r"dest|target|^to$|^new", re.IGNORECASE)
_URL: Final = re.compile(r"ur[il]s?$|link|href", re.IGNORECASE)
_IDENTITY: Final = re.compile(r"(?:^|_)(?:id|name|key|path|file|uri|url|slug|title|email|account)s?$", re.IGNORECASE)
_FORMATS: Final = {
    "date-time": "2030-01-02T03:04:05Z",
    "date": "2030-01-02",
    "time": "03:04:05Z",
    "email": f"audit-{TOKEN}@localhost",
    "hostname": "localhost",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uuid": f"00000000-0000-4000-8000-000{TOKEN}",
    "uri": f"http://127.0.0.1:9/{TOKEN}",
    "url": f"http://127.0.0.1:9/{TOKEN}",
}
"""Port 9 throws away what it gets, where anything listens at all."""
_SAMPLES: Final = ("a", "A", "1", "a1", "A1", "aa-11", "AAA", "AAA-1", "2030-01-02", "1.0.0", "#aabbcc", "en", "00000")


def candidates(tool: Tool) -> Iterator[dict[str, Any]]:
    """Arguments that fit the schema, the likeliest first: only what is required, then everything."""
    seen: list[dict[str, Any]] = []
    schema = {"type": "object", **tool.schema}  # some tools that take nothing say nothing
    for existing in (False, True):
        for everything in (False, True):
            try:
                made = _Maker(schema, existing=existing, everything=everything).value(schema, "", 0)
            except _TooManyError:
                continue
            if isinstance(made, dict) and made not in seen and fits(tool, made):
                seen.append(made)
                yield made


def fits(tool: Tool, arguments: Mapping[str, Any]) -> bool:
    """Whether the tool's own schema allows it; what nobody can judge, the server will."""
    try:
        return SchemaCheck().misfit(tool.schema or True, arguments) is None
    except UndecidedError:
        return True


def other_than(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """Other arguments about the same thing: what names it stays, the rest differs. None if that cannot be had."""
    rest = {name: _varied(value) for name, value in arguments.items() if not _IDENTITY.search(name)}
    for varied in (rest, {name: _varied(value) for name, value in arguments.items()}):
        other = {**arguments, **varied}
        if other != arguments and fits(tool, other):
            return other
    return None


def _varied(value: Any) -> Any:
    if isinstance(value, str):
        return f"{value}-2" if TOKEN in value and PLACEHOLDER not in value else value
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, Mapping):
        return {name: one if _IDENTITY.search(name) else _varied(one) for name, one in value.items()}
    return [_varied(one) for one in value] if isinstance(value, list) else value


class _TooManyError(Exception):
    """More values than anybody would send."""


class _Maker:
    """Makes one value by a schema."""

    def __init__(self, root: Mapping[str, Any], *, existing: bool, everything: bool) -> None:
        self._root = root
        self._existing = existing
        self._everything = everything
        self._made = 0

    def value(self, schema: Any, name: str, depth: int) -> Any:
        self._made += 1
        if self._made > _LIMIT_VALUES:
            raise _TooManyError
        schema = self._resolved(schema, depth)
        if given := _given(schema):
            return given[0]
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
        kind = next((one for one in kinds if one != "null"), "object" if "properties" in schema else "string")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind in {"integer", "number"}:
            return _number(schema, kind)
        return False if kind == "boolean" else self._text(schema, name)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties, required = schema.get("properties"), schema.get("required")
        properties = properties if isinstance(properties, Mapping) else {}
        names = [one for one in required if isinstance(one, str)] if isinstance(required, list) else []
        if self._everything and depth < 2:  # noqa: PLR2004 - arguments, and what stands directly in them
            names += [name for name in properties if name not in names]
        if depth > _DEPTH:
            return {}
        return {name: self.value(properties.get(name, {}), name, depth + 1) for name in names[:_LIMIT_ITEMS]}

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        least = schema.get("minItems")
        count = max(1, least) if isinstance(least, int) else 1
        if depth > _DEPTH or schema.get("maxItems") == 0:
            return []
        wanted, one = schema.get("items", {}), name.removesuffix("s")
        items = [self.value(wanted, one, depth + 1) for _ in range(min(count, _LIMIT_ITEMS))]
        if schema.get("uniqueItems") and isinstance(items[0], str):
            return [f"{item}{at or ''}" for at, item in enumerate(items)]
        return items

    def _text(self, schema: Mapping[str, Any], name: str) -> str:
        text = _FORMATS.get(str(schema.get("format"))) or self._named(name)
        if isinstance(pattern := schema.get("pattern"), str):
            text = _matching(pattern, text)
        least, most = schema.get("minLength"), schema.get("maxLength")
        if isinstance(most, int) and len(text) + _TOKEN_LETTERS - len(TOKEN) > most:
            text = TOKEN if most >= _TOKEN_LETTERS else "a" * max(0, most)
        return text.ljust(min(least, _LIMIT_TEXT), "x") if isinstance(least, int) else text

    def _named(self, name: str) -> str:
        """A text that fits the name of the argument."""
        if _URL.search(name):
            return _FORMATS["uri"]
        if _FOLDER.search(name) or re.fullmatch(r"repo_?path", name, re.IGNORECASE):
            return PLACEHOLDER
        if _PATH.search(name):
            exists = _SOURCE.search(name) or (self._existing and not _TARGET.search(name))
            return f"{PLACEHOLDER}/{EXISTING}" if exists else f"{PLACEHOLDER}/audit-{TOKEN}.txt"
        return f"audit-{TOKEN}"

    def _resolved(self, schema: Any, depth: int) -> Mapping[str, Any]:
        """The schema without references and choices: the first that is not null."""
        for _ in range(_DEPTH if depth <= _DEPTH else 0):
            if not isinstance(schema, Mapping):
                return {}
            if isinstance(reference := schema.get("$ref"), str):
                schema = {**self._found(reference), **{key: one for key, one in schema.items() if key != "$ref"}}
                continue
            choices: list[Any] = next(
                (schema[key] for key in ("anyOf", "oneOf", "allOf") if isinstance(schema.get(key), list)), []
            )
            choice = next((one for one in choices if isinstance(one, Mapping) and one.get("type") != "null"), None)
            if choice is None:
                return schema
            rest = {key: one for key, one in schema.items() if key not in {"anyOf", "oneOf", "allOf"}}
            schema = {**choice, **rest}
        return {}

    def _found(self, reference: str) -> Mapping[str, Any]:
        found: Any = self._root
        for part in reference.removeprefix("#").split("/"):
            if part:
                found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}


def _given(schema: Mapping[str, Any]) -> list[Any]:
    """Values that the schema itself names."""
    if "const" in schema:
        return [schema["const"]]
    several = [one for key in ("examples", "enum") if isinstance(named := schema.get(key), list) for one in named]
    return several or ([schema["default"]] if schema.get("default") is not None else [])


def _number(schema: Mapping[str, Any], kind: str) -> float:
    low, high, above, step = (_bound(schema, key) for key in ("minimum", "maximum", "exclusiveMinimum", "multipleOf"))
    if above is not None:
        low = above + 1
    number: float = 1 if low is None else max(1, low)
    number = number if high is None else min(number, high)
    if step is not None and step > _LEAST_STEP:
        number = step * max(1, -(-number // step))
    return int(number) if kind == "integer" else number


def _bound(schema: Mapping[str, Any], key: str) -> float | None:
    """A number of the schema that can be reckoned with: neither infinite nor larger than anybody means."""
    bound = schema.get(key)
    if isinstance(bound, bool) or not isinstance(bound, (int, float)):
        return None
    return bound if -_LIMIT_NUMBER <= bound <= _LIMIT_NUMBER else None


def _matching(pattern: str, text: str) -> str:
    """One of a few texts that match. The pattern is the server's: who judges it gives up on one that takes too long."""
    check, schema = SchemaCheck(), {"type": "string", "pattern": pattern}
    with suppress(UndecidedError):
        for one in (text, TOKEN, *_SAMPLES):
            if check.misfit(schema, one.replace(TOKEN, "a" * _TOKEN_LETTERS)) is None:
                return one
    return text
