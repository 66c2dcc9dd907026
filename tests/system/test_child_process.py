"""A child process sends its spans, and they are judged together with what crossed the wires.

The child is an agent behind MCP, on its stdin and stdout; its spans come from the real SDK and go by the real exporter.
The parent has spans of its own and sends the trace context along, so that both are one trace.
"""

from __future__ import annotations

import asyncio
import os
import sys

from mcp import Client, StdioServerParameters
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from pytest_agentchaos import invariants

CHILD = """
from mcp.server.mcpserver import Context, MCPServer
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource({"service.name": "hotels"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("hotels")
server = MCPServer("hotels")

@server.tool()
def find_hotel(city: str, context: Context) -> str:
    sent = dict(context.request_context.meta or {}) if FOLLOWS else {}
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "hotels"}
    with tracer.start_as_current_span("invoke_agent hotels", context=extract(sent), attributes=attributes) as span:
        if city == "Atlantis":
            span.set_attribute("error.type", "unknown_city")
            span.set_status(trace.StatusCode.ERROR)
            raise ValueError("there is no Atlantis")
        return f"Hotel Mirador, {city}"

server.run()
provider.shutdown()
"""

WHOLE = invariants.complete_trace()
ONE = invariants.correlated()


def trip(agentchaos, city="Lisbon", *, follows=True, refuses=0):
    """The parent asks the child for a hotel, in spans of its own."""
    tracer = TracerProvider().get_tracer("travel")

    async def ask(parameters):
        with tracer.start_as_current_span("invoke_workflow trip"):
            async with Client(agentchaos.mcp(parameters, name="hotels")) as client:
                attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find_hotel"}
                with tracer.start_as_current_span("execute_tool find_hotel", attributes=attributes) as span:
                    context = span.get_span_context()
                    meta = {"traceparent": f"00-{context.trace_id:032x}-{context.span_id:016x}-01"}
                    answer = await client.call_tool("find_hotel", {"city": city}, meta=meta)
                    if answer.is_error:
                        span.set_attribute("error.type", "tool_error")
                        span.set_status(trace.StatusCode.ERROR)
        return answer.content[0].text

    with agentchaos.live() as live:
        receiver = live.receiver()
        receiver.refuse_next(refuses)
        code = CHILD.replace("FOLLOWS", str(follows))
        environment = {**os.environ, **receiver.environment()}
        parameters = StdioServerParameters(command=sys.executable, args=["-c", code], env=environment)
        live.answer(asyncio.run(ask(parameters)))
        assert receiver.wait_for(lambda spans: any(one.service == "hotels" for one in spans), timeout_s=20)


def test_the_spans_of_a_child_are_part_of_the_trace(agentchaos):
    """One root, no orphan, and the call that crossed the wire has its spans on both sides."""
    trip(agentchaos)
    whole, _ = agentchaos.check(WHOLE, ONE)
    assert "under 1 root" in whole.reason
    services = [op.data.get("service") for op in agentchaos.history if op.kind == "span"]
    assert services.count("hotels") >= 1
    starts = [op.data["start_s"] for op in agentchaos.history if op.kind == "span"]
    assert all(-1 < start_s < 60 for start_s in starts)  # seconds of this trial, on the clocks of two processes


def test_a_batch_that_was_refused_once_is_sent_again(agentchaos):
    """No span is lost, and the trace is whole."""
    trip(agentchaos, refuses=1)
    agentchaos.check(WHOLE)


def test_a_child_that_does_not_follow_the_trace_is_found(agentchaos):
    """Its span is a root of its own, and the verdicts say so."""
    trip(agentchaos, follows=False)
    whole, one = WHOLE.check(agentchaos.history), ONE.check(agentchaos.history)
    assert (whole.status, one.status) == ("fail", "fail")
    assert "invoke_agent hotels" in whole.reason


def test_an_error_in_a_child_is_told_on_both_sides(agentchaos):
    """The wire saw that the tool failed, and so do the spans."""
    trip(agentchaos, city="Atlantis")
    agentchaos.check(WHOLE)
    errors = [op.data["name"] for op in agentchaos.history if op.kind == "span" and op.data.get("status") == "error"]
    assert {"invoke_agent hotels", "execute_tool find_hotel"} <= set(errors)
