"""The Responses dialect: what it reads, and that the real SDK believes what it writes."""

import asyncio
import json

import httpx2
import openai
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentchaos.dialects import sse
from pytest_agentchaos.dialects.base import ModelDialect, ToolCall, Turn
from pytest_agentchaos.dialects.openai_responses import OpenAIResponses
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.usage import Usage

DIALECT = OpenAIResponses()
URL = "https://api.openai.com/v1/responses"
TOOL = {"type": "function", "name": "search", "parameters": {"type": "object", "properties": {}}, "strict": False}
TURNS = [
    Turn("Two flights, at 9:00 and 17:30."),
    Turn(""),
    Turn("Zwölf Flüge \u2013 \U0001f6eb\n\n  bye "),
    Turn("", (ToolCall("call_a", "search", '{"city": "Lisbon", "nights": 3}'),), "tool_calls"),
    Turn("I look.", (ToolCall("call_a", "search", "{}"), ToolCall("call_b", "book", "not json")), "tool_calls"),
    Turn("", (ToolCall("call_a", "search", ""),), "tool_calls"),
    Turn("I cannot do that.", finish="refusal"),
    Turn("I was cut", finish="length"),
    Turn("I was", finish="content_filter"),
]


class City(pydantic.BaseModel):
    """A structured answer."""

    name: str
    nights: int


def request(url=URL, method="POST", headers=(), **body):
    """A request to the API."""
    return Request(method, url, headers, json.dumps({"model": "gpt-5", "input": "hi"} | body).encode())


def answering(turn):
    """A handler that answers every request with this turn."""

    def handle(sent):
        reply = DIALECT.write_turn(Request(sent.method, str(sent.url), tuple(sent.headers.items()), sent.read()), turn)
        return httpx2.Response(reply.status, headers=list(reply.headers), content=reply.body)

    return handle


def client(turn):
    """The real SDK, talking to the dialect."""
    return openai.OpenAI(
        api_key="k", max_retries=0, http_client=httpx2.Client(transport=httpx2.MockTransport(answering(turn)))
    )


def read(reply):
    """What the dialect reads in a reply, without what the writer adds."""
    turn = DIALECT.read_turn(reply)
    return turn and Turn(turn.text, turn.tool_calls, turn.finish)


# -- reading requests ------------------------------------------------------------------------------------------------


def test_it_is_a_model_dialect():
    """It has all that a model dialect needs."""
    assert isinstance(DIALECT, ModelDialect)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (URL, "api.openai.com"),
        ("http://127.0.0.1:8080/v1/responses", "127.0.0.1:8080"),
        ("https://me:secret@r.openai.azure.com/openai/v1/responses?api-version=v1", "r.openai.azure.com"),
        (
            "https://f.azure.com/api/projects/p/agents/n/endpoint/protocols/openai/responses?api-version=v1",
            "f.azure.com",
        ),
        ("https://r.openai.azure.com/openai/responses/?api-version=2025-04-01-preview", "r.openai.azure.com"),
    ],
)
def test_a_call_is_known_by_its_address(url, target):
    """OpenAI, Azure and Foundry addresses are one dialect; credentials are no part of the target."""
    call = DIALECT.read_call(request(url))
    assert (call.kind, call.target, call.name, call.dialect) == ("model", target, "gpt-5", "openai-responses")


@pytest.mark.parametrize(
    "other",
    [
        request(method="GET"),
        request(URL + "/resp_1/cancel"),
        request("https://api.openai.com/v1/chat/completions"),
        request("https://x/find?next=/responses"),
        Request("POST", URL, (), b""),
        Request("POST", URL, (), b"[]"),
        Request("POST", URL, (), b'{"input": NaN}'),
        Request("POST", URL, (), b'{"temperature": 1e999}'),
        Request("POST", URL, (), b'{"a":' * 100_000),
        Request("POST", URL, (), b"\xff\xfe{}"),
    ],
)
def test_what_is_no_call_is_left_to_others(other):
    """Another path, another method or an unreadable body is not of this dialect."""
    assert DIALECT.read_call(other) is None


@given(st.binary() | st.text(st.sampled_from('{}[]",:\\u0 nul1e')).map(str.encode), st.text())
def test_no_body_and_no_address_can_break_reading(body, url):
    """Any bytes are read or refused."""
    DIALECT.read_call(Request("POST", URL, (), body))
    DIALECT.read_call(Request("POST", f"{url}/responses", (), body))
    for kind in ("application/json", "text/event-stream"):
        reply = Reply(200, (("content-type", kind),), body)
        DIALECT.read_turn(reply)
        DIALECT.read_usage(reply)
        DIALECT.write_result(reply, "x")


WORDS = st.sampled_from(
    [
        "type", "input", "tools", "name", "function", "text", "format", "output", "message", "content", "item",
        "output_index", "delta", "response", "status", "usage", "input_tokens_details", "model", "role",
        "conversation", "refusal", "arguments",
    ]
)  # fmt: skip
TYPES = st.sampled_from(
    [
        "message", "output_text", "refusal", "function_call", "namespace", "response.created",
        "response.completed", "response.output_item.added", "response.output_item.done",
        "response.output_text.delta", "response.output_text.done", "response.content_part.done",
        "response.refusal.delta", "response.function_call_arguments.delta",
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | TYPES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
)
OBJECT = st.builds(
    lambda known, more: more | known,
    st.fixed_dictionaries({"type": TYPES}, optional={"output_index": st.integers(0, 2)}),
    st.dictionaries(WORDS, JSON, max_size=5),
)


@settings(max_examples=50)
@given(st.lists(OBJECT, max_size=5))
def test_no_shape_of_json_can_break_reading(objects):
    """JSON of the wrong shape is read as far as it goes."""
    for value in objects:
        DIALECT.read_call(Request("POST", URL, (), json.dumps(value).encode()))
    DIALECT.read_call(Request("POST", URL, (), json.dumps({"tools": objects}).encode()))
    stream = sse.render_all(sse.Event(json.dumps(value)) for value in objects)
    for reply in (
        Reply(200, (("content-type", "text/event-stream"),), stream),
        Reply(200, (), json.dumps({"output": objects, "usage": objects}).encode()),
    ):
        DIALECT.read_result(reply)
        DIALECT.read_usage(reply)
        DIALECT.write_result(reply, "x")


def test_the_digest_tells_what_was_asked_and_not_how():
    """Sampling, storage, streaming and headers change nothing; input and tools do."""
    call = DIALECT.read_call(request(tools=[TOOL]))
    same = request(
        tools=[TOOL | {"description": "new"}],
        temperature=0,
        stream=True,
        store=False,
        metadata={"a": "b"},
        headers=(("a", "b"),),
    )
    assert DIALECT.read_call(same).digest == call.digest
    for different in (
        request(),
        request(tools=[TOOL], input="ho"),
        request(tools=[TOOL], instructions="be kind"),
        request(tools=[TOOL], previous_response_id="resp_1"),
        request(tools=[TOOL], text={"format": {"type": "json_schema", "name": "City"}}),
    ):
        assert DIALECT.read_call(different).digest != call.digest


def test_tools_and_streaming_are_seen():
    """Every kind of tool has a name; a call without a model has a fallback."""
    tools = [
        TOOL,
        {"type": "web_search"},
        {"type": "mcp", "server_label": "crm"},
        {"type": "namespace", "tools": [TOOL]},
        {"x": 1},
        7,
    ]
    call = DIALECT.read_call(request(tools=tools, stream=True, model=None))
    assert call.offers == ("search", "web_search", "crm", "search")
    assert call.streams
    assert call.name == "model"


# -- writing replies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.finish)
def test_a_turn_reads_as_it_was_written(turn, stream):
    """Text, raw arguments and finish survive, streamed or not."""
    assert read(DIALECT.write_turn(request(stream=stream), turn)) == turn


def test_identity_usage_and_model_of_a_turn_are_kept():
    """What a turn carries is not made up anew."""
    turn = Turn("x", usage=Usage(9, 4, 2), id="resp_own", model="gpt-5-2026-01-01")
    assert DIALECT.read_turn(DIALECT.write_turn(request(), turn)) == turn
    assert DIALECT.read_usage(DIALECT.write_turn(request(stream=True), turn)) == Usage(9, 4, 2)


def test_the_same_request_gets_the_same_bytes():
    """Identifiers come from the request alone."""
    turn = TURNS[4]
    assert DIALECT.write_turn(request(), turn) == DIALECT.write_turn(request(headers=(("x", "y"),)), turn)
    ids = {DIALECT.read_turn(DIALECT.write_turn(request(input=word), Turn("x"))).id for word in ("a", "b")}
    assert len(ids) == 2


def test_the_request_is_echoed():
    """A response repeats what it answers, as the real API does."""
    asked = {"tools": [TOOL], "tool_choice": "required", "metadata": {"a": "b"}, "parallel_tool_calls": False}
    response = json.loads(DIALECT.write_turn(request(**asked, conversation="conv_1"), Turn("x")).body)
    assert {key: response[key] for key in asked} == asked
    assert response["conversation"] == {"id": "conv_1"}
    assert json.loads(DIALECT.write_turn(request(conversation={"id": "conv_2"}), Turn("x")).body)["conversation"] == {
        "id": "conv_2"
    }


def test_half_a_surrogate_pair_is_written_as_an_escape():
    """What UTF-8 cannot carry does not break the writer."""
    assert read(DIALECT.write_turn(request(), Turn("a\ud800"))).text == "a\ud800"


# -- the real SDK ----------------------------------------------------------------------------------------------------


def test_create_returns_text_and_tool_calls():
    """The plain path."""
    response = client(TURNS[4]).responses.create(model="gpt-5", input="hi", tools=[TOOL])
    assert response.output_text == "I look."
    assert [(item.name, item.call_id, item.arguments) for item in response.output[1:]] == [
        ("search", "call_a", "{}"),
        ("book", "call_b", "not json"),
    ]
    assert response.usage.total_tokens == 0


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.finish)
def test_every_event_is_valid_for_its_own_type(turn):
    """Each event of a stream satisfies the strict model that the SDK ships for it, in the right order."""
    with client(turn).responses.create(model="gpt-5", input="hi", tools=[TOOL], stream=True) as stream:
        events = list(stream)
    for event in events:
        type(event).model_validate(event.model_dump(warnings="error"), strict=True)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    assert events[-1].type == (
        "response.incomplete" if turn.finish in {"length", "content_filter"} else "response.completed"
    )


def test_events_of_text_come_in_the_order_of_the_api():
    """Item, part, deltas, part done, item done."""
    with client(Turn("one two")).responses.create(model="gpt-5", input="hi", stream=True) as stream:
        assert [event.type.removeprefix("response.") for event in stream] == [
            "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
            "output_text.delta", "output_text.done", "content_part.done", "output_item.done", "completed",
        ]  # fmt: skip


def test_events_of_a_refusal_are_its_own():
    """A refusal is streamed as such."""
    with client(TURNS[6]).responses.create(model="gpt-5", input="hi", stream=True) as stream:
        types = [event.type for event in stream]
    assert "response.refusal.delta" in types
    assert "response.refusal.done" in types


@pytest.mark.parametrize(
    "turn",
    [turn for turn in TURNS if turn.finish in {"stop", "tool_calls", "refusal"}],
    ids=lambda turn: turn.text or "calls",
)
def test_the_stream_helper_gives_the_same_final_response(turn):
    """``responses.stream()`` accepts the order of events and adds them up."""
    with client(turn).responses.stream(model="gpt-5", input="hi", tools=[TOOL]) as stream:
        final = stream.get_final_response()
    assert final.output_text == ("" if turn.finish == "refusal" else turn.text)
    assert [item.arguments for item in final.output if item.type == "function_call"] == [
        call.arguments for call in turn.tool_calls
    ]


def test_structured_output_is_parsed():
    """``responses.parse()`` and a stream with a format give the pydantic object."""
    sdk = client(Turn('{"name": "Lisbon", "nights": 3}'))
    assert sdk.responses.parse(model="gpt-5", input="hi", text_format=City).output_parsed == City(
        name="Lisbon", nights=3
    )
    with sdk.responses.stream(model="gpt-5", input="hi", text_format=City) as stream:
        assert stream.get_final_response().output_parsed == City(name="Lisbon", nights=3)
    assert client(TURNS[6]).responses.parse(model="gpt-5", input="hi", text_format=City).output_parsed is None


def test_strict_tools_are_parsed():
    """Arguments become the pydantic object of a strict tool."""
    call = ToolCall("call_1", "City", '{"name": "Lisbon", "nights": 3}')
    response = client(Turn(tool_calls=(call,))).responses.parse(
        model="gpt-5", input="hi", tools=[openai.pydantic_function_tool(City)["function"] | {"type": "function"}]
    )
    assert response.output[0].name == "City"


def test_async_clients_get_the_same():
    """The async SDK, plain and streamed."""

    async def ask():
        transport = httpx2.MockTransport(answering(Turn("hello you")))
        async with openai.AsyncOpenAI(api_key="k", http_client=httpx2.AsyncClient(transport=transport)) as sdk:
            plain = await sdk.responses.create(model="gpt-5", input="hi")
            async with sdk.responses.stream(model="gpt-5", input="hi") as stream:
                final = await stream.get_final_response()
            return plain.output_text, final.output_text

    assert asyncio.run(ask()) == ("hello you", "hello you")


# -- reading and rewriting replies -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("value", ["hello", "", {"a": [1, None]}, ["x"], 7, True, None])
def test_a_result_can_be_replaced(stream, value):
    """What is written as the result reads as the result; JSON is read as a value."""
    reply = DIALECT.write_turn(request(stream=stream), Turn("one two three"))
    assert DIALECT.read_result(DIALECT.write_result(reply, value)) == value


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.finish)
def test_the_sdk_accepts_a_rewritten_reply(turn, stream):
    """Only the text changes: calls, usage and identity stay, and a refusal becomes text."""
    reply = DIALECT.write_turn(request(stream=stream), turn)
    rewritten = DIALECT.write_result(reply, "another text")
    before, after = DIALECT.read_turn(reply), DIALECT.read_turn(rewritten)
    assert after.text == "another text"
    assert (after.id, after.tool_calls, after.usage, after.model) == (
        before.id,
        before.tool_calls,
        before.usage,
        before.model,
    )
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(200, headers=list(rewritten.headers), content=rewritten.body)
    )
    sdk = openai.OpenAI(api_key="k", http_client=httpx2.Client(transport=transport))
    if not stream:
        assert sdk.responses.create(model="m", input="i").output_text == "another text"
        return
    with sdk.responses.create(model="m", input="i", stream=True) as events:
        told = list(events)
    assert "".join(event.delta for event in told if event.type == "response.output_text.delta") == "another text"
    assert [event.sequence_number for event in told] == list(range(len(told)))
    if after.finish in {"stop", "tool_calls"}:
        with sdk.responses.stream(model="m", input="i") as helper:
            assert helper.get_final_response().output_text == "another text"


def test_other_items_and_annotations_do_not_survive_wrongly():
    """Reasoning stays; citations that point into the old text go; second messages fall silent."""
    message = {"type": "message", "content": [{"type": "output_text", "text": "old", "annotations": [{"type": "x"}]}]}
    response = {"id": "resp_1", "output": [{"type": "reasoning", "id": "rs"}, message, message, {"type": "message"}]}
    reply = DIALECT.write_result(Reply(200, (), json.dumps(response).encode()), "new")
    output = json.loads(reply.body)["output"]
    assert output[0] == {"type": "reasoning", "id": "rs"}
    assert [part["text"] for item in output[1:] for part in item["content"]] == ["new", "", ""]
    assert output[1]["content"][0]["annotations"] == []


def test_foreign_streams_are_rewritten_in_place():
    """Events that this dialect does not write stay where they are; a citation is dropped."""
    place = {"output_index": 1, "content_index": 0, "item_id": "msg"}
    item = {"type": "message", "id": "msg", "content": [{"type": "output_text", "text": "old"}]}
    events = [
        {"type": "response.created", "response": {"id": "resp_1", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "web_search_call", "id": "ws"}},
        {"type": "response.web_search_call.searching", "output_index": 0},
        {"type": "response.output_item.done", "output_index": 0, "item": {"type": "web_search_call", "id": "ws"}},
        {"type": "response.output_item.added", "output_index": 1, "item": {**item, "content": []}},
        {"type": "response.output_text.annotation.added", **place},
        {"type": "response.output_text.done", **place, "text": "old"},
        {"type": "response.content_part.done", **place, "part": {"type": "reasoning_text"}},
        {"type": "response.output_item.done", "output_index": 1, "item": item},
        {"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": []}},
    ]
    body = sse.render_all(sse.Event(json.dumps(event)) for event in events)
    rewritten = DIALECT.write_result(Reply(200, (("content-type", "text/event-stream"),), body), "new")
    told = [json.loads(event.data) for event in sse.parse(rewritten.body)]
    assert [event["type"] for event in told] == [
        *(event["type"] for event in events[:5]),
        "response.output_text.delta",
        *(event["type"] for event in events[6:]),
    ]  # fmt: skip
    assert told[5]["delta"] == told[6]["text"] == told[8]["item"]["content"][0]["text"] == "new"
    assert told[9]["response"]["output"] == []
    assert read(rewritten) == Turn("new")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, (), b"<html>"),
        Reply(200, (), b"{}"),
        Reply(200, (), b'{"status": "failed", "output": []}'),
        Reply(500, (), b'{"output": []}'),
        Reply(200, (("content-type", "text/event-stream"),), b"data: x\n\n"),
    ],
)
def test_what_is_no_answer_is_neither_read_nor_rewritten(reply):
    """An error or a damaged reply stays the very same object."""
    assert DIALECT.read_turn(reply) is None
    assert DIALECT.read_result(reply) is None
    assert DIALECT.read_usage(reply) is None
    assert DIALECT.write_result(reply, "x") is reply


@pytest.mark.parametrize("turn", [TURNS[0], TURNS[4], TURNS[6]], ids=["text", "calls", "refusal"])
def test_a_stream_that_ended_early_gives_what_had_arrived(turn):
    """The beginning is read, and marked as cut off, wherever the cut is."""
    reply = DIALECT.write_turn(request(stream=True), turn)
    events, _ = sse.split(reply.body)
    for count in range(1, len(events)):
        torn = DIALECT.read_turn(reply.with_body(b"".join(events[:count]) + events[count][:9]))
        assert torn.finish == "length"
        assert turn.text.startswith(torn.text)
        for whole, part in zip(turn.tool_calls, torn.tool_calls, strict=False):
            assert whole.arguments.startswith(part.arguments)


def test_a_stream_may_begin_in_the_middle():
    """Without the first events, the items still tell what was said."""
    item = {"type": "message", "content": [{"type": "output_text", "text": "a"}]}
    body = sse.render(sse.Event(json.dumps({"type": "response.output_item.done", "output_index": 0, "item": item})))
    assert read(Reply(200, (("content-type", "text/event-stream"),), body)) == Turn("a", finish="length")


def test_an_error_in_mid_stream_is_an_event_that_the_sdk_yields():
    """As documented for the API: the raw stream goes on, the helper misses the end."""
    reply = DIALECT.write_turn(request(stream=True), Turn("one two three"))
    events, _ = sse.split(reply.body)
    body = b"".join(events[:6]) + DIALECT.error_event("boom")
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, headers=list(reply.headers), content=body))
    sdk = openai.OpenAI(api_key="k", http_client=httpx2.Client(transport=transport))
    with sdk.responses.create(model="m", input="i", stream=True) as stream:
        last = list(stream)[-1]
    assert (last.type, last.message) == ("error", "boom")
    with sdk.responses.stream(model="m", input="i") as helper, pytest.raises(RuntimeError, match="completed"):
        helper.get_final_response()
