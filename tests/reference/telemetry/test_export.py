"""Spans leave the process only when the standard variables say so and an exporter is installed."""

import logging

from reference_system.telemetry.export import provider_from_environment


def test_without_a_collector_there_is_no_provider():
    """The default: spans stay here."""
    assert provider_from_environment("service", {}) is None


def test_a_collector_without_an_exporter_is_said_with_the_remedy(monkeypatch, caplog):
    """The process goes on without export."""
    monkeypatch.setattr("reference_system.telemetry.export._EXPORTER", "no_such_exporter")
    with caplog.at_level(logging.WARNING):
        assert provider_from_environment("service", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}) is None
    assert "pip install opentelemetry-exporter-otlp-proto-http" in caplog.text
