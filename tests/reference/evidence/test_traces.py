"""The travel system's traces against the wire: with its safeguards they show every call, with and without faults."""

import logging
from collections import Counter
from dataclasses import replace

import pytest

from pytest_agentchaos import faults, invariants, on
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.spans.join import join
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.trial import Trial
from reference_system.journeys import find
from reference_system.system import travel

pytestmark = pytest.mark.unmeasured  # the same trips, once more with each trouble
BY = "travel.correlation"

JOURNEYS = (
    "weekend-in-lisbon",
    "tour-of-two-cities",
    "family-of-four",
    "one-more-night",
    "cancel-trip",
    "weather-question",
    "out-of-scope",
)

FAULTS = {
    "slow tools": rule(faults.Latency(seconds=2), on.tool()),
    "a booking's answer is lost": rule(faults.DropResponse(), on.tool("book_hotel", nth=1)),
    "a booking is lost": rule(faults.DropRequest(), on.tool("book_flight", nth=1)),
    "a model's answer is lost": rule(faults.DropResponse(), on.model(nth=3)),
    "a tool has an internal error": rule(faults.ErrorStatus(status=500), on.tool("search_hotels", nth=1)),
    "a tool is down for good": rule(faults.ErrorStatus(status=503), on.tool("book_hotel")),
    "the model is overloaded": rule(faults.Overloaded(), on.model(nth=2)),
    "the model limits the rate": rule(faults.RateLimited(), on.model(nth=4)),
    "a connection is reset": rule(faults.Reset(), on.tool("hold_flight", nth=1)),
    "a reply is no JSON": rule(faults.Malformed(), on.model(nth=1)),
    "a stream is cut": rule(faults.StreamCut(), on.model(nth=12)),
    "a tool says that it failed": rule(faults.ToolFailure(), on.tool("book_hotel", nth=1)),
    "a request arrives twice": rule(faults.Duplicate(), on.tool("book_hotel")),
    "a tool hangs": rule(faults.Hang(), on.tool("get_forecast")),
    "no model": rule(faults.Refused(), on.model()),
    "a model refuses": rule(faults.Refusal(), on.model(nth=5)),
}


@pytest.fixture(autouse=True)
def _quiet():
    """A system in trouble has much to log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def taken(journey, *rules, off=()):
    """The history of a journey, and how many turns it has: each is a request, with a trace and an id of its own."""
    system = travel(*off)
    trial = Trial(rules)
    for url, thing in system.upstreams.items():
        trial.upstreams.declare(url, thing)

    async def take():
        return [answer.model_dump(mode="json") for answer in (await system.take(journey)).answers]

    trial.run(take)
    system.close()
    assert all(tally.fired for tally in trial.engine.tallies)
    return trial.history, len(find(journey).turns)


def judged(history, turns):
    """Both verdicts, each the same for the history as it is saved."""
    both = (
        invariants.complete_trace(roots=turns),
        invariants.correlated(ids=turns),
        invariants.correlated(by=BY, answer_at="*.correlation", ids=turns, sent=("model", "tool")),
    )
    verdicts = [one.check(history) for one in both]
    saved = History.from_jsonl(history.to_jsonl())
    assert [one.check(saved) for one in both] == verdicts
    return verdicts


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_journeys_trace_shows_every_call(journey):
    """One whole trace a turn, under one id, which went along with each call and stands in the answer."""
    verdicts = judged(*taken(journey))
    assert [str(verdict) for verdict in verdicts if not verdict.passed] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_under_faults_it_shows_every_call_as_well(fault):
    """With the errors that the wire saw, and with what retries cost."""
    verdicts = judged(*taken("weekend-in-lisbon", FAULTS[fault]))
    assert [str(verdict) for verdict in verdicts if not verdict.passed] == []


def test_without_tracing_the_trace_is_no_trace():
    """Two dozen calls crossed the wires, and nothing tells of them."""
    history, turns = taken("weekend-in-lisbon", off=("tracing",))
    complete, by_trace, by_id = judged(history, turns)
    assert complete.status == "fail"
    assert "no span at all, and 23 calls crossed the wires" in complete.reason
    assert by_trace.status == "fail"
    assert by_id.status == "unknown"


def test_without_correlation_nobody_can_say_for_whom():
    """The trace is whole, but it has not the id by which a user asks."""
    history, turns = taken("weekend-in-lisbon", off=("correlation",))
    complete, by_trace, by_id = judged(history, turns)
    assert complete.passed
    assert by_trace.passed
    assert by_id.status == "fail"


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_each_attempt_has_a_span_of_its_own(fault):
    """With the error of that attempt, whether or not a later one succeeded: of models and of tools."""
    history, _ = taken("weekend-in-lisbon", *([FAULTS[fault]] if fault else []))
    verdict = invariants.complete_trace(attempts=True).check(history)
    assert verdict.passed, verdict
    assert invariants.complete_trace(attempts=True).check(History.from_jsonl(history.to_jsonl())) == verdict


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_without_trace_context_spans_are_found_by_time(fault):
    """The verdict is the same, and so are the spans; but two equal tools at once are told apart by nothing."""
    history, turns = taken("weekend-in-lisbon", *([FAULTS[fault]] if fault else []))
    bare = History(mode=history.mode, seed=history.seed)
    for op in history:
        call = None if op.call is None else replace(op.call, traceparent="", baggage="")
        bare.append(op.kind, at_s=op.at_s, of=op.of, call=call, data=op.data)
    assert str(invariants.complete_trace(roots=turns).check(bare)).startswith("PASS")
    tools = Counter((one.call.name, one.at_s) for one in history.calls(kind="tool"))
    told, found = (
        {
            one.exchange.index: one.span and one.span.op
            for one in each.view(join).told
            if one.exchange.call.kind != "http" and tools[one.exchange.call.name, one.exchange.at_s] < 2
        }
        for each in (history, bare)
    )
    assert found == told
