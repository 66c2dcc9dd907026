"""Per-tool telemetry: of each tool it is known how often it was called, how it went and how long it took.

Users are told that the weather is missing. Whoever runs the system has to see since when, and whose fault it is.
"""

from prometheus_client.parser import text_string_to_metric_families

from pytest_agentchaos import faults, on


def _figures(travel, request):
    """What ``/metrics`` says after a trip: (name, tool) -> value."""

    async def visit():
        async with travel.service() as service:
            await service.ask(request, key="ada-1")
            return (await service.http.get("/metrics")).text

    def read(text):
        return {
            (sample.name, *sorted(value for name, value in sample.labels.items() if name != "le")): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return visit, read


def test_the_figures_tell_which_tool_is_ill(agentchaos, system, weekend):
    """The forecast fails each time, the hotels' search takes four seconds, and everything else is well."""
    travel = system()
    agentchaos.inject(faults.Unavailable(), on.tool("get_forecast"))
    agentchaos.inject(faults.Latency(seconds=4), on.tool("search_hotels"))

    visit, read = _figures(travel, weekend())
    figures = read(agentchaos.run(visit))

    assert figures["travel_tool_error_ratio", "get_forecast"] == 1.0
    assert figures["travel_tool_error_ratio", "book_hotel"] == 0.0
    assert figures["travel_tool_calls_total", "get_forecast", "unavailable"] == 2
    assert figures["travel_tool_calls_total", "book_flight", "ok"] == 2
    assert figures["travel_retries_total", "get_forecast"] >= 3
    assert figures["travel_breaker_state", "get_forecast"] == 2.0  # open
    assert figures["gen_ai_execute_tool_duration_seconds_sum", "search_hotels"] == 4.0
    assert figures["gen_ai_execute_tool_duration_seconds_sum", "book_hotel"] == 0.0


def test_without_telemetry_a_dead_tool_looks_like_a_tool_that_nobody_needs(agentchaos, system, weekend):
    """Trips are counted as degraded, and there is no figure that tells by which tool."""
    travel = system("telemetry")
    agentchaos.inject(faults.Unavailable(), on.tool("get_forecast"))

    visit, read = _figures(travel, weekend())
    figures = read(agentchaos.run(visit))

    assert figures["gen_ai_invoke_workflow_duration_seconds_count", "degraded"] == 1
    assert len(agentchaos.history.calls("get_forecast", kind="tool")) > 2
    assert not any("get_forecast" in labels for _, *labels in figures)
