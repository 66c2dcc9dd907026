"""Telemetry that keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from typing_extensions import override

from reference_system.store.interface import LogMessage
from reference_system.telemetry.interface import Span, Telemetry
from reference_system.telemetry.spans import NO_SPAN


class NullTelemetry(Telemetry):
    """For tests of parts that only have to be given some."""

    @override
    def span(self, operation: str, name: str, **attributes: Any) -> AbstractContextManager[Span]:
        """No span."""
        return NO_SPAN

    @override
    def carrier(self, correlation: str) -> dict[str, str]:
        """Nothing is carried."""
        return {}

    @override
    def tool_called(self, tool: str, outcome: str, duration_s: float) -> None:
        """Not counted."""

    @override
    def model_called(self, role: str, outcome: str, duration_s: float, input_tokens: int, output_tokens: int) -> None:
        """Not counted."""

    @override
    def retried(self, what: str) -> None:
        """Not counted."""

    @override
    def breaker(self, name: str, state: str) -> None:
        """Not shown."""

    @override
    def trip_ended(self, reason: str, duration_s: float, tokens: int, cost_microunits: int) -> None:
        """Not counted."""

    @override
    def tell(
        self, sender: str, receiver: str, kind: str, body: Mapping[str, Any], *, trip: str, correlation: str
    ) -> None:
        """Not kept."""

    @override
    def pending(self, trip: str | None = None) -> tuple[LogMessage, ...]:
        """There are none."""
        return ()

    @override
    def exposition(self) -> bytes:
        """There is nothing to show."""
        return b""
