"""A reply in hand on the HTTP wire: its head, and its body whole or still coming."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_agentchaos.evidence.message import Headers
from pytest_agentchaos.faults.steps import Cut, Drip, Insert
from pytest_agentchaos.wires.http_transport.library import HTTP_1_1, is_compressed


@dataclass(slots=True)
class Held:
    """What :meth:`deliver` of the ports gives back. Its body is whole, or comes from a source."""

    status: int
    headers: Headers
    whole: bytes | None = None
    source: Any = None
    """What is still to come: an async iterator on the async wire, a plain one on the sync wire."""
    close: Callable[[], Any] | None = None
    extensions: Mapping[str, Any] = field(default_factory=lambda: HTTP_1_1)
    shapes: list[Cut | Drip | Insert] = field(default_factory=list)
    delivered: bool = False
    """Whether it is the callee's own reply, which the history does not know yet."""
    own: Any = None
    """The transport's own response, if its body is there already: untouched, it goes to the caller as it is."""

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def is_event_stream(self) -> bool:
        """Whether the body is a stream of server-sent events."""
        return (self.header("content-type") or "").lower().startswith("text/event-stream")

    @property
    def is_compressed(self) -> bool:
        """Whether the body has to be decoded before its events can be told apart."""
        return is_compressed(self.headers)

    def forget_compression(self) -> None:
        """The body is decoded from now on, and how long it is then shows at its end."""
        told = {"content-encoding", "content-length"}
        self.headers = tuple(pair for pair in self.headers if pair[0].lower() not in told)
