"""The figures are Prometheus text that a scraper can read, with labels of few values."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reference_system.telemetry.system import SystemTelemetry


@pytest.fixture
def telemetry():
    """A fresh one."""
    return SystemTelemetry()


@pytest.fixture
def value(telemetry):
    """The value of a sample by its name and labels; None if it is not there."""

    def value(name, /, **labels):
        for family in text_string_to_metric_families(telemetry.exposition().decode()):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return sample.value
        return None

    return value


def test_tool_calls_are_counted_timed_and_rated(telemetry, value):
    """A tool's calls, durations and share of errors are there; a refusal is no error."""
    telemetry.tool_called("book_hotel", "ok", 0.02)
    telemetry.tool_called("book_hotel", "refused", 0.02)
    telemetry.tool_called("book_hotel", "unavailable", 7.0)
    telemetry.tool_called("book_hotel", "invalid", 0.3)
    assert value("travel_tool_calls_total", tool="book_hotel", outcome="ok") == 1
    assert value("gen_ai_execute_tool_duration_seconds_count", tool="book_hotel") == 4
    assert value("gen_ai_execute_tool_duration_seconds_bucket", tool="book_hotel", le="0.025") == 2
    assert value("travel_tool_error_ratio", tool="book_hotel") == 0.5


def test_the_error_share_is_of_the_last_hundred_calls(telemetry, value):
    """A tool that has recovered looks well again."""
    for outcome in ["unavailable"] * 100 + ["ok"] * 100:
        telemetry.tool_called("get_forecast", outcome, 0.1)
    assert value("travel_tool_error_ratio", tool="get_forecast") == 0
    assert value("travel_tool_calls_total", tool="get_forecast", outcome="unavailable") == 100


@pytest.mark.parametrize("outcome", ["invalid_arguments", "not_allowed", "budget_exhausted", "deadline", "cancelled"])
def test_what_the_caller_did_wrong_is_no_error_of_the_tool(telemetry, value, outcome):
    """It is counted, and the tool looks as well as before."""
    telemetry.tool_called("book_hotel", "ok", 0.1)
    telemetry.tool_called("book_hotel", outcome, 0.1)
    assert value("travel_tool_error_ratio", tool="book_hotel") == 0
    assert value("travel_tool_calls_total", tool="book_hotel", outcome=outcome) == 1


def test_a_tool_that_a_model_invents_makes_no_label_of_its_own(telemetry, value):
    """Otherwise a confused model would fill the registry."""
    telemetry.tool_called("book_the_moon", "invalid", 0.0)
    assert value("travel_tool_calls_total", tool="unknown", outcome="invalid") == 1
    assert b"moon" not in telemetry.exposition()


def test_tokens_are_counted_by_role(telemetry, value):
    """In and out, for each role of the model."""
    telemetry.model_called("planner", "ok", 0.4, 900, 120)
    telemetry.model_called("planner", "invalid", 0.4, 100, 0)
    assert value("gen_ai_client_inference_usage_input_tokens_total", role="planner") == 1000
    assert value("gen_ai_client_inference_usage_output_tokens_total", role="planner") == 120
    assert value("gen_ai_client_inference_duration_seconds_count", role="planner") == 2
    assert value("travel_model_calls_total", role="planner", outcome="invalid") == 1


def test_trips_are_timed_by_reason_with_tokens_and_cost(telemetry, value):
    """Duration by reason, tokens as a histogram, cost as a sum."""
    telemetry.trip_ended("completed", 3.0, 12_000, 450)
    telemetry.trip_ended("degraded", 6.0, 15_000, 550)
    assert value("gen_ai_invoke_workflow_duration_seconds_count", reason="completed") == 1
    assert value("travel_trip_tokens_sum") == 27_000
    assert value("travel_cost_microunits_total") == 1000


@pytest.mark.parametrize(("state", "number"), [("closed", 0), ("half_open", 1), ("open", 2)])
def test_the_state_of_a_breaker_is_a_number(telemetry, value, state, number):
    """Higher is worse."""
    telemetry.breaker("hotels", state)
    assert value("travel_breaker_state", name="hotels") == number


def test_retries_are_counted(telemetry, value):
    """By what was tried again."""
    telemetry.retried("book_hotel")
    telemetry.retried("model")
    telemetry.retried("model")
    assert value("travel_retries_total", what="model") == 2


def test_two_systems_in_one_process_share_no_figures(telemetry, value):
    """Each has a registry of its own."""
    SystemTelemetry().retried("model")
    assert value("travel_retries_total", what="model") is None
