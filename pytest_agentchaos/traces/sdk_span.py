"""A span of the OpenTelemetry SDK, read as evidence. Whatever stands in it, reading never raises."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from pytest_agentchaos.evidence.canonical import snapshot, told
from pytest_agentchaos.evidence.spans.conventions import subject, what
from pytest_agentchaos.evidence.spans.span import Span

LIMIT_CHARACTERS: Final = 1 << 16
"""Texts above this are cut: an attribute of 10 MB is no evidence."""

_NAME_CHARACTERS: Final = 200
_LEVELS: Final = 20
_INTEGER_BITS: Final = 64


def data(span: Any, *, epoch_ns: int, at_s: float, ended: bool) -> dict[str, Any]:
    """The data of an op for a span that was seen at a moment; ``epoch_ns`` is the unix time of second 0."""
    try:
        return _read(span, epoch_ns, at_s, ended=ended).to_data()
    except Exception as error:  # noqa: BLE001 - users put anything into a span, and subclass it; what is lost is told
        return {"unread": told(error)}


def agent_name(span: Any) -> str | None:
    """The agent that a span is an invocation of; None for any other span, and when no name is told."""
    if not isinstance(span.name, str) or what(span) != "agent":
        return None
    name = subject(span)
    return cut(name, _NAME_CHARACTERS) if name not in {"", "invoke_agent"} else None


def cut(text: str, limit: int = LIMIT_CHARACTERS) -> str:
    """The text, or its beginning and how long it was."""
    return text if len(text) <= limit else f"{text[:limit]}...({len(text)} characters)"


def _read(span: Any, epoch_ns: int, at_s: float, *, ended: bool) -> Span:
    context, parent, status = span.context, span.parent, span.status
    kind: Any = getattr(span.kind, "name", "internal").lower()
    return Span(
        trace_id=_id(context.trace_id, 32),
        span_id=_id(context.span_id, 16),
        parent_id="" if parent is None else _id(parent.span_id, 16),
        name=cut(span.name if isinstance(span.name, str) else str(span.name)),
        start_s=_seconds(span.start_time, epoch_ns, at_s),
        end_s=_seconds(span.end_time, epoch_ns, at_s) if ended else None,
        kind=kind,
        status=status.status_code.name.lower(),
        message=cut(str(status.description or "")),
        attributes=_mapping(span.attributes),
        events=tuple(
            {
                "name": cut(str(event.name)),
                "at_s": _seconds(event.timestamp, epoch_ns, at_s),
                "attributes": _mapping(event.attributes),
            }
            for event in span.events
        ),
        links=tuple(_id(link.context.span_id, 16) for link in span.links),
        service=cut(str(span.resource.attributes.get("service.name", ""))),
        scope=cut(str(getattr(span.instrumentation_scope, "name", "") or "")),
    )


def _id(number: int, digits: int) -> str:
    return f"{number:0{digits}x}"


def _seconds(unix_ns: Any, epoch_ns: int, otherwise_s: float) -> float:
    """Subtracted before it is divided: a float of today's unix time knows no microseconds."""
    try:
        seconds = (unix_ns - epoch_ns) / 1_000_000_000
        return round(seconds, 6) if isfinite(seconds) else otherwise_s
    except (TypeError, ValueError, OverflowError):  # a time that its user gave, and that is none
        return otherwise_s


def _mapping(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {cut(str(key)): _json(value) for key, value in values.items()} if values else {}


def _json(value: Any, levels: int = _LEVELS) -> Any:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, (list, tuple)):
        return [_json(item, levels - 1) for item in value] if levels else "..."
    if isinstance(value, Mapping):
        return {cut(str(key)): _json(item, levels - 1) for key, item in value.items()} if levels else "..."
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return cut(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):  # a very long number has no text in Python, so that it could not be saved
        return value if value.bit_length() <= _INTEGER_BITS else cut(hex(value))
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    return cut(str(snapshot(value)))
