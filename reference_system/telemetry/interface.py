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
        """A piece of work, inside the span that is open.

        One of invoke_workflow, invoke_agent, plan, chat, execute_tool and, for each attempt of that, tools/call.
        """

    def carrier(self, correlation: str) -> dict[str, str]:
        """Traceparent and baggage (with the correlation id) for the next process: HTTP headers, MCP ``_meta``."""

    def tool_called(self, tool: str, outcome: str, duration_s: float) -> None:
        """A tool call has ended; outcome: ok, refused, invalid, unavailable, circuit_open, ..."""

    def model_called(self, role: str, outcome: str, duration_s: float, input_tokens: int, output_tokens: int) -> None:
        """A question to the model has been answered, or not; outcome: ok, invalid, refused, unavailable, ..."""

    def retried(self, what: str) -> None:
        """A tool, or ``model``, is tried once more."""

    def breaker(self, name: str, state: str) -> None:
        """A circuit breaker is now closed, open or half_open."""

    def trip_ended(self, reason: str, duration_s: float, tokens: int, cost_microunits: int) -> None:
        """A trip has ended."""

    def tell(  # noqa: PLR0913 - the fields of a message
        self, sender: str, receiver: str, kind: str, body: Mapping[str, Any], *, trip: str, correlation: str
    ) -> None:
        """A message for the log; redacted here, kept until :meth:`pending`."""

    def pending(self, trip: str | None = None) -> tuple[LogMessage, ...]:
        """The messages since the last time, of one trip or of all, for whoever writes them to the store."""

    def exposition(self) -> bytes:
        """All figures as Prometheus text."""
