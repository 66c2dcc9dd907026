"""Where the spans of a process go: to a collector, if the standard variables name one and an exporter is installed."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Mapping

from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from typing_extensions import override

from reference_system.telemetry.conventions import CORRELATION
from reference_system.telemetry.correlation import BAGGAGE_KEY, current_correlation, is_correlation

_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

log = logging.getLogger(__name__)


class Correlating(SpanProcessor):
    """Gives every span the correlation id of what it is done for: also those of libraries, which know nothing of it."""

    @override
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """In a process that is called, the id came with the call; in one that calls, it is known here."""
        told = baggage.get_baggage(BAGGAGE_KEY, parent_context)
        known = told if isinstance(told, str) and is_correlation(told) else current_correlation()
        if known:
            span.set_attribute(CORRELATION, known)


def provider_from_environment(
    service: str, environment: Mapping[str, str] = os.environ, *, correlation: bool = True
) -> TracerProvider | None:
    """The provider for a process that wants its spans elsewhere; None if no collector is named.

    It becomes the process's global one as well, so that the spans of the mcp SDK go the same way. For mains only.
    """
    if not any(environment.get(name) for name in _VARIABLES):
        return None
    exporter = _exporter()
    if exporter is None:
        return None
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    if correlation:
        provider.add_span_processor(Correlating())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider


def _exporter() -> SpanExporter | None:
    """Configures itself from the standard variables."""
    try:
        module = importlib.import_module(_EXPORTER)
    except ImportError:
        log.warning(
            "%s is set but spans stay here: pip install opentelemetry-exporter-otlp-proto-http", " or ".join(_VARIABLES)
        )
        return None
    exporter: SpanExporter = module.OTLPSpanExporter()
    return exporter
