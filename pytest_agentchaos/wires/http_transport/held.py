"""A reply in hand on the HTTP wire: its head, and its body whole or still coming."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pytest_agentchaos.evidence.message import Headers
from pytest_agentchaos.faults.steps import Cut, Drip, Insert


@dataclass(slots=True)
class Held:
    """What :meth:`deliver` of the ports gives back. Exactly one of the three bodies is there."""

    status: int
    headers: Headers
    whole: bytes | None = None
    chunks: AsyncIterator[bytes] | None = None
    blocks: Iterator[bytes] | None = None
    close: Callable[[], Awaitable[Any]] | Callable[[], Any] | None = None
    shapes: list[Cut | Drip | Insert] = field(default_factory=list)
    delivered: bool = False
    """Whether it is the callee's own reply, which the history does not know yet."""

    @property
    def is_event_stream(self) -> bool:
        """Whether the body is a stream of server-sent events."""
        return any(
            key.lower() == "content-type" and value.lower().startswith("text/event-stream") for key, value in self.headers
        )
