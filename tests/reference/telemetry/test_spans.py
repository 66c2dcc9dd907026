"""Spans follow the GenAI conventions, nest, tell of failures, and carry the correlation id and no secrets."""

import asyncio

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, StatusCode

from pytest_agentchaos.trial import Trial
from reference_system.hardening import Hardening
from reference_system.telemetry.correlation import correlated
from reference_system.telemetry.spans import Recorder
from reference_system.telemetry.system import SystemTelemetry


@pytest.fixture
def telemetry():
    """A fresh one that keeps its spans."""
    return SystemTelemetry()


def _fail(telemetry, message, code=None):
    with telemetry.span("execute_tool", "book_hotel") as span:
        span.set(travel__attempts=1)
        if code:
            span.fail(code)
        raise ValueError(message)


def test_a_span_is_named_by_operation_and_name(telemetry):
    """The conventions' names, and attributes with dots for double underscores."""
    with telemetry.span("execute_tool", "book_hotel", travel__trip="t-1") as span:
        span.set(gen_ai__tool__call__id="call_1", travel__attempts=2, travel__absent=None)
    (ended,) = telemetry.spans()
    assert ended.name == "execute_tool book_hotel"
    assert ended.kind is SpanKind.INTERNAL
    assert dict(ended.attributes) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "book_hotel",
        "gen_ai.tool.call.id": "call_1",
        "travel.trip": "t-1",
        "travel.attempts": 2,
    }


def test_a_question_to_the_model_is_a_client_span(telemetry):
    """It leaves the process."""
    with telemetry.span("chat", "travel-steady"):
        pass
    (ended,) = telemetry.spans()
    assert ended.kind is SpanKind.CLIENT
    assert ended.attributes["gen_ai.request.model"] == "travel-steady"


def test_spans_nest_over_tasks(telemetry):
    """A span that a task opens is a child of the one in which the task was started."""

    async def step(name):
        with telemetry.span("invoke_agent", name):
            await asyncio.sleep(0)

    async def trip():
        with telemetry.span("invoke_workflow", "trip"):
            await asyncio.gather(step("flights"), step("hotels"))

    asyncio.run(trip())
    flights, hotels, workflow = telemetry.spans()
    assert {flights.parent.span_id, hotels.parent.span_id} == {workflow.context.span_id}
    assert flights.context.trace_id == workflow.context.trace_id


def test_an_exception_marks_the_span_and_passes(telemetry):
    """The error's type is an attribute by the conventions; its text is redacted."""
    with pytest.raises(ValueError, match="ada"):
        _fail(telemetry, "no seat for ada@example.com")
    (ended,) = telemetry.spans()
    assert ended.status.status_code is StatusCode.ERROR
    assert ended.status.description == "no seat for [email]"
    assert ended.attributes["error.type"] == "ValueError"


def test_a_failure_that_is_told_goes_before_the_exception_that_follows(telemetry):
    """A code says more than the class that carries it."""
    with pytest.raises(ValueError, match="boom"):
        _fail(telemetry, "boom", code="sold_out")
    (ended,) = telemetry.spans()
    assert ended.attributes["error.type"] == "sold_out"


def test_attributes_are_redacted(telemetry):
    """Also inside of lists; with redaction off they are as they were given."""
    naive = SystemTelemetry(Hardening().without("redaction"))
    for each in (telemetry, naive):
        with each.span("plan", "trip", travel__users=["ada@example.com"], travel__text="sk-abcdefgh1234"):
            pass
    assert dict(telemetry.spans()[0].attributes)["travel.users"] == ("[email]",)
    assert dict(telemetry.spans()[0].attributes)["travel.text"] == "[secret]"
    assert dict(naive.spans()[0].attributes)["travel.users"] == ("ada@example.com",)


def test_the_correlation_id_is_on_each_span(telemetry):
    """Of what is done under it; with correlation off on none."""
    naive = SystemTelemetry(Hardening().without("correlation"))
    for each in (telemetry, naive):
        with correlated("c-1"), each.span("plan", "trip"):
            pass
    assert telemetry.spans()[0].attributes["travel.correlation"] == "c-1"
    assert "travel.correlation" not in naive.spans()[0].attributes


def test_without_tracing_there_are_no_spans():
    """And the work goes on, its exceptions too."""
    telemetry = SystemTelemetry(Hardening().without("tracing"))
    with pytest.raises(ValueError, match="boom"):
        _fail(telemetry, "boom", code="bad")
    assert telemetry.spans() == ()


def test_spans_go_to_the_provider_that_is_given():
    """Then none are kept here."""
    recorder, provider = Recorder(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(recorder)
    telemetry = SystemTelemetry(tracer_provider=provider)
    with telemetry.span("plan", "trip"):
        pass
    assert [span.name for span in recorder.spans()] == ["plan trip"]
    assert telemetry.spans() == ()


def test_ids_and_times_follow_the_trial():
    """The same seed gives the same trace, to the last bit."""

    def spans(seed):
        telemetry = SystemTelemetry()

        async def work():
            with telemetry.span("plan", "trip"):
                await asyncio.sleep(2)

        Trial(seed=seed).run(work)
        (ended,) = telemetry.spans()
        return ended.context.trace_id, ended.context.span_id, ended.end_time - ended.start_time

    assert spans(1) == spans(1)
    assert spans(1)[:2] != spans(2)[:2]
    assert spans(1)[2] == 2_000_000_000
