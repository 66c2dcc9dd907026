"""What a call carries along so that its callee can be seen in the same trace: W3C trace context and baggage."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?", re.ASCII)
_NO_VERSION: Final = "ff"


class SpanId(NamedTuple):
    """What names a span: ids of spans are unique within their trace only."""

    trace_id: str
    span_id: str


def sender(traceparent: Any) -> SpanId | None:
    """The span that a ``traceparent`` names as the one that made the call; None if there is none, or it is damaged."""
    if not isinstance(traceparent, str) or (match := _FORM.fullmatch(traceparent.strip())) is None:
        return None
    version, trace_id, span_id, more = match.groups()
    if version == _NO_VERSION or (version == "00" and more) or not trace_id.strip("0") or not span_id.strip("0"):
        return None
    return SpanId(trace_id, span_id)


def baggage(header: Any) -> dict[str, str]:
    """The entries of a ``baggage`` header, without their properties; what is no entry is left out."""
    if not isinstance(header, str):
        return {}
    entries: dict[str, str] = {}
    for member in header.split(","):
        name, is_there, value = member.partition(";")[0].partition("=")
        if is_there and name.strip():
            entries[name.strip()] = unquote(value.strip())
    return entries
