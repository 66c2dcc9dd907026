"""The telemetry of one system: everything that its parts tell of themselves ends here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from typing_extensions import override

from reference_system.hardening import Hardening
from reference_system.store.interface import LogMessage
from reference_system.telemetry.correlation import baggage
from reference_system.telemetry.interface import Span, Telemetry
from reference_system.telemetry.message_log import MessageLog
from reference_system.telemetry.metrics import Figures
from reference_system.telemetry.redaction import Redactor
from reference_system.telemetry.spans import NO_SPAN, Recorder, Spans, recording_provider, traceparent


class SystemTelemetry(Telemetry):
    """Spans, figures and messages, redacted and correlated as ``hardening`` says.

    Spans go to ``tracer_provider``; without one they are kept here, the last ones, for :meth:`spans`. ``secrets`` are
    values that must never be seen, whatever they look like: the keys that this process was started with.
    """

    def __init__(
        self,
        hardening: Hardening = Hardening(),  # noqa: B008 - frozen
        *,
        tracer_provider: trace.TracerProvider | None = None,
        secrets: Iterable[str] = (),
    ) -> None:
        self._hardening = hardening
        self.redactor = Redactor(enabled=hardening.redaction, secrets=secrets)
        self.figures = Figures()
        """Also for what only a service has to tell."""
        self._messages = MessageLog(self.redactor)
        self._recorder = Recorder()
        self._spans = self._spans_to(tracer_provider) if hardening.tracing else None

    def _spans_to(self, provider: trace.TracerProvider | None) -> Spans:
        to = provider or recording_provider(self._recorder)
        return Spans(to, self.redactor, correlation=self._hardening.correlation)

    @override
    def span(self, operation: str, name: str, **attributes: Any) -> AbstractContextManager[Span]:
        """A span around a piece of work; with ``tracing`` off, nothing."""
        return NO_SPAN if self._spans is None else self._spans.open(operation, name, attributes)

    def spans(self) -> tuple[ReadableSpan, ...]:
        """The last spans that ended, if no provider was given."""
        return self._recorder.spans()

    @override
    def carrier(self, correlation: str) -> dict[str, str]:
        """Traceparent and baggage for the next process."""
        carrier = {}
        if self._hardening.tracing and (parent := traceparent()):
            carrier["traceparent"] = parent
        if self._hardening.correlation and correlation:
            carrier["baggage"] = baggage(correlation)
        return carrier

    @override
    def tool_called(self, tool: str, outcome: str, duration_s: float) -> None:
        """A tool call has ended: ok, refused, invalid, unavailable, circuit_open, ..."""
        if self._hardening.telemetry:
            self.figures.tool_called(tool, outcome, duration_s)

    @override
    def model_called(self, role: str, outcome: str, duration_s: float, input_tokens: int, output_tokens: int) -> None:
        """A question to the model has been answered, or not."""
        if self._hardening.telemetry:
            self.figures.model_called(role, outcome, duration_s, input_tokens, output_tokens)

    @override
    def retried(self, what: str) -> None:
        """Something is tried once more."""
        if self._hardening.telemetry:
            self.figures.retried(what)

    @override
    def breaker(self, name: str, state: str) -> None:
        """A circuit breaker is closed, open or half_open now."""
        if self._hardening.telemetry:
            self.figures.breaker(name, state)

    @override
    def trip_ended(self, reason: str, duration_s: float, tokens: int, cost_microunits: int) -> None:
        """A trip has ended."""
        self.figures.trip_ended(reason, duration_s, tokens, cost_microunits)

    @override
    def tell(
        self, sender: str, receiver: str, kind: str, body: Mapping[str, Any], *, trip: str, correlation: str
    ) -> None:
        """A message for the log; with ``correlation`` off, without its id."""
        known = correlation if self._hardening.correlation else ""
        self._messages.tell(sender, receiver, kind, body, trip=trip, correlation=known)

    @override
    def pending(self, trip: str | None = None) -> tuple[LogMessage, ...]:
        """The messages since the last time, of one trip or of all."""
        return self._messages.pending(trip)

    @override
    def exposition(self) -> bytes:
        """All figures as Prometheus text."""
        return self.figures.exposition()
