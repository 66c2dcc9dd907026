"""OTLP traces as protobuf, decoded by ``opentelemetry-proto``, which loads when it is first used."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.spans.span import Span
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
    text,
)

__tracebackhide__ = explains_itself

_PACKAGE = "opentelemetry.proto"


@cache
def message(module: str, name: str) -> Any:
    """A message class of OTLP."""
    try:
        return getattr(importlib.import_module(f"{_PACKAGE}.{module}_pb2"), name)
    except ImportError as error:
        msg = (
            f"OTLP as protobuf cannot be read: {error}; install it with"
            ' `pip install "pytest-agentchaos[traces]"`, or send OTLP as JSON'
        )
        raise UsageError(msg) from error


def parsed(module: str, name: str, data: bytes) -> Any:
    """The message in these bytes."""
    kind = message(module, name)
    try:
        return kind.FromString(data)
    except _decode_error() as error:
        raise DecodeError(str(error)) from error


@cache
def _decode_error() -> type[Exception]:
    found: type[Exception] = importlib.import_module("google.protobuf.message").DecodeError
    return found


def parsed_request(body: bytes) -> Any:
    """An ExportTraceServiceRequest, which TracesData is too."""
    return parsed("trace.v1.trace", "TracesData", body)


def parts(request: Any) -> Iterator[Part]:
    """The parts of a request that is in memory."""
    group = number = 0
    for entry, spans_of_resource in enumerate(request.resource_spans, 1):
        yield Part("resource", entry, group, str, spans_of_resource.resource)
        for spans_of_scope in spans_of_resource.scope_spans:
            group += 1
            yield Part("scope", entry, group, str, spans_of_scope.scope)
            for raw in spans_of_scope.spans:
                number += 1
                yield Part("span", entry, group, partial("span {}".format, number), raw)


def parsed_span(data: bytes) -> Any:
    """A single span."""
    return parsed("trace.v1.trace", "Span", data)


def service_name(resource: Any) -> str:
    """``service.name`` of a resource."""
    found = (value(pair.value) for pair in resource.attributes if pair.key == "service.name")
    return next((name for name in found if isinstance(name, str)), "")


def scope_name(scope: Any) -> str:
    """The name of an instrumentation scope."""
    return text(scope.name)


def span(raw: Any, service: str, scope: str, epoch_ns: int) -> Span:
    """A span as evidence; DecodeError for one that cannot be told from others or placed in time."""
    return Span(
        trace_id=identity(raw.trace_id, TRACE_ID_BYTES, "trace id"),
        span_id=identity(raw.span_id, SPAN_ID_BYTES, "span id"),
        parent_id=parent_identity(raw.parent_span_id),
        name=text(raw.name),
        start_s=seconds(raw.start_time_unix_nano, epoch_ns),
        end_s=end_s(raw.end_time_unix_nano, epoch_ns),
        kind=KINDS[raw.kind] if 0 <= raw.kind < len(KINDS) else "internal",
        status=STATUSES[raw.status.code] if 0 <= raw.status.code < len(STATUSES) else "unset",
        message=text(raw.status.message),
        attributes=_attributes(raw.attributes),
        events=tuple([_event(event, epoch_ns) for event in raw.events]),
        links=tuple([link.span_id[:32].hex() for link in raw.links]),
        service=service,
        scope=scope,
    )


def _event(raw: Any, epoch_ns: int) -> dict[str, Any]:
    at_s = seconds(raw.time_unix_nano, epoch_ns)
    return {"name": text(raw.name), "at_s": at_s, "attributes": _attributes(raw.attributes)}


def _attributes(pairs: Any, levels: int = LEVELS) -> dict[str, Any]:
    """Of a key that stands there twice the last value counts, as in the SDKs."""
    return {text(pair.key): value(pair.value, levels) for pair in pairs}


def value(raw: Any, levels: int = LEVELS) -> Any:
    """A value as JSON: bytes as base64, what is no finite number as text; None for one that is not set."""
    kind = raw.WhichOneof("value")
    if kind == "string_value":
        return text(raw.string_value)
    if kind == "double_value":
        return double(raw.double_value)
    if kind == "bytes_value":
        return text(base64.b64encode(raw.bytes_value).decode("ascii"))
    if kind == "array_value":
        return [value(item, levels - 1) for item in raw.array_value.values] if levels else "..."
    if kind == "kvlist_value":
        return _attributes(raw.kvlist_value.values, levels - 1) if levels else "..."
    return getattr(raw, kind) if kind in {"int_value", "bool_value"} else None
