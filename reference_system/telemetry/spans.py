"""Spans on the OpenTelemetry SDK, named by its GenAI conventions."""

from __future__ import annotations

from collections import deque
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind, Status, StatusCode

from reference_system.telemetry import conventions
from reference_system.telemetry.correlation import current_correlation
from reference_system.telemetry.redaction import Redactor

_KIND = {conventions.CHAT: SpanKind.CLIENT, conventions.TOOLS_CALL: SpanKind.CLIENT}
Attribute = str | bool | int | float


class Recorder(SpanProcessor):
    """Keeps the last spans that ended, for tests and for whoever looks into a process."""

    def __init__(self, *, kept_at_most: int = 5_000) -> None:
        self._spans: deque[ReadableSpan] = deque(maxlen=kept_at_most)

    def on_end(self, span: ReadableSpan) -> None:
        """A span has ended."""
        self._spans.append(span)

    def spans(self) -> tuple[ReadableSpan, ...]:
        """In the order in which they ended."""
        return tuple(self._spans)


def recording_provider(recorder: Recorder) -> TracerProvider:
    """A provider of its own whose spans go to the recorder and nowhere else."""
    provider = TracerProvider(resource=Resource({"service.name": "travel"}), shutdown_on_exit=False)
    provider.add_span_processor(recorder)
    return provider


class Spans:
    """Makes spans; their attributes carry the correlation id and no secrets."""

    def __init__(self, provider: trace.TracerProvider, redactor: Redactor, *, correlation: bool = True) -> None:
        self._tracer = provider.get_tracer("reference_system")
        self._redactor = redactor
        self._correlation = correlation

    def open(self, operation: str, name: str, attributes: dict[str, Any]) -> OpenSpan:
        """A span that begins when it is entered; its parent is the one that is open then."""
        given = {conventions.attribute(key): self.clean(value) for key, value in attributes.items()}
        given[conventions.OPERATION_NAME] = operation
        if operation == conventions.TOOLS_CALL:  # its place in the name is that of MCP's method
            given[conventions.OPERATION_NAME] = conventions.EXECUTE_TOOL
            given[conventions.MCP_METHOD_NAME] = conventions.TOOLS_CALL
        if operation in conventions.NAME_OF:
            given.setdefault(conventions.NAME_OF[operation], name)
        if not self._correlation:
            given.pop(conventions.CORRELATION, None)
        elif correlation := current_correlation():
            given[conventions.CORRELATION] = correlation
        return OpenSpan(self, self._tracer, operation, f"{operation} {name}", given)

    def clean(self, value: Any) -> Any:
        """The value as an attribute may hold it."""
        if isinstance(value, str):
            return self._redactor.text(value)
        if isinstance(value, Attribute):
            return value
        if isinstance(value, tuple | list):
            return tuple(self._redactor.text(str(item)) for item in value)
        return self._redactor.text(str(value))


class OpenSpan(AbstractContextManager["OpenSpan"]):
    """A span around a piece of work. An exception that passes through it marks it as failed."""

    __slots__ = ("_attributes", "_failed", "_name", "_operation", "_span", "_spans", "_token", "_tracer")

    _span: trace.Span

    def __init__(
        self, spans: Spans, tracer: trace.Tracer, operation: str, name: str, attributes: dict[str, Any]
    ) -> None:
        self._spans = spans
        self._tracer = tracer
        self._operation = operation
        self._name = name
        self._attributes = attributes
        self._failed = False

    def __enter__(self) -> Self:
        kind = _KIND.get(self._operation, SpanKind.INTERNAL)
        self._span = self._tracer.start_span(self._name, kind=kind, attributes=self._attributes)
        self._token = context.attach(trace.set_span_in_context(self._span))
        return self

    def set(self, **attributes: Any) -> None:
        """Add attributes; two underscores stand for a dot."""
        for key, value in attributes.items():
            if value is not None:
                self._span.set_attribute(conventions.attribute(key), self._spans.clean(value))

    def fail(self, error: BaseException | str) -> None:
        """It ended badly: an exception, or the code of an error."""
        self._failed = True
        code = error if isinstance(error, str) else type(error).__name__
        self._span.set_attribute(conventions.ERROR_TYPE, code)
        self._span.set_status(Status(StatusCode.ERROR, self._spans.clean(str(error))))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None and not self._failed:
            self.fail(error)
        context.detach(self._token)
        self._span.end()


class NoSpan(AbstractContextManager["NoSpan"]):
    """What stands for a span when none are wanted."""

    __slots__ = ()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Exceptions pass."""

    def set(self, **attributes: Any) -> None:
        """Nothing is kept."""

    def fail(self, error: BaseException | str) -> None:
        """Nothing is kept."""


NO_SPAN = NoSpan()


def traceparent(within: Context | None = None) -> str | None:
    """The W3C header that names the open span; None if there is none."""
    here = trace.get_current_span(within).get_span_context()
    if not here.is_valid:
        return None
    return f"00-{here.trace_id:032x}-{here.span_id:016x}-{here.trace_flags:02x}"
