"""OTLP traces as JSON, as the SDKs of many languages and the collector's file exporter write it.

OTLP departs from protobuf's own JSON: ids are hexadecimal. Senders differ further, so that ids in base64, integers as
texts, enums by name and the names of fields with underscores are read as well.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pytest_agentchaos.evidence.op import NOTHING
from pytest_agentchaos.evidence.spans.span import Span, SpanKind, SpanStatus
from pytest_agentchaos.traces.otlp_values import (
    KINDS,
    LEVELS,
    SPAN_ID_BYTES,
    STATUSES,
    TRACE_ID_BYTES,
    DecodeError,
    Part,
    double,
    end_s,
    identity,
    parent_identity,
    seconds,
    shown,
    text,
)

RESOURCE_SPANS = ("resourceSpans", "resource_spans")
SCOPE_SPANS = ("scopeSpans", "scope_spans")
SPANS = ("spans",)
_OTHER_SIGNALS = ("resourceMetrics", "resource_metrics", "resourceLogs", "resource_logs", "resourceProfiles")
HARMLESS = frozenset({"resource", "scope", "schemaUrl", "schema_url", *_OTHER_SIGNALS})
"""What may stand where no spans are: the collector writes its other signals into the same file."""

_MIN_INT, _MAX_INT = -(2**63), 2**64
_KIND_NAMES: dict[Any, SpanKind] = {f"SPAN_KIND_{kind.upper()}": kind for kind in KINDS}
_STATUS_NAMES: dict[Any, SpanStatus] = {f"STATUS_CODE_{status.upper()}": status for status in STATUSES}


def _parsed_int(digits: str) -> int | str:
    """An integer of JSON; one that no OTLP field could hold stays a text."""
    return int(digits) if len(digits) <= len(str(_MIN_INT)) + 2 else text(digits)


DECODER = json.JSONDecoder(parse_int=_parsed_int)
"""Reads ``NaN`` and ``Infinity`` too, which some senders write."""


def parts(body: bytes) -> Iterator[Part]:
    """The parts of a request that is in memory."""
    group = number = 0
    for entry, spans_of_resource in enumerate(_entries(_loaded(body), RESOURCE_SPANS), 1):
        yield Part("resource", entry, group, str, _field(_object(spans_of_resource, "an object"), "resource"))
        for spans_of_scope in _entries(spans_of_resource, SCOPE_SPANS):
            group += 1
            yield Part("scope", entry, group, str, _field(_object(spans_of_scope, "an object"), "scope"))
            for raw in _entries(spans_of_scope, SPANS):
                number += 1
                yield Part("span", entry, group, partial("span {}".format, number), raw)


def _entries(raw: Mapping[str, Any], names: tuple[str, ...]) -> list[Any]:
    """The list of that name. Other things in its place are damage: a misspelt key hides spans."""
    others = [key for key in raw if key not in HARMLESS]
    if others and not any(name in raw for name in names):
        msg = f"an object without {names[0]}; it has {shown(others[:5])}"
        raise DecodeError(msg)
    return _list(_field(raw, *names), names[0])


def _loaded(body: bytes) -> dict[str, Any]:
    try:
        request = DECODER.decode(body.decode("utf-8-sig"))
    except RecursionError as error:
        msg = "JSON that is nested too deeply"
        raise DecodeError(msg) from error
    except ValueError as error:
        msg = f"not JSON: {error}"
        raise DecodeError(msg) from error
    found: dict[str, Any] = _object(request, "a request")
    return found


def service_name(resource: Any) -> str:
    """``service.name`` of a resource."""
    pairs = _field(resource, "attributes") if isinstance(resource, dict) else None
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, dict) and pair.get("key") == "service.name":
            name = value(pair.get("value"))
            return name if isinstance(name, str) else ""
    return ""


def scope_name(scope: Any) -> str:
    """The name of an instrumentation scope."""
    name = scope.get("name") if isinstance(scope, dict) else None
    return text(name) if isinstance(name, str) else ""


def span(raw: Any, service: str, scope: str, epoch_ns: int) -> Span:
    """A span as evidence; DecodeError for one that cannot be told from others or placed in time."""
    raw = _object(raw, "a span")
    status = _object(_field(raw, "status") or NOTHING, "a status")
    return Span(
        trace_id=identity(_id(raw, "traceId", "trace_id"), TRACE_ID_BYTES, "trace id"),
        span_id=identity(_id(raw, "spanId", "span_id"), SPAN_ID_BYTES, "span id"),
        parent_id=parent_identity(_id(raw, "parentSpanId", "parent_span_id")),
        name=_text(raw, "name"),
        start_s=seconds(_time_ns(raw, "startTimeUnixNano", "start_time_unix_nano"), epoch_ns),
        end_s=end_s(_time_ns(raw, "endTimeUnixNano", "end_time_unix_nano"), epoch_ns),
        kind=_enum(raw.get("kind"), KINDS, _KIND_NAMES) or "internal",
        status=_enum(status.get("code"), STATUSES, _STATUS_NAMES) or "unset",
        message=_text(status, "message"),
        attributes=_attributes(_field(raw, "attributes")),
        events=tuple([_event(event, epoch_ns) for event in _list(_field(raw, "events"), "events")]),
        links=tuple([_link(link) for link in _list(_field(raw, "links"), "links")]),
        service=service,
        scope=scope,
    )


def _event(raw: Any, epoch_ns: int) -> dict[str, Any]:
    raw = _object(raw, "an event")
    at_s = seconds(_time_ns(raw, "timeUnixNano", "time_unix_nano"), epoch_ns)
    return {"name": _text(raw, "name"), "at_s": at_s, "attributes": _attributes(_field(raw, "attributes"))}


def _link(raw: Any) -> str:
    return _id(_object(raw, "a link"), "spanId", "span_id")[:32].hex()


def _attributes(pairs: Any, levels: int = LEVELS) -> dict[str, Any]:
    """Of a key that stands there twice the last value counts, as in the SDKs."""
    checked = [_object(pair, "an attribute") for pair in _list(pairs, "attributes")]
    return {_text(pair, "key"): value(pair.get("value"), levels) for pair in checked}


def value(raw: Any, levels: int = LEVELS) -> Any:
    """A value as JSON; one that is not wrapped as OTLP wants it is taken as it is, unless it has parts."""
    kind, item = next(iter(raw.items()), (None, None)) if isinstance(raw, dict) else (None, raw)
    if kind in {"arrayValue", "array_value"}:
        items = _list(_field(_object(item or {}, "arrayValue"), "values"), "values")
        return [value(inner, levels - 1) for inner in items] if levels else "..."
    if kind in {"kvlistValue", "kvlist_value"}:
        pairs = _field(_object(item or {}, "kvlistValue"), "values")
        return _attributes(pairs, levels - 1) if levels else "..."
    if kind in {"intValue", "int_value"}:
        return _int(item)
    if kind in {"doubleValue", "double_value"}:
        return _double(item)
    return _scalar(item)


def _scalar(item: Any) -> Any:
    if isinstance(item, str):
        return text(item)
    if isinstance(item, float):
        return double(item)
    return item if item is None or isinstance(item, (bool, int)) else shown(item)


def _int(item: Any) -> Any:
    try:
        number = int(item)
    except (ValueError, TypeError, OverflowError):
        return _scalar(item)
    return number if _MIN_INT <= number < _MAX_INT else _scalar(str(number))


def _double(item: Any) -> Any:
    try:
        return double(float(item))
    except (ValueError, TypeError, OverflowError):
        return _scalar(item)


def _id(raw: Mapping[str, Any], *names: str) -> bytes:
    """The bytes of an id; base64 of one is longer or shorter than its digits, so that they cannot be mixed up."""
    told = _field(raw, *names)
    if told is None or told == "":
        return b""
    if isinstance(told, str):
        try:
            if len(told) in {24, 12}:
                return base64.b64decode(told, validate=True)
            return bytes.fromhex(told)
        except (ValueError, binascii.Error):
            pass
    msg = f"a {names[0]} that is {shown(told)}"
    raise DecodeError(msg)


def _time_ns(raw: Mapping[str, Any], *names: str) -> int:
    told = _field(raw, *names)
    try:
        return 0 if told is None else int(told)
    except (ValueError, TypeError, OverflowError):
        msg = f"a {names[0]} that is {shown(told)}"
        raise DecodeError(msg) from None


def _enum(told: Any, values: tuple[Any, ...], names: Mapping[Any, Any]) -> Any:
    if isinstance(told, str):
        return names.get(told) or (_enum(int(told), values, names) if told.isdecimal() and told.isascii() else None)
    return values[told] if isinstance(told, int) and 0 <= told < len(values) else None


def _field(raw: Mapping[str, Any], *names: str) -> Any:
    for name in names:
        if (found := raw.get(name)) is not None:
            return found
    return None


def _text(raw: Mapping[str, Any], name: str) -> str:
    told = raw.get(name)
    return text(told) if isinstance(told, str) else "" if told is None else shown(told)


def _object(raw: Any, what: str) -> Any:
    if not isinstance(raw, Mapping):
        msg = f"{shown(raw)} where {what} is due"
        raise DecodeError(msg)
    return raw


def _list(raw: Any, what: str) -> list[Any]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        msg = f"{shown(raw)} where the list of {what} is due"
        raise DecodeError(msg)
    return raw
