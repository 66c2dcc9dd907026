"""What crosses a wire, before anybody interprets it: a request, and the reply to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Headers = tuple[tuple[str, str], ...]

_CONTEXT = frozenset({"traceparent", "baggage"})
_LENGTHS = frozenset(map(len, _CONTEXT))  # most headers are passed over by this alone


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller sends. Calls that are not HTTP use the same shape with a scheme of their own.

    ``url`` is ``https://host/path`` on an HTTP wire, ``mcp:server`` on an MCP stream and
    ``python:function`` on a function wire, whose arguments stand in ``arguments``.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    arguments: Mapping[str, Any] | None = None

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case of letters."""
        return _header(self.headers, name)

    def context(self) -> dict[str, str]:
        """The trace context and baggage in the headers."""
        return {
            low: value for name, value in self.headers if len(name) in _LENGTHS and (low := name.lower()) in _CONTEXT
        }

    def with_body(self, body: bytes) -> Request:
        """The same request with another body (and its length)."""
        return replace(self, body=body, headers=_with_length(self.headers, len(body)))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a callee answered. A function's return value stands in ``value``."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    value: Any = field(default=None)

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case of letters."""
        return _header(self.headers, name)

    def with_body(self, body: bytes) -> Reply:
        """The same reply with another body (and its length)."""
        return replace(self, body=body, headers=_with_length(self.headers, len(body)))

    @property
    def is_error(self) -> bool:
        """Whether the status says that it did not work."""
        return self.status >= 400  # noqa: PLR2004 - where HTTP's errors begin

    @property
    def is_event_stream(self) -> bool:
        """Whether the body is a stream of server-sent events."""
        return (self.header("content-type") or "").lower().startswith("text/event-stream")


def _header(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def _with_length(headers: Headers, length: int) -> Headers:
    """Headers that tell the truth about a body that was rewritten: its length, no compression."""
    kept = tuple(pair for pair in headers if pair[0].lower() not in {"content-length", "content-encoding"})
    if any(pair[0].lower() == "transfer-encoding" for pair in kept):
        return kept
    return (*kept, ("content-length", str(length)))
