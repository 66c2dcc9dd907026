"""What the parts of the system tell of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from reference_system.store.interface import LogMessage


class Span(Protocol):
    """A span that is open."""

    def set(self, **attributes: Any) -> None:
        """Attributes; dots in names are written as two underscores (gen_ai__usage__input_tokens)."""

    def fail(self, error: BaseException | str) -> None:
        """It ended badly."""


class Telemetry(Protocol):
    """Spans, figures and the message log of one process."""

    def span(self, operation: str, name: str, **attributes: Any) -> AbstractContextManager[Span]:
        """A span around a piece of work: invoke_workflow, invoke_agent, plan, chat, execute_tool. Nested ones follow."""

    def carrier(self, correlation: str) -> dict[str, str]:
        """traceparent and baggage (with the correlation id) for the next process: HTTP headers, MCP ``_meta``."""

    def tool_called(self, tool: str, outcome: str, duration_s: float) -> None:
        """outcome: ok, refused, invalid, unavailable, circuit_open, ..."""

    def model_called(
        self, role: str, outcome: str, duration_s: float, input_tokens: int, output_tokens: int
    ) -> None: ...

    def retried(self, what: str) -> None: ...

    def breaker(self, name: str, state: str) -> None:
        """closed, open, half_open"""

    def trip_ended(self, reason: str, duration_s: float, tokens: int, cost_microunits: int) -> None: ...

    def tell(
        self, sender: str, receiver: str, kind: str, body: Mapping[str, Any], *, trip: str, correlation: str
    ) -> None:
        """A message for the log; redacted here, kept until :meth:`flush`."""

    def pending(self) -> tuple[LogMessage, ...]:
        """The messages since the last time, for whoever writes them to the store."""

    def exposition(self) -> bytes:
        """All figures as Prometheus text."""
