"""Where the spans of a process go: to a collector, if the standard variables name one and an exporter is installed."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

log = logging.getLogger(__name__)


def provider_from_environment(service: str, environment: Mapping[str, str] = os.environ) -> TracerProvider | None:
    """The provider for a process that wants its spans elsewhere; None if no collector is named.

    It becomes the process's global one as well, so that the spans of the mcp SDK go the same way. For mains only.
    """
    if not any(environment.get(name) for name in _VARIABLES):
        return None
    exporter = _exporter()
    if exporter is None:
        return None
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
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
