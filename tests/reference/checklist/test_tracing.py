"""End-to-end tracing with correlation ids: of everything that is done it can be said for which trip, and why.

One trace holds a whole trip, one id goes with it through messages, spans, requests to the model and calls of tools;
and what is kept for looking at holds no secrets.
"""

import asyncio
from contextlib import nullcontext

import pytest


@pytest.fixture
def metas():
    """What came with each call that a tool server got."""
    return []


@pytest.fixture
def observe(metas):
    """For the tool servers: note it."""

    def note(tool, meta):
        metas.append(dict(meta))
        return nullcontext()

    return note


def _visit(travel, *requests):
    """These trips at the same time, and the spans that they leave."""

    async def visit():
        async with travel.service() as service:
            asked = [service.ask(request, key=request.user) for request in requests]
            return await asyncio.gather(*asked), service.parts.telemetry.spans()

    return visit


def test_every_call_that_crosses_a_wire_is_a_span_of_the_trip(agentchaos, system, weekend, metas, observe):
    """The trace is checked against the wires: as many spans as calls, all under one id, which the tools got as well."""
    travel = system(observe=observe)

    _, spans = agentchaos.run(_visit(travel, weekend()))

    names = [span.name for span in spans]
    for call in (*agentchaos.history.calls(kind="tool"), *agentchaos.history.calls(kind="model")):
        operation = "execute_tool" if call.call.kind == "tool" else "chat"
        assert names.count(f"{operation} {call.call.name}") == len(agentchaos.history.calls(call.call.name))
    (trace,) = {f"{span.context.trace_id:032x}" for span in spans}
    assert {meta["traceparent"].split("-")[1] for meta in metas} == {trace}
    (root,) = (span for span in spans if span.parent is None)
    assert root.name == "invoke_workflow trip"


def test_without_tracing_nobody_can_say_what_a_trip_was_made_of(agentchaos, system, weekend, metas, observe):
    """Two dozen calls crossed the wires; there is not one span, and the tools were not told what they worked for."""
    travel = system("tracing", observe=observe)

    _, spans = agentchaos.run(_visit(travel, weekend()))

    assert len(agentchaos.history.calls()) > 20
    assert spans == ()
    assert len(metas) == 11
    assert not any("traceparent" in meta for meta in metas)


def test_trips_that_run_at_the_same_time_are_told_apart(agentchaos, system, weekend, metas, observe):
    """Each trip's id finds its own messages and no other, and half of the tool calls came with it."""
    travel = system(observe=observe)

    answers, _ = agentchaos.run(_visit(travel, weekend("Ada"), weekend("Ben")))

    for answer in answers:
        found = travel.store.messages(correlation=answer.correlation, limit=10_000)
        assert {message.trip for message in found} == {answer.trip}
        assert sum(meta["baggage"] == f"correlation={answer.correlation}" for meta in metas) == len(metas) / 2


def test_without_correlation_trips_that_run_at_the_same_time_are_one_crowd(agentchaos, system, weekend, metas, observe):
    """The answer has no id to ask by, all messages have the same empty one, and no tool knows for whom it worked."""
    travel = system("correlation", observe=observe)

    answers, spans = agentchaos.run(_visit(travel, weekend("Ada"), weekend("Ben")))

    assert [answer.correlation for answer in answers] == [None, None]
    assert {message.trip for message in travel.store.messages(correlation="", limit=10_000)} == {
        answer.trip for answer in answers
    }
    assert not any("travel.correlation" in span.attributes for span in spans)
    assert not any("baggage" in meta for meta in metas)


SECRET = "My mail is ada@example.com, my card is 4111 1111 1111 1111."


def _kept(travel, request):
    """Everything that a trip leaves for people to look at: messages, spans, figures."""

    async def visit():
        async with travel.service() as service:
            await service.ask(request, key="ada-1")
            telemetry = service.parts.telemetry
            spans = [dict(span.attributes) for span in telemetry.spans()]
            return f"{travel.store.messages(limit=10_000)} {spans} {telemetry.exposition().decode()}"

    return visit


def test_what_a_trip_leaves_to_look_at_holds_no_secrets(agentchaos, system, weekend):
    """The card's number reached the model, which was asked with it, and nothing that is kept."""
    travel = system()
    request = weekend()

    kept = agentchaos.run(_kept(travel, request.model_copy(update={"text": f"{request.text} {SECRET}"})))

    assert "[email]" in kept
    assert "ada@example.com" not in kept
    assert "4111" not in kept


def test_without_redaction_the_message_log_is_a_list_of_credit_cards(agentchaos, system, weekend):
    """Whoever may read the log may shop."""
    travel = system("redaction")
    request = weekend()

    kept = agentchaos.run(_kept(travel, request.model_copy(update={"text": f"{request.text} {SECRET}"})))

    assert "4111 1111 1111 1111" in kept
    assert "ada@example.com" in kept
