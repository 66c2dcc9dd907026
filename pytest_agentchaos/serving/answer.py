"""An answer: what goes back over the wire, and one word of it for the log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from pytest_agentchaos.evidence.canonical import encode

TEXT: Final = "text/plain; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"

GUARDS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""With each answer."""
CLOSED: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""A Content-Security-Policy for what needs nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body, and what the log says of it."""

    status: int
    body: bytes
    media_type: str = TEXT
    csp: str = CLOSED
    headers: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    """For the log: ``promote``."""

    def head(self, *, keeps: bool) -> bytes:
        """Status line and headers, and the empty line."""
        told = {
            "Content-Type": self.media_type,
            "Content-Length": str(len(self.body)),
            "Content-Security-Policy": self.csp,
            **GUARDS,
            **self.headers,
            "Connection": "keep-alive" if keeps else "close",
        }
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in told.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def text(status: int, words: str, *, note: str = "", headers: Mapping[str, str] | None = None) -> Answer:
    """One line for a person, or for the events of a controller."""
    return Answer(status, encode(f"{words}\n"), headers=headers or {}, note=note)


def document(data: Mapping[str, Any], *, note: str = "") -> Answer:
    """JSON."""
    told = json.dumps(data, allow_nan=False, indent=1)
    return Answer(200, told.encode("ascii") + b"\n", "application/json", note=note)
