"""What stands on the wire: schemas, annotations, and how calls that make no sense are answered."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager

import mcp
import pytest
from jsonschema import Draft202012Validator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from reference_system.contracts.tools import DOMAINS, TOOLS, Refusal, tools_of
from reference_system.errors import StoreError, ToolRefusedError
from reference_system.hardening import Hardening
from reference_system.store import open_store
from reference_system.tools import build_server
from reference_system.tools.observation import logged
from reference_system.tools.server import HANDLERS

SEARCH = {"origin": "Zurich", "destination": "Lisbon", "depart_on": "2027-03-05"}


def published(*off):
    """All tools as their servers list them."""

    async def main():
        store = open_store("sqlite://")
        found = {}
        for domain in DOMAINS:
            async with mcp.Client(build_server(domain, store, Hardening().without(*off))) as client:
                found |= {tool.name: tool for tool in (await client.list_tools()).tools}
        return found

    return asyncio.run(main())


def test_every_contract_is_a_tool_of_its_server():
    """No more and no less, each with a handler."""
    assert list(published()) == list(TOOLS) == [tool.name for domain in DOMAINS for tool in tools_of(domain)]
    assert set(HANDLERS) == set(TOOLS)


def test_schemas_are_closed_and_describe_the_call():
    """Arguments are flat, only writes have a key, unknown ones are not welcome, and results have a schema too."""
    for name, tool in published().items():
        Draft202012Validator.check_schema(tool.input_schema)
        Draft202012Validator.check_schema(tool.output_schema)
        assert tool.input_schema["additionalProperties"] is False
        assert tool.output_schema["additionalProperties"] is False
        assert ("idempotency_key" in tool.input_schema["properties"]) is TOOLS[name].writes
        assert tool.description == TOOLS[name].description


def test_annotations_tell_what_a_call_does():
    """Reading, adding, replacing, undoing."""
    hints = {name: tool.annotations for name, tool in published().items()}
    assert {name for name, one in hints.items() if one.read_only_hint} == {
        name for name, tool in TOOLS.items() if not tool.writes
    }
    assert {name for name, one in hints.items() if one.destructive_hint} == {
        "cancel_flight",
        "cancel_hotel",
        "cancel_table",
        "save_itinerary",
    }
    assert all(one.idempotent_hint for name, one in hints.items() if TOOLS[name].writes)
    assert not any(one.open_world_hint for one in hints.values())


def test_without_idempotency_only_undoing_can_be_repeated_safely():
    """Switch ``idempotency`` off: the annotations do not promise what the server does not do."""
    hints = {name: tool.annotations for name, tool in published("idempotency").items()}
    assert {name for name, one in hints.items() if one.idempotent_hint} == {
        "cancel_flight",
        "cancel_hotel",
        "cancel_table",
    }


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("search_flights", {**SEARCH, "origin": 5}, "origin: Input should be a valid string, not 5"),
        ("search_flights", {**SEARCH, "seats": "two"}, "seats: Input should be a valid integer, not 'two'"),
        ("search_flights", {**SEARCH, "seats": 0}, "seats: Input should be greater than or equal to 1, not 0"),
        (
            "search_flights",
            {**SEARCH, "depart_on": "5 March"},
            "depart_on: '5 March' is not a day; write it like 2027-",
        ),
        (
            "search_flights",
            {**SEARCH, "depart_on": "2027-02-30"},
            "depart_on: day is out of range for month, not '2027-",
        ),
        ("search_flights", {"origin": "Zurich"}, "destination: missing, search_flights needs it; depart_on: missing"),
        (
            "search_flights",
            {**SEARCH, "return": "2027-03-08"},
            "return: search_flights takes no such argument; it takes origin, destination, depart_on, return_on, seats",
        ),
        (
            "search_flights",
            {**SEARCH, "idempotency_key": "k"},
            "idempotency_key: search_flights takes no such argument",
        ),
        (
            "hold_flight",
            {"flight": "LX1766", "date": "2027-03-05", "travellers": []},
            "travellers: Value should have at least 1 item",
        ),
        ("hold_flight", {"flight": "LX1766", "date": "2027-03-05", "travellers": ["Ada", ""]}, "travellers.1: String"),
        (
            "hold_flight",
            {"flight": "LX 1766", "date": "2027-03-05", "travellers": ["Ada"]},
            "flight: String should match",
        ),
        ("hold_flight", {"idempotency_key": 7}, "idempotency_key: Input should be a valid string, not 7"),
        ("hold_flight", {"idempotency_key": "k", "trip": ""}, "trip: String should have at least 1 character"),
        ("save_itinerary", {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, "; and 3 more"),
        ("get_forecast", {"city": "x" * 1_000, "first": "2027-03-05", "last": "2027-03-05"}, "x..."),
    ],
)
def test_arguments_that_break_the_schema_are_refused(caller, tool, arguments, says):
    """The refusal names the argument, the value and what would be right; nothing happens."""
    arguments = {"idempotency_key": "k", **arguments} if TOOLS[tool].writes else arguments
    refusal = caller.call(tool, **arguments)
    assert refusal.refused == "bad_request"
    assert says in refusal.message
    assert len(refusal.message) < 1_000
    assert caller.store.bookings() == ()


def test_a_tool_of_another_server_is_no_tool_here(caller):
    """An error of the protocol that names the tools that there are."""

    async def main():
        async with mcp.Client(caller.servers["weather"]) as client:
            with pytest.raises(mcp.MCPError, match="there is no tool 'book_flight' here; the tools are get_forecast"):
                await client.call_tool("book_flight", {})

    asyncio.run(main())


def test_a_store_that_is_down_is_an_error_and_no_refusal(caller, caplog):
    """The caller may try again; the reason stays in the server's log."""

    def broken(_work):
        msg = "disk full at /var/lib/secret"
        raise StoreError(msg)

    async def main():
        arguments = {"flight": "LX1766", "date": "2027-03-05", "travellers": ["Ada"], "idempotency_key": "k"}
        async with mcp.Client(caller.servers["flights"]) as client:
            with pytest.raises(mcp.MCPError) as raised:
                await client.call_tool("hold_flight", arguments)
        return raised.value.error

    caller.store.write = broken
    with caplog.at_level(logging.ERROR):
        assert asyncio.run(main()).message == "the records cannot be reached; try again later"
    assert "disk full" in caplog.text


def observed_calls(*calls, off=()):
    """What an observer is told of these calls."""
    seen = []

    @contextmanager
    def observe(tool, meta):
        outcome = "ok"
        try:
            yield
        except ToolRefusedError as refused:
            outcome = refused.code
            raise
        finally:
            seen.append((tool, meta.get("baggage"), meta.get("traceparent"), outcome))

    async def main():
        server = build_server("flights", open_store("sqlite://"), Hardening().without(*off), observe=observe)
        async with mcp.Client(server) as client:
            for tool, arguments, meta in calls:
                await client.call_tool(tool, arguments, meta=meta)

    asyncio.run(main())
    return seen


def test_an_observer_is_told_of_each_call_and_of_its_refusal():
    """With the trace context and the baggage that came with it."""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    meta = {"traceparent": trace, "baggage": "correlation=c-1"}
    seen = observed_calls(("search_flights", SEARCH, meta), ("search_flights", {**SEARCH, "origin": "Lisbon"}, meta))
    assert [(tool, baggage, outcome) for tool, baggage, _, outcome in seen] == [
        ("search_flights", "correlation=c-1", "ok"),
        ("search_flights", "correlation=c-1", "bad_request"),
    ]
    assert all(parent.startswith("00-0af7651916cd43dd8448eb211c80319c-") for *_, parent, _ in seen)


def test_log_lines_of_a_call_carry_the_correlation_id_of_its_trip(caplog):
    """A refusal is a line; what was answered is one for those who look closely."""
    from reference_system.telemetry.correlation import CorrelationFilter

    caplog.handler.addFilter(CorrelationFilter())
    with caplog.at_level(logging.DEBUG, logger="reference_system.tools.observation"):
        for meta in ({"baggage": "correlation=c-1"}, {"baggage": 5}, {}):
            with logged("search_flights", meta):
                pass
        with pytest.raises(ToolRefusedError), logged("book_flight", {"baggage": "a=b,correlation=c-2"}):
            raise ToolRefusedError(code="sold_out", message="flight: no seat is left")
    told = [
        (record.levelname, record.correlation, record.getMessage().partition(" in ")[0]) for record in caplog.records
    ]
    assert told == [
        ("DEBUG", "c-1", "search_flights answered"),
        ("DEBUG", "-", "search_flights answered"),
        ("DEBUG", "-", "search_flights answered"),
        ("INFO", "c-2", "book_flight refused"),
    ]
    assert caplog.records[-1].getMessage().endswith("sold_out: flight: no seat is left")


@pytest.mark.parametrize(("off", "kinds"), [((), {"SERVER"}), (("tracing",), set())], ids=["tracing", "no tracing"])
def test_each_call_is_a_span_of_the_caller_s_trace(monkeypatch, off, kinds):
    """Made by the SDK; switch ``tracing`` off: the server makes none."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("mcp.shared._otel._tracer", provider.get_tracer("test"))
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    observed_calls(("search_flights", SEARCH, {"traceparent": trace}), off=off)
    spans = [one for one in exporter.get_finished_spans() if one.name == "tools/call search_flights"]
    assert {one.kind.name for one in spans} == kinds


def test_refusals_are_of_the_contract_s_kinds(caller):
    """Whoever reads them needs no other type."""
    refusal = caller.call("search_flights", **{**SEARCH, "origin": "Nowhere"})
    assert isinstance(refusal, Refusal)
