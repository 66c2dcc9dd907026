"""Spans leave the process only when the standard variables say so and an exporter is installed."""

import logging

import pytest
from opentelemetry import baggage
from opentelemetry.sdk.trace import TracerProvider

from reference_system.telemetry.correlation import correlated
from reference_system.telemetry.export import Correlating, provider_from_environment


def test_without_a_collector_there_is_no_provider():
    """The default: spans stay here."""
    assert provider_from_environment("service", {}) is None


def test_a_collector_without_an_exporter_is_said_with_the_remedy(monkeypatch, caplog):
    """The process goes on without export."""
    monkeypatch.setattr("reference_system.telemetry.export._EXPORTER", "no_such_exporter")
    with caplog.at_level(logging.WARNING):
        assert provider_from_environment("service", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}) is None
    assert "pip install opentelemetry-exporter-otlp-proto-http" in caplog.text


@pytest.mark.parametrize(
    ("told", "known", "carried"),
    [
        (None, "c-here", "c-here"),
        ("c-there", "", "c-there"),
        ("c-there", "c-here", "c-there"),
        ("not an id\n", "c-here", "c-here"),
        (None, "", None),
    ],
)
def test_spans_of_libraries_carry_the_correlation_too(told, known, carried):
    """By what came with the call, else by what is being done here; anything else from outside is no id."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Correlating())
    context = None if told is None else baggage.set_baggage("correlation", told)
    with correlated(known):
        span = provider.get_tracer("a library").start_span("tools/call", context=context)
    assert span.attributes.get("travel.correlation") == carried
