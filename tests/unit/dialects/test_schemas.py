"""What invariants need of a call beside its arguments: schemas, trace context, failures, how long to wait.

The real SDKs send it, over the real wires.
"""

from __future__ import annotations

import json

import anthropic
import httpx2
import openai
import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer
from opentelemetry.sdk.trace import TracerProvider
from pydantic import BaseModel

from pytest_agentchaos.dialects.mcp import MCP
from pytest_agentchaos.doubles.script import call_tool
from pytest_agentchaos.doubles.scripted_model import ScriptedModel
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.messages.tools import tools
from pytest_agentchaos.flight import reply_data
from pytest_agentchaos.invariants.no_unknown_tool import no_unknown_tool
from pytest_agentchaos.invariants.valid_messages import valid_messages
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.mcp_stream import wire

SCHEMA = {"type": "object", "properties": {"flight": {"type": "string"}}, "required": ["flight"]}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CONTEXT = {"traceparent": PARENT, "baggage": "trip=t-1"}


class Booking(BaseModel):
    """What the tool answers."""

    booking: str


def responses():
    """OpenAI's Responses API."""
    tool = {"type": "function", "name": "book", "parameters": SCHEMA, "strict": False}
    client = openai.OpenAI(api_key="k", max_retries=0)
    client.responses.create(model="m", input="hi", tools=[tool, {"type": "web_search"}], extra_headers=CONTEXT)


def chat():
    """OpenAI's Chat Completions."""
    tool = {"type": "function", "function": {"name": "book", "parameters": SCHEMA}}
    bare = {"type": "function", "function": {"name": "web_search"}}
    client = openai.OpenAI(api_key="k", max_retries=0)
    client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "hi"}], tools=[tool, bare], extra_headers=CONTEXT
    )


def messages():
    """Anthropic's Messages API."""
    tool = {"name": "book", "input_schema": SCHEMA}
    server = {"type": "web_search_20250305", "name": "web_search"}
    anthropic.Anthropic(api_key="k", max_retries=0).messages.create(
        model="m",
        max_tokens=9,
        messages=[{"role": "user", "content": "hi"}],
        tools=[tool, server],
        extra_headers=CONTEXT,
    )


def asked(sdk):
    """The history of one call to a model that books a flight."""
    trial = Trial()
    for address in ("https://api.openai.com", "https://api.anthropic.com"):
        trial.upstreams.declare(address, ScriptedModel([call_tool("book", flight="LX1")]))
    trial.run(sdk)
    return trial.history


@pytest.mark.parametrize("sdk", [responses, chat, messages])
def test_a_model_call_tells_the_schemas_and_the_context_that_it_was_sent_with(sdk):
    """Of the tools that came with one; a saved history keeps all of it."""
    history = asked(sdk)
    for one in (history, History.from_jsonl(history.to_jsonl())):
        (exchange,) = one.calls(kind="model")
        assert exchange.call.offers == ("book", "web_search")
        assert exchange.call.schemas == {"book": SCHEMA}
        assert (exchange.call.traceparent, exchange.call.baggage) == (PARENT, "trip=t-1")
        assert valid_messages().check(one).reason == "1 messages fit their schemas"
        assert no_unknown_tool().check(one).passed


def test_tools_in_a_namespace_have_their_schemas_too():
    """They are offered by their own names."""

    def system():
        inner = {"type": "function", "name": "book", "parameters": SCHEMA}
        namespace = {"type": "namespace", "name": "air", "description": "flights", "tools": [inner]}
        openai.OpenAI(api_key="k", max_retries=0).responses.create(model="m", input="hi", tools=[namespace])

    assert asked(system).calls(kind="model")[0].call.schemas == {"book": SCHEMA}


def test_a_call_without_context_has_none():
    """And no schemas when it offers nothing."""

    def system():
        openai.OpenAI(api_key="k", max_retries=0).responses.create(model="m", input="hi")

    call = asked(system).calls(kind="model")[0].call
    assert (call.schemas, call.traceparent, call.baggage) == (None, "", "")


def talk(*calls):
    """The history of a real MCP client that makes these calls to a real server."""
    server = MCPServer("air")

    @server.tool()
    def book(flight: str) -> Booking:
        if flight == "LX0":
            raise LookupError
        return Booking(booking=f"B-{flight}")

    async def system():
        async with Client(wire(server)) as client:
            for name, arguments in calls:
                await client.call_tool(name, arguments)

    trial = Trial()
    trial.run(system)
    return trial.history


def test_an_mcp_client_lists_the_tools_when_a_first_call_has_a_result():
    """It asks for the output schema; so the schemas of a server are known wherever one of its tools has answered."""
    history = talk(("book", {"flight": "LX1"}))
    (exchange,) = history.calls(kind="tool")
    book = history.view(tools).find("book", exchange.call.target)
    assert book.arguments["required"] == ["flight"]
    assert book.result["required"] == ["booking"]
    assert not book.offered
    assert valid_messages().check(history).reason == "2 messages fit their schemas"
    assert no_unknown_tool().check(history).passed


def test_an_mcp_server_says_of_a_tool_that_failed_why():
    """Its words stand in the history, and there is no result."""
    history = talk(("book", {"flight": "LX0"}))
    (exchange,) = history.calls(kind="tool")
    assert (exchange.data["result"], exchange.data["failure"]) == (None, "Error executing tool book")


def test_arguments_that_a_real_server_would_not_take_are_found():
    """In what the agent sent. Where no tool of the server has answered, nobody has asked it for its schemas."""
    verdict = valid_messages().check(talk(("book", {"flight": "LX1"}), ("book", {"flight": 5})))
    assert verdict.status == "fail"
    assert 'flight: 5 is not of type "string"' in verdict.reason


def test_a_tool_that_a_real_server_does_not_have_is_found():
    """Whatever its client made of the answer."""
    verdict = no_unknown_tool().check(talk(("book", {"flight": "LX1"}), ("book_v2", {})))
    assert verdict.status == "fail"
    assert "tool book_v2 @ air" in verdict.reason


def test_mcp_carries_the_context_of_a_span_in_its_own_message():
    """As the real SDK writes it there, when somebody traces."""
    tracer = TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("agent") as span:
        history = talk(("book", {"flight": "LX1"}))
    (exchange,) = history.calls(kind="tool")
    assert exchange.call.traceparent[3:35] == f"{span.get_span_context().trace_id:032x}"


def mcp_request(meta):
    """A tool call with this beside its arguments."""
    params = {"name": "book", "arguments": {}, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    return Request("MCP", "mcp:air", (), body.encode())


@pytest.mark.parametrize(
    ("meta", "context"),
    [
        (CONTEXT, (PARENT, "trip=t-1")),
        ({"traceparent": 5, "baggage": ["x"]}, ("", "")),
        ({}, ("", "")),
        (None, ("", "")),
        ("x", ("", "")),
    ],
)
def test_a_context_that_is_none_is_passed_over(meta, context):
    """Whatever stands where it is due."""
    call = MCP().read_call(mcp_request(meta))
    assert (call.traceparent, call.baggage) == context


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b'{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"no seat"}],"isError":true}}', "no seat"),
        (b'{"jsonrpc":"2.0","id":1,"result":{"content":[],"isError":true}}', "the tool failed"),
        (b'{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool: x"}}', "Unknown tool: x"),
        (b'{"jsonrpc":"2.0","id":1,"error":{"code":-32603}}', "error"),
        (b'{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"ok"}]}}', None),
        (b'{"jsonrpc":"2.0","id":1,"result":{"content":[],"isError":"true"}}', None),
        (b'{"jsonrpc":"2.0","id":1,"error":"no object"}', None),
        (b"not json", None),
        (b"", None),
    ],
)
def test_a_failure_is_told_whatever_the_status(body, failure):
    """Of a tool that failed, and of the protocol."""
    assert reply_data(MCP(), Reply(200, body=body)).get("failure") == failure


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ((("Retry-After", "7"),), 7.0),
        ((("retry-after", "0.5"),), 0.5),
        ((("retry-after-ms", "1500"), ("retry-after", "9")), 1.5),
        ((("retry-after", "Fri, 20 Nov 2026 08:00:00 GMT"),), None),
        ((("retry-after", "-1"),), None),
        ((("retry-after", "1.2.3"),), None),
        ((("retry-after", ""),), None),
        ((("retry-after", "9" * 400),), None),
        ((), None),
    ],
)
def test_an_error_tells_how_long_to_wait_where_it_says_so_in_seconds(headers, wait_s):
    """A date is not read: it is on a clock that a trial does not share."""
    assert reply_data(MCP(), Reply(429, headers, b"{}")).get("retry_after_s") == wait_s


def test_a_reply_that_is_no_error_asks_nobody_to_wait():
    """Whatever its headers say."""
    assert "retry_after_s" not in reply_data(MCP(), Reply(200, (("retry-after", "7"),), b"{}"))


def test_plain_http_carries_a_context_in_its_headers():
    """In any case of letters."""

    class Anything:
        def handle(self, request):
            return Reply(200, body=b"{}")

    trial = Trial()
    trial.upstreams.declare("https://api.example", Anything())
    trial.run(lambda: httpx2.get("https://api.example/x", headers={"TraceParent": PARENT, "Baggage": "a=b"}))
    call = trial.history.calls()[0].call
    assert (call.traceparent, call.baggage) == (PARENT, "a=b")
