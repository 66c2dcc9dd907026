"""What a tool may answer, by what it says of itself: what it promises, and what misses that by one thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.messages.schema_check import Schema, SchemaCheck
from pytest_agentchaos.strategies.schemas import fits, json_values
from pytest_agentchaos.strategies.texts import messages

_LOOKED_AT: Final = 400
"""So many changed values are looked at for one that the schema refuses."""


def tool_results(definition: Any, *, near_misses: bool = True) -> SearchStrategy[Any]:
    """Results of a tool, defined as MCP writes it; half of them miss the schema by one thing, unless told otherwise.

    A tool without an ``outputSchema`` promises nothing: it gives texts.
    """
    schema = _schema(definition, "outputSchema", "output_schema")
    if schema is None:
        return messages()
    valid = json_values(schema)
    return st.one_of(valid, near_misses_of(schema)) if near_misses else valid


def tool_arguments(definition: Any) -> SearchStrategy[Any]:
    """Arguments that a tool takes."""
    schema = _schema(definition, "inputSchema", "input_schema", "parameters")
    if schema is None:
        msg = f"tool_arguments(...): the tool {_name(definition)!r} has no inputSchema"
        raise UsageError(msg)
    return json_values(schema)


def near_misses_of(schema: Schema) -> SearchStrategy[Any]:
    """Values of which one thing is not as the schema wants it; where it wants nothing, any value that fits."""
    check = SchemaCheck()

    def missed(value: Any) -> SearchStrategy[Any]:
        changed = islice(_changed(value), _LOOKED_AT)
        wrong = [other for other in changed if not fits(check, schema, other)]
        return st.sampled_from(wrong or [value])

    return json_values(schema).flatmap(missed)


def _changed(value: Any) -> Iterator[Any]:
    """The value with one thing changed somewhere in it."""
    yield from _instead(value)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: one for name, one in value.items() if name != key}
            yield {(name if name != key else f"{name}_"): one for name, one in value.items()}
            yield from ({**value, key: other} for other in _changed(inner))
        yield {**value, "unexpected": "field"}
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in _changed(inner))
        yield value[:-1]
        yield [*value, *value]
        yield []


def _instead(value: Any) -> Iterator[Any]:
    """What is often there in place of a value."""
    yield None
    if value is None:
        yield from ("null", 0, {})
    elif isinstance(value, bool):
        yield from (str(value).lower(), int(value))
    elif isinstance(value, (int, float)):
        yield from (str(value), -value - 1, value * 1000 + 1, value + 0.5)
    elif isinstance(value, str):
        yield from ("", f" {value}", value.swapcase(), 0, [value], {"text": value})
    elif isinstance(value, dict):
        yield from ([value], "", list(value.values()))
    elif isinstance(value, list):
        yield from ({str(at): one for at, one in enumerate(value)}, "", None)


def _schema(definition: Any, *names: str) -> Schema | None:
    told = _told(definition)
    return next((told[name] for name in names if told.get(name) is not None), None)


def _name(definition: Any) -> str:
    return str(_told(definition).get("name", "?"))


def _told(definition: Any) -> Mapping[str, Any]:
    dump = getattr(definition, "model_dump", None)
    told = dump(by_alias=True, exclude_none=True, mode="json") if callable(dump) else definition
    if not isinstance(told, Mapping):
        msg = f"{definition!r} defines no tool; give it as MCP writes it: {{'name': ..., 'outputSchema': ...}}"
        raise UsageError(msg)
    inner = told.get("function")
    return inner if isinstance(inner, Mapping) else told
