"""JSON Schemas from contracts: the full one for MCP, the strict subset for the model. One definition, two dialects.

All of them are computed once for each type and shared: read them, never change them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal

from reference_system.contracts.base import Contract
from reference_system.contracts.tools import ToolContract

Schema = dict[str, Any]

KEY_LENGTH_AT_MOST = 200

_WIRE_ONLY: dict[str, Schema] = {
    "idempotency_key": {
        "anyOf": [{"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_AT_MOST}, {"type": "null"}],
        "default": None,
        "description": "Names this very request: the same key is executed once, and answered again from the records.",
    },
    "trip": {
        "anyOf": [{"type": "string", "minLength": 1, "maxLength": 120}, {"type": "null"}],
        "default": None,
        "description": "The trip that it is done for.",
    },
}
"""What a write takes besides its business arguments. The gateway gives it; the model never sees it."""

_KEPT = frozenset(
    {
        *("type", "const", "enum", "pattern", "format", "description", "anyOf", "$defs"),
        *("properties", "required", "additionalProperties", "items", "minItems", "maxItems"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
)
"""Keywords of the strict subset that stay as they are."""

_OF_ARRAYS = {"minLength": "minItems", "maxLength": "maxItems"}
"""Pydantic takes a limit that stands behind a validator for one of text, also where the type is an array."""

_TOLD: dict[str, str] = {
    "minLength": "At least {} characters.",
    "maxLength": "At most {} characters.",
    "default": "{} unless something else is said.",
}
"""Keywords that the strict subset has not: the model reads them in the description, Pydantic checks them afterwards."""


class NotStrictError(TypeError):
    """A contract that the strict subset cannot express."""


def tool_schema(tool: ToolContract, *, wire: bool) -> Schema:
    """The arguments of a tool: as its server publishes and checks them (``wire``), or as the model is shown them."""
    return _wire_schema(tool) if wire else strict_schema(tool.arguments)


def result_schema(tool: ToolContract) -> Schema:
    """The result of a tool, as its server publishes it: every field is there, also those that have a default."""
    return contract_schema(tool.result, "serialization")


@cache
def contract_schema(model: type[Contract], mode: Literal["validation", "serialization"] = "validation") -> Schema:
    """The whole JSON Schema of a contract, without what only Pydantic reads (titles, discriminators)."""
    return _rewritten(model.model_json_schema(mode=mode), _plain)


@cache
def strict_schema(model: type[Contract]) -> Schema:
    """The schema in the strict subset of the OpenAI API (structured output, function tools with ``strict``).

    Objects are closed and all their properties required; what may be absent is nullable. Whatever the type accepts and
    writes as JSON keeps this schema. Raises NotStrictError, naming the place, for what the subset cannot express.
    """

    def strict(schema: Schema, path: str) -> Schema:
        return _strict(schema, f"{model.__name__}{path}")

    return _rewritten(contract_schema(model), strict)


@cache
def _wire_schema(tool: ToolContract) -> Schema:
    business = contract_schema(tool.arguments)
    if not tool.writes:
        return business
    return {**business, "properties": {**_WIRE_ONLY, **business["properties"]}}


def _rewritten(schema: Schema, rewrite: Callable[[Schema, str], Schema], path: str = "") -> Schema:
    """The schema with ``rewrite`` applied to it and, before, to every schema inside of it."""
    inner = dict(schema)
    for keyword in ("properties", "$defs"):
        if keyword in schema:
            inner[keyword] = {
                name: _rewritten(value, rewrite, f"{path}.{name}") for name, value in schema[keyword].items()
            }
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            inner[keyword] = [_rewritten(value, rewrite, path) for value in schema[keyword]]
    if isinstance(schema.get("items"), Mapping):
        inner["items"] = _rewritten(schema["items"], rewrite, f"{path}[]")
    return rewrite(inner, path)


def _plain(schema: Schema, _path: str) -> Schema:
    plain = {keyword: value for keyword, value in schema.items() if keyword not in ("title", "discriminator", "oneOf")}
    if "oneOf" in schema:
        plain["anyOf"] = schema["oneOf"]
    if plain.get("type") == "array":
        plain = {_OF_ARRAYS.get(keyword, keyword): value for keyword, value in plain.items()}
    if "description" in plain:
        plain["description"] = " ".join(plain["description"].split())
    return plain


def _strict(schema: Schema, place: str) -> Schema:
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    _check(schema, place)
    strict = {keyword: value for keyword, value in schema.items() if keyword in _KEPT}
    if "properties" in schema:
        strict["required"] = list(schema["properties"])
    if told := _told(schema):
        strict["description"] = " ".join([*_described(schema), *told])
    return strict


def _check(schema: Schema, place: str) -> None:
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        msg = f"{place} takes any keys; the strict subset has closed objects only: give it a contract of its own"
        raise NotStrictError(msg)
    if not {"type", "anyOf", "enum", "const"} & schema.keys():
        msg = f"{place} takes anything; the strict subset needs a type: say which"
        raise NotStrictError(msg)
    for keyword in schema:
        if keyword not in _KEPT and keyword not in _TOLD:
            msg = f"{place} uses {keyword!r}, which the strict subset has not: say it with types, limits or a pattern"
            raise NotStrictError(msg)


def _told(schema: Schema) -> list[str]:
    """What the description has to say in the keywords' place. An absent value is null, and everybody knows it."""
    told = {keyword: schema[keyword] for keyword in _TOLD if schema.get(keyword) is not None}
    return [
        "Not empty." if (keyword, value) == ("minLength", 1) else _TOLD[keyword].format(value)
        for keyword, value in told.items()
    ]


def _described(schema: Schema) -> list[str]:
    description = schema.get("description", "")
    if not description:
        return []
    return [description if description.endswith((".", "?", "!")) else f"{description}."]
