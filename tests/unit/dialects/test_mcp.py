"""The MCP dialect, against what the real client and the real server say to each other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import mcp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client.streamable_http import streamable_http_client
from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel

from pytest_agentchaos.dialects.base import Dialect, Problem, ResultDialect
from pytest_agentchaos.dialects.mcp import MCP, rpc_id, with_arguments, with_tool
from pytest_agentchaos.evidence.message import Reply, Request

DIALECT = MCP()
URL = "http://flights.local/mcp"
WIRES = pytest.mark.parametrize(
    ("mode", "json_response"), [("auto", True), ("auto", False), ("legacy", True), ("legacy", False)]
)

Edit = Callable[[Request, Reply], Reply]
EditRequest = Callable[[Request], Request]


class Booking(BaseModel):
    """What a booking tool answers."""

    ref: str
    seats: int


def flights(booked: list[dict[str, Any]]) -> MCPServer:
    """A server with one tool of each kind of result."""
    server = MCPServer("flights")

    @server.tool()
    def book_flight(traveller: str, seats: int = 1) -> Booking:
        booked.append({"traveller": traveller, "seats": seats})
        return Booking(ref=f"R-{traveller}", seats=seats)

    @server.tool()
    def list_cities(country: str) -> list[str]:
        return [country, "Lisbon", "Porto"]

    @server.tool(structured_output=False)
    def describe(city: str) -> str:
        return f"{city} is sunny"

    @server.tool()
    async def slow(ctx: Context, steps: int) -> int:
        for step in range(steps):
            await ctx.report_progress(step, steps)
        return steps

    @server.tool()
    def fail(why: str) -> str:
        raise ValueError(why)

    return server


class Wire(httpx2.AsyncBaseTransport):
    """Records what passes, as the engine would see it, and lets a test rewrite it."""

    def __init__(self, app: Any, edit: Edit | None, edit_request: EditRequest | None) -> None:
        self._inner = httpx2.ASGITransport(app)
        self._edit = edit
        self._edit_request = edit_request
        self.exchanges: list[tuple[Request, Reply]] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass it on."""
        body = await request.aread()
        seen = Request(request.method, str(request.url), tuple(request.headers.multi_items()), body)
        if self._edit_request is not None:
            changed = self._edit_request(seen)
            if changed is not seen:
                request = httpx2.Request(
                    changed.method, changed.url, headers=list(changed.headers), content=changed.body
                )
        response = await self._inner.handle_async_request(request)
        reply = Reply(response.status_code, tuple(response.headers.multi_items()), await response.aread())
        self.exchanges.append((seen, reply))
        if self._edit is None:
            return httpx2.Response(reply.status, headers=list(reply.headers), content=reply.body)
        edited = self._edit(seen, reply)
        return httpx2.Response(edited.status, headers=list(edited.headers), content=edited.body)

    def of(self, name: str) -> tuple[Request, Reply]:
        """The exchange of that call."""
        found = [one for one in self.exchanges if (call := DIALECT.read_call(one[0])) and call.name == name]
        assert len(found) == 1, [DIALECT.read_call(one[0]) for one in self.exchanges]
        return found[0]


def converse(  # noqa: PLR0913 - a conversation has that many sides
    talk: Callable[[mcp.Client], Awaitable[Any]],
    *,
    mode: Any = "auto",
    json_response: bool = True,
    edit: Edit | None = None,
    edit_request: EditRequest | None = None,
    booked: list[dict[str, Any]] | None = None,
) -> tuple[Any, Wire]:
    """Let a real client talk to a real server over streamable HTTP."""

    async def run() -> tuple[Any, Wire]:
        server = flights([] if booked is None else booked)
        app = server.streamable_http_app(json_response=json_response, host="flights.local")
        wire = Wire(app, edit, edit_request)
        async with (
            server.session_manager.run(),
            httpx2.AsyncClient(transport=wire) as http,
            mcp.Client(streamable_http_client(URL, http_client=http), mode=mode) as client,
        ):
            return await talk(client), wire

    return asyncio.run(run())


def only(name: str, edit: Edit) -> Edit:
    """The edit on calls of that name, nothing on others."""

    def apply(request: Request, reply: Reply) -> Reply:
        call = DIALECT.read_call(request)
        return edit(request, reply) if call is not None and call.name == name else reply

    return apply


async def book(client: mcp.Client) -> Any:
    """One booking."""
    return await client.call_tool("book_flight", {"traveller": "ana", "seats": 2})


def rpc(method: str, params: Any = None, *, number: Any = 7, url: str = URL) -> Request:
    """A message as a client sends it."""
    message = {"jsonrpc": "2.0", "method": method}
    if number is not None:
        message["id"] = number
    if params is not None:
        message["params"] = params
    return posted(message, url=url)


def posted(content: Any, *, url: str = URL) -> Request:
    """A body as a client sends it."""
    headers = (("Content-Type", "application/json"), ("Authorization", "Bearer sesame-sesame"))
    return Request("MCP" if url.startswith("mcp:") else "POST", url, headers, json.dumps(content).encode())


def answered(result: Any, *, number: int = 7) -> Reply:
    """A JSON reply with this result."""
    body = json.dumps({"jsonrpc": "2.0", "id": number, "result": result}).encode()
    return Reply(200, (("content-type", "application/json"),), body)


def texts(*said: str) -> list[dict[str, str]]:
    """Text blocks."""
    return [{"type": "text", "text": one} for one in said]


def test_it_is_a_dialect_of_tools() -> None:
    """Faults find both protocols."""
    dialect: Dialect = DIALECT
    assert isinstance(dialect, ResultDialect)
    assert dialect.name == "mcp"


# What the real client and server say


@WIRES
def test_a_real_tool_call_is_read_from_both_sides(mode: str, *, json_response: bool) -> None:
    """The call has the tool's name and arguments and nothing volatile; its result is the structured content."""
    _, wire = converse(book, mode=mode, json_response=json_response)
    request, reply = wire.of("book_flight")
    call = DIALECT.read_call(request)
    assert call is not None
    assert (call.kind, call.target, call.wire, call.dialect) == ("tool", "flights.local/mcp", "http", "mcp")
    assert call.arguments == {"traveller": "ana", "seats": 2}
    assert DIALECT.read_result(reply) == {"ref": "R-ana", "seats": 2}
    assert DIALECT.read_usage(reply) is None
    assert rpc_id(request.body) == rpc_id(reply.body if not reply.is_event_stream else request.body)


@WIRES
def test_everything_else_of_a_session_is_rpc(mode: str, *, json_response: bool) -> None:
    """Handshake, listings, notifications, the listening stream and the end of a session are no tool calls."""

    async def talk(client: mcp.Client) -> None:
        await client.list_tools()
        await asyncio.sleep(0)

    _, wire = converse(talk, mode=mode, json_response=json_response)
    calls = [DIALECT.read_call(request) for request, _ in wire.exchanges]
    assert all(call is not None and call.kind == "rpc" for call in calls)
    names = {call.name for call in calls if call is not None}
    expected = {"initialize", "notifications/initialized", "tools/list", "DELETE"}
    assert names == (expected if mode == "legacy" else {"server/discover", "tools/list"})
    assert all("_meta" not in call.arguments for call in calls if call is not None)
    tools = DIALECT.read_result(wire.of("tools/list")[1])["tools"]
    assert {tool["name"] for tool in tools} == {"book_flight", "list_cities", "describe", "slow", "fail"}


@WIRES
def test_a_rewritten_result_is_believed(mode: str, *, json_response: bool) -> None:
    """The client validates the lie against the output schema and finds text and structure agreeing."""
    lie = {"ref": "Zürich", "seats": 9}
    result, _ = converse(
        book,
        mode=mode,
        json_response=json_response,
        edit=only("book_flight", lambda _, reply: DIALECT.write_result(reply, lie)),
    )
    assert result.structured_content == lie
    assert json.loads(result.content[0].text) == lie
    assert not result.is_error


@WIRES
def test_a_result_that_breaks_the_schema_reaches_the_validation(mode: str, *, json_response: bool) -> None:
    """Without this check, the test above would prove nothing about validation."""
    with pytest.raises(BaseException, match=r"Invalid structured content|unhandled errors") as caught:
        converse(
            book,
            mode=mode,
            json_response=json_response,
            edit=only("book_flight", lambda _, reply: DIALECT.write_result(reply, {"ref": 1})),
        )
    assert "Invalid structured content" in str(flat(caught.value))


@WIRES
def test_progress_around_a_result_is_left_alone(mode: str, *, json_response: bool) -> None:
    """Only the answer among the events is rewritten."""
    seen: list[float] = []

    async def talk(client: mcp.Client) -> Any:
        async def note(progress: float, total: float | None, message: str | None) -> None:
            seen.append(progress)

        return await client.call_tool("slow", {"steps": 3}, progress_callback=note)

    result, wire = converse(
        talk,
        mode=mode,
        json_response=json_response,
        edit=only("slow", lambda _, reply: DIALECT.write_result(reply, {"result": 4})),
    )
    assert result.structured_content == {"result": 4}
    assert [block.text for block in result.content] == ["4"], "the text tells the bare value of a wrapped one"
    assert seen == ([] if json_response else [0, 1, 2])
    request, reply = wire.of("slow")
    assert reply.is_event_stream is not json_response
    assert DIALECT.read_result(reply) == {"result": 3}
    call = DIALECT.read_call(request)
    assert call is not None
    assert call.arguments == {"steps": 3}, "no progress token"


@WIRES
def test_a_list_stands_in_several_texts_and_does_so_again(mode: str, *, json_response: bool) -> None:
    """A wrapped list is rewritten block by block."""
    result, _ = converse(
        lambda client: client.call_tool("list_cities", {"country": "PT"}),
        mode=mode,
        json_response=json_response,
        edit=only("list_cities", lambda _, reply: DIALECT.write_result(reply, {"result": ["Faro", "Beja"]})),
    )
    assert result.structured_content == {"result": ["Faro", "Beja"]}
    assert [block.text for block in result.content] == ["Faro", "Beja"]


@WIRES
def test_a_result_of_mere_text_is_rewritten(mode: str, *, json_response: bool) -> None:
    """Tools without an output schema answer text."""
    result, wire = converse(
        lambda client: client.call_tool("describe", {"city": "Lisbon"}),
        mode=mode,
        json_response=json_response,
        edit=only("describe", lambda _, reply: DIALECT.write_result(reply, "It rains")),
    )
    assert [block.text for block in result.content] == ["It rains"]
    assert result.structured_content is None
    assert DIALECT.read_result(wire.of("describe")[1]) == "Lisbon is sunny"


@WIRES
def test_a_failed_tool_has_no_result(mode: str, *, json_response: bool) -> None:
    """Its error text is no answer; rewriting it leaves it an error."""
    result, wire = converse(
        lambda client: client.call_tool("fail", {"why": "because"}),
        mode=mode,
        json_response=json_response,
        edit=only("fail", lambda _, reply: DIALECT.write_result(reply, "other words")),
    )
    assert DIALECT.read_result(wire.of("fail")[1]) is None
    assert result.is_error
    assert result.content[0].text == "other words"


@WIRES
def test_a_written_failure_is_a_tool_error_to_the_client(mode: str, *, json_response: bool) -> None:
    """The client returns it instead of raising, as for a tool that ran and failed."""
    result, _ = converse(
        book,
        mode=mode,
        json_response=json_response,
        edit=only("book_flight", lambda request, _: DIALECT.write_failure(request, "no seats left")),
    )
    assert result.is_error
    assert result.content[0].text == "no seats left"


@WIRES
def test_a_problem_reaches_the_caller_and_the_session_survives(mode: str, *, json_response: bool) -> None:
    """Status and retry-after come through in the error's data, and the next call works."""

    async def talk(client: mcp.Client) -> Any:
        with pytest.raises(mcp.MCPError) as caught:
            await book(client)
        after = await client.call_tool("describe", {"city": "Faro"})
        return caught.value.error, after

    problem = Problem("rate_limited", retry_after_s=2.5)
    (error, after), _ = converse(
        talk,
        mode=mode,
        json_response=json_response,
        edit=only("book_flight", lambda request, _: DIALECT.problem(request, problem)),
    )
    assert error.code == -32603
    assert error.message == "Too many requests"
    assert error.data == {"status": 429, "retryAfter": 2.5}
    assert after.content[0].text == "Faro is sunny"


@WIRES
def test_other_arguments_are_what_the_server_gets(mode: str, *, json_response: bool) -> None:
    """Body and headers still agree, otherwise a server of 2026-07-28 would refuse the call."""
    booked: list[dict[str, Any]] = []

    def edit(request: Request) -> Request:
        return with_arguments(request, {"traveller": "eva", "seats": 5})

    result, _ = converse(book, mode=mode, json_response=json_response, edit_request=edit, booked=booked)
    assert booked == [{"traveller": "eva", "seats": 5}]
    assert result.structured_content == {"ref": "R-eva", "seats": 5}


@WIRES
def test_another_tool_is_what_the_server_calls(mode: str, *, json_response: bool) -> None:
    """The tool's name stands in the body and, since 2026-07-28, in a header too."""
    booked: list[dict[str, Any]] = []

    def edit(request: Request) -> Request:
        return with_tool(request, "book_flight", {"traveller": "eva"})

    result, wire = converse(
        lambda client: client.call_tool("describe", {"city": "Faro"}),
        mode=mode,
        json_response=json_response,
        edit_request=edit,
        booked=booked,
    )
    assert not result.is_error
    assert booked == [{"traveller": "eva", "seats": 1}]
    assert (wire.of("describe")[0].header("mcp-name") is None) is (mode == "legacy")


def test_a_call_whose_headers_disagree_is_refused() -> None:
    """Why headers are rewritten: the server of 2026-07-28 compares."""

    def edit(request: Request) -> Request:
        return request.with_body(request.body.replace(b'"describe"', b'"book_flight"'))

    async def talk(client: mcp.Client) -> Any:
        with pytest.raises(mcp.MCPError) as caught:
            await client.call_tool("describe", {"city": "Faro"})
        return caught.value.error.code

    assert converse(talk, edit_request=edit)[0] == -32020


def test_arguments_that_stand_in_headers_are_rewritten_there() -> None:
    """``Mcp-Param-*`` repeats arguments; a server refuses a call in which the two differ."""
    got: list[dict[str, Any]] = []
    schema = {
        "type": "object",
        "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "zone": {"type": "string", "x-mcp-header": "Zone"},
            "urgent": {"type": "boolean", "x-mcp-header": "Urgent"},
            "deep": {"type": "object", "properties": {"level": {"type": "integer", "x-mcp-header": "Level"}}},
        },
    }

    async def run() -> Any:
        from mcp.server.lowlevel import Server
        from mcp_types import CallToolResult, ListToolsResult, TextContent, Tool

        async def tools(*_: Any) -> ListToolsResult:
            return ListToolsResult(tools=[Tool(name="route", input_schema=schema)])

        async def call(_ctx: Any, params: Any) -> CallToolResult:
            got.append(params.arguments)
            return CallToolResult(content=[TextContent(type="text", text="ok")])

        server = Server("routes", on_list_tools=tools, on_call_tool=call)
        app = server.streamable_http_app(json_response=True, host="flights.local")
        new = {"region": "Malmö", "urgent": False, "deep": {"level": 4}}
        wire = Wire(app, None, lambda request: with_arguments(request, new))
        async with (
            server.session_manager.run(),
            httpx2.AsyncClient(transport=wire) as http,
            mcp.Client(streamable_http_client(URL, http_client=http)) as client,
        ):
            await client.list_tools()
            old = {"region": "eu", "zone": "eu", "urgent": True, "deep": {"level": 3}}
            return await client.call_tool("route", old), wire

    result, wire = asyncio.run(run())
    assert not result.is_error
    assert got == [{"region": "Malmö", "urgent": False, "deep": {"level": 4}}]
    headers = dict(wire.of("route")[0].headers)
    assert {key for key in headers if key.startswith("mcp-param-")} == {
        "mcp-param-region", "mcp-param-zone", "mcp-param-urgent", "mcp-param-level",
    }  # fmt: skip


def flat(error: BaseException) -> list[BaseException]:
    """The errors in a group of errors."""
    if isinstance(error, BaseExceptionGroup):
        return [inner for one in error.exceptions for inner in flat(one)]
    return [error]


# Single messages


def test_a_message_on_a_stream_is_read_without_http() -> None:
    """Its target is the server's name."""
    call = DIALECT.read_call(
        rpc("tools/call", {"name": "t", "arguments": {"a": 1}, "_meta": {"x": 1}}, url="mcp:hotels")
    )
    assert call is not None
    assert (call.kind, call.target, call.name, call.wire) == ("tool", "hotels", "t", "mcp")
    assert call.arguments == {"a": 1}


def test_attempts_of_one_call_have_one_digest() -> None:
    """Ids, progress tokens and trace context change from attempt to attempt."""
    one = rpc("tools/call", {"name": "t", "arguments": {"a": 1}, "_meta": {"progressToken": 1}}, number=1)
    two = rpc("tools/call", {"name": "t", "arguments": {"a": 1}, "_meta": {"traceparent": "00-1"}}, number="x")
    first, second = DIALECT.read_call(one), DIALECT.read_call(two)
    assert first == second
    assert first is not None
    cancelled = DIALECT.read_call(rpc("notifications/cancelled", {"requestId": 4, "reason": "late"}, number=None))
    assert cancelled is not None
    assert cancelled.arguments == {"reason": "late"}


@pytest.mark.parametrize(
    ("params", "kind", "name"),
    [
        ({"name": "t"}, "tool", "t"),
        ({"name": "t", "arguments": [1]}, "tool", "t"),
        ({"name": 3}, "rpc", "tools/call"),
        ([1], "rpc", "tools/call"),
        (None, "rpc", "tools/call"),
    ],
)
def test_a_damaged_tool_call_is_still_read(params: Any, kind: str, name: str) -> None:
    """A tool without a usable name is a message like any other."""
    call = DIALECT.read_call(rpc("tools/call", params))
    assert call is not None
    assert (call.kind, call.name) == (kind, name)


def test_answers_of_the_caller_are_rpc() -> None:
    """In the older protocol the server asks too, and the client posts its answers."""
    good = DIALECT.read_call(posted({"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}))
    bad = DIALECT.read_call(posted({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "m"}}))
    assert good is not None
    assert bad is not None
    assert (good.kind, good.name, good.arguments) == ("rpc", "response", {"result": {"a": 1}})
    assert (bad.name, bad.arguments) == ("error", {"error": {"code": 1, "message": "m"}})


def test_the_only_tool_call_of_a_batch_decides() -> None:
    """Several of them, or none, are a batch."""
    note = {"jsonrpc": "2.0", "method": "notifications/x"}
    call = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "t"}}
    one, two, none = (DIALECT.read_call(posted(batch)) for batch in ([note, call], [call, call], [note, note]))
    assert one is not None
    assert two is not None
    assert none is not None
    assert (one.kind, one.name) == ("tool", "t")
    assert (two.kind, two.name, two.arguments) == ("rpc", "batch", {"methods": ["tools/call", "tools/call"]})
    assert (none.kind, none.name) == ("rpc", "batch")
    assert rpc_id(posted([note, call]).body) == 3
    failure = json.loads(DIALECT.write_failure(posted([note, call]), "no").body)
    assert [answer["id"] for answer in failure] == [3], "a batch is answered by a batch"
    changed = json.loads(with_arguments(posted([note, call]), {"b": 2}).body)
    assert changed == [note, {**call, "params": {"name": "t", "arguments": {"b": 2}}}]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_session_is_listened_to_and_ended(method: str) -> None:
    """Only with the headers of MCP; any other GET is not its business."""
    request = Request(method, f"{URL}/", (("Mcp-Session-Id", "abc"),))
    call = DIALECT.read_call(request)
    assert call is not None
    assert (call.kind, call.name, call.target) == ("rpc", method, "flights.local/mcp")
    assert call.streams is (method == "GET")
    assert DIALECT.read_call(Request(method, URL)) is None
    assert DIALECT.problem(request, Problem("unavailable")).status == 503


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", URL, (), b'{"query": 1}'),
        Request("POST", URL, (), b'{"jsonrpc": "1.0", "method": "x"}'),
        Request("POST", URL, (), b'{"jsonrpc": "2.0", "method": 7}'),
        Request("POST", URL, (), b'{"jsonrpc": "2.0"}'),
        Request("POST", URL, (), b'[{"jsonrpc": "2.0", "method": "x"}, 3]'),
        Request("POST", URL, (), b'{"jsonrpc": '),
        Request("PUT", URL, (), b'{"jsonrpc": "2.0", "method": "x"}'),
        Request("MCP", "mcp:x", (), b"\xff"),
    ],
)
def test_what_is_not_mcp_is_not_read(request_: Request) -> None:
    """Another dialect may know it."""
    assert DIALECT.read_call(request_) is None
    assert with_arguments(request_, {}) is request_
    assert rpc_id(request_.body) is None


def test_credentials_never_stand_in_a_call() -> None:
    """Neither those of headers nor those of the address."""
    request = rpc("tools/call", {"name": "t"}, url="https://user:hunter2@mcp.local:8443/mcp?api_key=hunter3")
    call = DIALECT.read_call(request)
    assert call is not None
    assert call.target == "mcp.local:8443/mcp"
    assert "hunter" not in repr(call)
    assert "sesame" not in repr(call)


def test_a_listening_call_streams() -> None:
    """Since 2026-07-28 one listens with a request."""
    call = DIALECT.read_call(rpc("subscriptions/listen", {}))
    assert call is not None
    assert call.streams


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"content": texts("7")}, 7),
        ({"content": texts("seven")}, "seven"),
        ({"content": texts("1", "two")}, [1, "two"]),
        ({"content": []}, None),
        ({"content": [{"type": "image", "data": "", "mimeType": "image/png"}]}, None),
        ({"content": texts("1"), "structuredContent": None}, 1),
        ({"content": texts("1"), "structuredContent": [2]}, [2]),
        ({"structuredContent": {"a": 1}, "content": "odd"}, {"a": 1}),
        ({"content": texts("1"), "isError": True}, None),
        ({"content": texts("NaN")}, "NaN"),
        ({"tools": []}, {"tools": []}),
        ([1], None),
    ],
)
def test_what_a_result_says(result: Any, expected: Any) -> None:
    """Structure first, then text."""
    assert DIALECT.read_result(answered(result)) == expected


@pytest.mark.parametrize(
    ("result", "value", "expected"),
    [
        ({"content": texts("1")}, {"a": 1}, {"content": texts('{"a":1}')}),
        ({"content": texts("1")}, [1, 2], {"content": texts("[1,2]")}),
        ({"content": texts("1", "2")}, [3, "x"], {"content": texts("3", "x")}),
        ({"content": texts("1", "2")}, [3], {"content": texts("[3]")}),
        ({"content": []}, "new", {"content": texts("new")}),
        (
            {"content": [{"type": "image"}, *texts("old"), {"type": "audio"}, *texts("older")]},
            "new",
            {"content": [{"type": "image"}, *texts("new"), {"type": "audio"}]},
        ),
        (
            {"content": texts("1"), "structuredContent": {"result": 1}, "_meta": {"m": 1}},
            [2],
            {"content": texts("[2]"), "structuredContent": [2], "_meta": {"m": 1}},
        ),
        ({"tools": [1]}, {"tools": []}, {"tools": []}),
    ],
)
def test_how_a_result_is_rewritten(result: Any, value: Any, expected: Any) -> None:
    """Structure and text say the same; what else stands there stays."""
    written = DIALECT.write_result(answered(result), value)
    assert json.loads(written.body) == {"jsonrpc": "2.0", "id": 7, "result": expected}
    assert written.header("content-length") == str(len(written.body))


@pytest.mark.parametrize(
    "reply",
    [
        answered([1]),
        answered({"tools": []}),
        Reply(202),
        Reply(200, (), b"<html>"),
        Reply(200, (), b'{"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": ""}}'),
        Reply(200, (("content-type", "text/event-stream"),), b"data: 1\n\n"),
        Reply(
            200,
            (("content-type", "text/event-stream"),),
            b'data: {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": ""}}\n\n',
        ),
    ],
)
def test_a_reply_without_a_place_for_the_value_is_given_back_as_it_is(reply: Reply) -> None:
    """So that a fault which changes nothing does not count as fired."""
    assert DIALECT.write_result(reply, 5) is reply


def test_an_answer_in_a_batch_is_read_and_rewritten() -> None:
    """The last answer counts."""
    note = {"jsonrpc": "2.0", "method": "notifications/x"}
    answer = {"jsonrpc": "2.0", "id": 1, "result": {"content": texts("1")}}
    reply = Reply(200, (("content-type", "application/json"),), json.dumps([answer, note]).encode())
    assert DIALECT.read_result(reply) == 1
    written = json.loads(DIALECT.write_result(reply, 2).body)
    assert written == [{**answer, "result": {"content": texts("2")}}, note]


def test_event_ids_survive_a_rewrite() -> None:
    """A client resumes a stream by them; other events keep their very bytes."""
    answer = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"content": texts("1")}}).encode()
    first = b": ping\r\n\r\nid: 1\r\ndata: \r\n\r\n"
    body = first + b"event: message\r\nid: 2\r\ndata: " + answer + b"\r\n\r\n"
    reply = Reply(200, (("content-type", "text/event-stream"),), body)
    written = DIALECT.write_result(reply, 2)
    assert written.body.startswith(first)
    assert b"id: 2\n" in written.body
    assert DIALECT.read_result(written) == 2


def test_a_problem_on_a_stream_is_an_error_response() -> None:
    """There is no status there; a notification gets no answer at all."""
    reply = DIALECT.problem(
        rpc("tools/call", {"name": "t"}, number="k1", url="mcp:x"), Problem("not_found", message="gone")
    )
    assert (reply.status, reply.headers) == (200, ())
    assert json.loads(reply.body) == {
        "jsonrpc": "2.0",
        "id": "k1",
        "error": {"code": -32601, "message": "gone", "data": {"status": 404}},
    }
    silent = DIALECT.problem(rpc("notifications/x", number=None, url="mcp:x"), Problem("overloaded"))
    assert (silent.status, silent.body) == (202, b"")


def test_a_problem_on_http_has_the_status_and_the_header() -> None:
    """A proxy in between looks at these, and at nothing else."""
    reply = DIALECT.problem(rpc("notifications/x", number=None), Problem("overloaded", status=529, retry_after_s=3.0))
    assert (reply.status, reply.header("retry-after")) == (529, "3")
    body = json.loads(reply.body)
    assert body["id"] is None
    assert body["error"]["data"] == {"status": 529, "retryAfter": 3}


@pytest.mark.parametrize(
    ("header", "value", "old", "new", "expected"),
    [
        ("Mcp-Param-A", "eu", {"x": "eu", "a": "eu"}, {"x": "us", "a": "as"}, ("Mcp-Param-A", "as")),
        ("Mcp-Param-Where", "eu", {"x": "eu"}, {"x": " us"}, ("Mcp-Param-Where", "=?base64?IHVz?=")),
        ("Mcp-Param-Where", "=?base64?IHVz?=", {"x": " us"}, {"x": 1.5}, ("Mcp-Param-Where", "1.5")),
        ("Mcp-Param-Where", "=?base64?!?=", {"x": " us"}, {"x": "eu"}, ("Mcp-Param-Where", "=?base64?!?=")),
        ("Mcp-Param-Where", "eu", {"x": "eu"}, {"x": {"y": 1}}, None),
        ("Mcp-Param-Where", "eu", {"x": {"y": "eu"}}, {"x": 1}, None),
        ("Mcp-Param-Where", "eu", None, {"x": 1}, ("Mcp-Param-Where", "eu")),
        ("Mcp-Name", "t", {}, {}, ("Mcp-Name", "t")),
    ],
)
def test_headers_that_repeat_arguments(header: str, value: str, old: Any, new: Any, expected: Any) -> None:
    """The argument of the same value is meant, by its name if there are several."""
    request = rpc("tools/call", {"name": "t", "arguments": old})
    request = Request(request.method, request.url, ((header, value),), request.body)
    kept = [pair for pair in with_arguments(request, new).headers if pair[0] != "content-length"]
    assert kept == ([expected] if expected else [])


def test_a_tool_name_that_no_header_can_carry_is_encoded() -> None:
    """As the protocol says, in base64."""
    request = rpc("tools/call", {"name": "t"})
    request = Request(request.method, request.url, (("Mcp-Name", "t"),), request.body)
    assert with_tool(request, "böök", {}).header("mcp-name") == "=?base64?YsO2w7Zr?="


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["content", "type", "text", "structuredContent", "result", "a"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
MESSAGES = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0")},
    optional={
        "method": st.just("tools/call") | JSONISH,
        "params": JSONISH,
        "id": JSONISH,
        "result": JSONISH,
        "error": JSONISH,
    },
)
BODIES = st.binary() | (MESSAGES | st.lists(MESSAGES, max_size=3)).map(lambda value: json.dumps(value).encode())


@given(
    body=BODIES,
    method=st.sampled_from(["GET", "POST", "MCP"]),
    url=st.sampled_from([URL, "mcp:x", "http://[", "mcp:"]) | st.text(max_size=8),
    events=st.booleans(),
)
def test_no_bytes_make_it_raise(body: bytes, method: str, url: str, *, events: bool) -> None:
    """An agent's odd message must never become the plugin's error."""
    request = Request(method, url, (("mcp-session-id", "1"), ("mcp-param-a", "1")), body)
    if (call := DIALECT.read_call(request)) is not None:
        assert call.digest
        assert DIALECT.problem(request, Problem("timeout")).status
        assert DIALECT.write_failure(request, "x").status
    assert rpc_id(with_tool(request, "t", {"a": 1}).body) == rpc_id(body)
    content = (b"data: " + body + b"\n\n", "text/event-stream") if events else (body, "application/json")
    reply = Reply(200, (("content-type", content[1]),), content[0])
    DIALECT.read_result(reply)
    DIALECT.write_result(reply, [1, "a"])
