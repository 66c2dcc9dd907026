"""The Chat Completions dialect: what it reads, and that the real SDK believes what it writes."""

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
from pytest_agentchaos.dialects.openai_chat import OpenAIChat
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.usage import Usage

DIALECT = OpenAIChat()
URL = "https://api.openai.com/v1/chat/completions"
ASK = [{"role": "user", "content": "hi"}]
TOOL = {"type": "function", "function": {"name": "search", "parameters": {"type": "object", "properties": {}}}}
STREAM = (("content-type", "text/event-stream"),)
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
    return Request(method, url, headers, json.dumps({"model": "gpt-5", "messages": ASK} | body).encode())


def answering(turn):
    """A handler that answers every request with this turn."""

    def handle(sent):
        reply = DIALECT.write_turn(Request(sent.method, str(sent.url), tuple(sent.headers.items()), sent.read()), turn)
        return httpx2.Response(reply.status, headers=list(reply.headers), content=reply.body)

    return handle


def sdk_for(handle):
    """The real SDK over a handler."""
    return openai.OpenAI(api_key="k", max_retries=0, http_client=httpx2.Client(transport=httpx2.MockTransport(handle)))


def chat(turn):
    """The completions of the real SDK, talking to the dialect."""
    return sdk_for(answering(turn)).chat.completions


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
        ("http://127.0.0.1:8080/v1/chat/completions/", "127.0.0.1:8080"),
        (
            "https://r.openai.azure.com/openai/deployments/x/chat/completions?api-version=2024-10-21",
            "r.openai.azure.com",
        ),
    ],
)
def test_a_call_is_known_by_its_address(url, target):
    """OpenAI, Azure and compatible servers are one dialect."""
    call = DIALECT.read_call(request(url))
    assert (call.kind, call.target, call.name, call.dialect) == ("model", target, "gpt-5", "openai-chat")


@pytest.mark.parametrize(
    "other",
    [
        request(method="GET"),
        request("https://api.openai.com/v1/responses"),
        Request("POST", URL, (), b"no"),
        Request("POST", URL),
    ],
)
def test_what_is_no_call_is_left_to_others(other):
    """Another path, another method or an unreadable body is not of this dialect."""
    assert DIALECT.read_call(other) is None


@given(st.binary() | st.text(st.sampled_from('{}[]",:\\u0 nul1e')).map(str.encode))
def test_no_body_can_break_reading(body):
    """Any bytes are read or refused."""
    DIALECT.read_call(Request("POST", URL, (), body))
    for headers in ((), STREAM):
        reply = Reply(200, headers, body)
        DIALECT.read_turn(reply)
        DIALECT.read_usage(reply)
        DIALECT.write_result(reply, "x")


KEYS = [
    "choices",
    "delta",
    "message",
    "content",
    "tool_calls",
    "function",
    "arguments",
    "name",
    "index",
    "finish_reason",
    "usage",
]
KEYS += ["id", "prompt_tokens_details", "tools", "functions", "response_format", "json_schema", "refusal", "role"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
)
CHOICE = st.fixed_dictionaries({}, optional=dict.fromkeys(("index", "delta", "message", "finish_reason"), JSON))


@settings(max_examples=50)
@given(
    st.lists(st.fixed_dictionaries({}, optional={"choices": st.lists(CHOICE) | JSON, "usage": JSON}), max_size=4), JSON
)
def test_no_shape_of_json_can_break_reading(objects, value):
    """JSON of the wrong shape is read as far as it goes."""
    DIALECT.read_call(Request("POST", URL, (), json.dumps({"tools": value, "response_format": value}).encode()))
    stream = sse.render_all(sse.Event(json.dumps(item)) for item in objects)
    for reply in (Reply(200, STREAM, stream), *(Reply(200, (), json.dumps(item).encode()) for item in objects)):
        DIALECT.read_result(reply)
        DIALECT.read_usage(reply)
        DIALECT.write_result(reply, "x")


def test_the_digest_tells_what_was_asked_and_not_how():
    """Sampling, limits and streaming change nothing; messages, tools and format do."""
    call = DIALECT.read_call(request(tools=[TOOL]))
    same = request(
        tools=[TOOL], temperature=0, stream=True, stream_options={"include_usage": True}, seed=1, headers=(("a", "b"),)
    )
    assert DIALECT.read_call(same).digest == call.digest
    for different in (
        request(),
        request(tools=[TOOL], messages=[]),
        request(tools=[TOOL], response_format={"type": "json_object"}),
        request(tools=[TOOL], response_format={"type": "json_schema", "json_schema": {"name": "City"}}),
    ):
        assert DIALECT.read_call(different).digest != call.digest


def test_tools_and_streaming_are_seen():
    """Functions, custom tools and the older form of functions have names."""
    call = DIALECT.read_call(
        request(tools=[TOOL, {"type": "custom", "custom": {"name": "sql"}}], functions=[{"name": "old"}], stream=True)
    )
    assert call.offers == ("search", "sql", "old")
    assert call.streams


# -- writing replies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.finish)
def test_a_turn_reads_as_it_was_written(turn, stream):
    """Text, raw arguments and finish survive, streamed or not."""
    assert read(DIALECT.write_turn(request(stream=stream), turn)) == turn


def test_identity_usage_and_model_of_a_turn_are_kept():
    """What a turn carries is not made up anew; a stream tells usage only when asked."""
    turn = Turn("x", usage=Usage(9, 4, 2), id="chatcmpl-own", model="gpt-5-2026-01-01")
    assert DIALECT.read_turn(DIALECT.write_turn(request(metadata={"a": "b"}), turn)) == turn
    assert DIALECT.read_usage(DIALECT.write_turn(request(stream=True), turn)) is None
    asked = request(stream=True, stream_options={"include_usage": True})
    assert DIALECT.read_usage(DIALECT.write_turn(asked, turn)) == Usage(9, 4, 2)


def test_calls_without_identifiers_get_them_from_the_request():
    """The same request gets the same identifiers, and no two calls share one."""
    turn = Turn(tool_calls=(ToolCall("", "a", "{}"), ToolCall("", "b", "{}")))
    first = DIALECT.read_turn(DIALECT.write_turn(request(), turn))
    assert first.tool_calls == DIALECT.read_turn(DIALECT.write_turn(request(), turn)).tool_calls
    assert first.finish == "tool_calls"
    assert len({call.id for call in first.tool_calls}) == 2


def test_a_forced_tool_call_that_ended_with_stop_is_a_tool_call():
    """As the API reports a call that ``tool_choice`` demanded."""
    message = {"content": None, "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}, {"id": "d"}]}
    body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
    assert read(Reply(200, (), body)) == Turn("", (ToolCall("c", "f", "{}"),), "tool_calls")


# -- the real SDK ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.finish)
def test_replies_are_valid_for_the_strict_types_of_the_sdk(turn):
    """The completion and every chunk satisfy the models that the SDK ships."""
    completion = chat(turn).create(model="gpt-5", messages=ASK, tools=[TOOL])
    type(completion).model_validate(completion.model_dump(warnings="error"), strict=True)
    with chat(turn).create(model="gpt-5", messages=ASK, stream=True, stream_options={"include_usage": True}) as stream:
        chunks = list(stream)
    for chunk in chunks:
        type(chunk).model_validate(chunk.model_dump(warnings="error"), strict=True)
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == 0
    assert chunks[-2].choices[0].finish_reason == completion.choices[0].finish_reason
    expected = "stop" if turn.finish == "refusal" else turn.finish
    assert completion.choices[0].finish_reason == expected


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.finish)
def test_the_stream_helper_adds_up_to_the_same_message(turn):
    """``chat.completions.stream()`` accepts every chunk."""
    with chat(turn).stream(model="gpt-5", messages=ASK) as stream:
        message = (
            stream.get_final_completion().choices[0].message
            if turn.finish not in {"length", "content_filter"}
            else None
        )
        if message is None:
            return
    assert (message.content or message.refusal or "") == turn.text
    assert [call.function.arguments for call in message.tool_calls or ()] == [
        call.arguments for call in turn.tool_calls
    ]


def test_structured_output_is_parsed():
    """``parse()`` and a stream with a format give the pydantic object; strict tools too."""
    said = '{"name": "Lisbon", "nights": 3}'
    completion = chat(Turn(said)).parse(model="gpt-5", messages=ASK, response_format=City)
    assert completion.choices[0].message.parsed == City(name="Lisbon", nights=3)
    with chat(Turn(said)).stream(model="gpt-5", messages=ASK, response_format=City) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == City(name="Lisbon", nights=3)
    turn = Turn(tool_calls=(ToolCall("", "City", said),))
    completion = chat(turn).parse(model="gpt-5", messages=ASK, tools=[openai.pydantic_function_tool(City)])
    assert completion.choices[0].message.tool_calls[0].function.parsed_arguments == City(name="Lisbon", nights=3)


def test_the_sdk_raises_its_own_errors_for_an_answer_that_was_cut_off():
    """Length and content filter end a parse with the exceptions of the SDK."""
    with pytest.raises(openai.LengthFinishReasonError):
        chat(TURNS[7]).parse(model="gpt-5", messages=ASK, response_format=City)
    with pytest.raises(openai.ContentFilterFinishReasonError):
        chat(TURNS[8]).parse(model="gpt-5", messages=ASK, response_format=City)


def test_async_clients_get_the_same():
    """The async SDK, plain and streamed."""

    async def ask():
        transport = httpx2.MockTransport(answering(Turn("hello you")))
        async with openai.AsyncOpenAI(api_key="k", http_client=httpx2.AsyncClient(transport=transport)) as sdk:
            plain = await sdk.chat.completions.create(model="gpt-5", messages=ASK)
            async with sdk.chat.completions.stream(model="gpt-5", messages=ASK) as stream:
                final = await stream.get_final_completion()
            return plain.choices[0].message.content, final.choices[0].message.content

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
    asked = request(stream=stream, **({"stream_options": {"include_usage": True}} if stream else {}))
    reply = DIALECT.write_turn(asked, turn)
    rewritten = DIALECT.write_result(reply, "another text")
    before, after = DIALECT.read_turn(reply), DIALECT.read_turn(rewritten)
    assert after.text == "another text"
    assert (after.id, after.tool_calls, after.usage) == (before.id, before.tool_calls, before.usage)
    sdk = sdk_for(lambda _: httpx2.Response(200, headers=list(rewritten.headers), content=rewritten.body))
    if not stream:
        assert sdk.chat.completions.create(model="m", messages=ASK).choices[0].message.content == "another text"
        return
    with sdk.chat.completions.create(model="m", messages=ASK, stream=True) as chunks:
        assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == "another text"
    assert rewritten.body.endswith(b"data: [DONE]\n\n")


def test_a_chunk_that_says_everything_at_once_is_rewritten():
    """Some servers send one chunk only, or several choices in one."""
    one = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "old"}, "finish_reason": "stop"}]}
    reply = Reply(200, STREAM, sse.render(sse.Event(json.dumps(one))))
    rewritten = DIALECT.write_result(reply, "new words")
    assert read(rewritten) == Turn("new words")
    assert b"[DONE]" not in rewritten.body


def test_the_other_choices_of_a_stream_stay():
    """Only the first choice is the result."""
    chunks = [
        {"choices": [{"index": 0, "delta": {"role": "assistant"}}, {"index": 1, "delta": {"content": "a"}}]},
        {"choices": [{"index": 0, "delta": {"content": "old"}}, {"index": 1, "delta": {"content": "b"}}]},
        {"choices": [{"index": 1, "delta": {"content": "c"}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    reply = Reply(200, STREAM, sse.render_all(sse.Event(json.dumps(chunk)) for chunk in chunks))
    told = [json.loads(event.data) for event in sse.parse(DIALECT.write_result(reply, "new words").body)]
    said = {0: "", 1: ""}
    for choice in (choice for chunk in told for choice in chunk["choices"]):
        said[choice["index"]] += choice["delta"].get("content") or ""
    assert said == {0: "new words", 1: "abc"}


def test_a_damaged_part_of_a_call_is_left_out():
    """What has no place in the list of calls cannot be joined to one."""
    parts = [
        {"index": "x"},
        {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}},
        {"function": {"arguments": "}"}},
    ]
    chunk = {"choices": [{"delta": {"tool_calls": parts}, "finish_reason": "tool_calls"}]}
    assert read(Reply(200, STREAM, sse.render(sse.Event(json.dumps(chunk))))).tool_calls == (ToolCall("c", "f", "{}"),)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, (), b"<html>"),
        Reply(200, (), b"{}"),
        Reply(200, (), b'{"choices": [{}]}'),
        Reply(500, (), b'{"choices": [{"message": {"content": "x"}}]}'),
        Reply(200, STREAM, b'data: {"error": {}}\n\n'),
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
    for count in range(1, len(events) - 2):
        torn = DIALECT.read_turn(reply.with_body(b"".join(events[:count])))
        assert torn.finish == "length"
        assert turn.text.startswith(torn.text)
        for whole, part in zip(turn.tool_calls, torn.tool_calls, strict=False):
            assert whole.arguments.startswith(part.arguments)


def test_an_error_in_mid_stream_raises_in_the_sdk():
    """As the API reports it: an object with the key ``error``."""
    reply = DIALECT.write_turn(request(stream=True), Turn("one two three"))
    events, _ = sse.split(reply.body)
    sdk = sdk_for(
        lambda _: httpx2.Response(200, headers=list(reply.headers), content=events[0] + DIALECT.error_event("boom"))
    )
    with (
        sdk.chat.completions.create(model="m", messages=ASK, stream=True) as stream,
        pytest.raises(openai.APIError, match="boom"),
    ):
        list(stream)
