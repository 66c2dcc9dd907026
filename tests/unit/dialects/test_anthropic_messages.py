"""The Anthropic dialect, judged by the real SDK."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anthropic
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentchaos.dialects import sse
from pytest_agentchaos.dialects.anthropic_messages import AnthropicMessages
from pytest_agentchaos.dialects.base import Finish, ModelDialect, Problem, ProblemKind, ToolCall, Turn
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.usage import Usage

DIALECT = AnthropicMessages()
URL = "https://api.anthropic.com/v1/messages"
ASKED: Any = {
    "model": "claude-x",
    "max_tokens": 100,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": "Book a flight to Lisbon"}],
    "tools": [
        {"name": "book", "input_schema": {"type": "object"}},
        {"name": "search", "input_schema": {"type": "object"}},
    ],
}
BOOKING = ToolCall("toolu_1", "book", '{"city": "Lisbon", "note": "a window seat, not over the wing, please"}')
LONG = "The quick brown fox jumps over the lazy dog; Zürich and Malmö are far apart."
STREAMED = pytest.mark.parametrize("streamed", [False, True])

Serve = Callable[[Request], Reply]


def client(serve: Serve, seen: list[Request] | None = None, *, max_retries: int = 0) -> anthropic.Anthropic:
    """The real SDK, talking to the dialect."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked = Request(request.method, str(request.url), tuple(request.headers.multi_items()), request.read())
        if seen is not None:
            seen.append(asked)
        reply = serve(asked)
        return httpx2.Response(reply.status, headers=list(reply.headers), content=reply.body)

    http = httpx2.Client(transport=httpx2.MockTransport(handle))
    return anthropic.Anthropic(api_key="sk-ant-sesame-sesame-sesame", http_client=http, max_retries=max_retries)


def says(turn: Turn) -> Serve:
    """A model that always says this."""
    return lambda request: DIALECT.write_turn(request, turn)


def ask(serve: Serve, *, streamed: bool) -> Any:
    """The final message, over either path of the SDK."""
    if not streamed:
        return client(serve).messages.create(**ASKED)
    with client(serve).messages.stream(**ASKED) as stream:
        return stream.get_final_message()


def request(*, streamed: bool = False, **changes: Any) -> Request:
    """A request as the SDK posts it."""
    return Request("POST", URL, (), json.dumps({**ASKED, "stream": streamed, **changes}).encode())


def test_it_is_a_dialect_of_models() -> None:
    """Faults of the stream and the model family find it."""
    dialect: ModelDialect = DIALECT
    assert isinstance(dialect, ModelDialect)


# Calls


def test_the_call_of_the_real_sdk_is_read() -> None:
    """What was asked, of which model, offering which tools; nothing of the headers."""
    seen: list[Request] = []
    client(says(Turn("ok")), seen).messages.create(**ASKED, metadata={"user_id": "u1"})
    call = DIALECT.read_call(seen[0])
    assert call is not None
    assert (call.kind, call.target, call.name, call.wire) == ("model", "api.anthropic.com", "claude-x", "http")
    assert (call.dialect, call.offers, call.streams) == ("anthropic-messages", ("book", "search"), False)
    assert call.arguments == {key: ASKED[key] for key in ("max_tokens", "system", "messages", "tools")}
    assert "sesame" not in repr(call)


def test_streaming_and_beta_are_the_same_question() -> None:
    """How it is asked does not change what is asked."""
    seen: list[Request] = []
    sdk = client(says(Turn("ok")), seen)
    sdk.messages.create(**ASKED)
    list(sdk.messages.create(**ASKED, stream=True))
    sdk.beta.messages.create(**ASKED, betas=["x"])
    seen[2] = replace(seen[2], url=f"{seen[2].url}?beta=true")  # as earlier SDKs say it
    plain, streamed, beta = (DIALECT.read_call(one) for one in seen)
    assert plain is not None
    assert streamed is not None
    assert beta is not None
    assert plain.digest == streamed.digest == beta.digest
    assert streamed.streams


@pytest.mark.parametrize(
    "other",
    [
        Request("GET", URL),
        Request("POST", URL + "/count_tokens", (), b"{}"),
        Request("POST", "https://x/messages", (), b"{}"),
        Request("POST", URL, (), b"[]"),
        Request("POST", URL, (), b"\xff"),
    ],
)
def test_other_requests_are_not_its_business(other: Request) -> None:
    """Another dialect may know them."""
    assert DIALECT.read_call(other) is None


def test_a_gateway_is_read_without_its_credentials() -> None:
    """Behind any prefix; user and key of the address stay out."""
    call = DIALECT.read_call(Request("POST", "https://u:hunter2@gate.way:8443/a/v1/messages?key=hunter3", (), b"{}"))
    assert call is not None
    assert (call.target, call.name) == ("gate.way:8443", "model")
    assert "hunter" not in repr(call)


# Turns


@STREAMED
@pytest.mark.parametrize(
    ("turn", "stop_reason"),
    [
        (Turn(LONG), "end_turn"),
        (Turn(""), "end_turn"),
        (Turn("I will book.", (BOOKING, ToolCall("toolu_2", "search", "{}")), "tool_calls"), "tool_use"),
        (Turn(LONG, finish="length"), "max_tokens"),
        (Turn("I cannot", finish="refusal"), "refusal"),
    ],
)
def test_the_sdk_believes_a_turn_and_it_is_read_back(turn: Turn, stop_reason: str, *, streamed: bool) -> None:
    """Text, tool calls, reason and usage are what was said, streamed or not."""
    turn = Turn(turn.text, turn.tool_calls, turn.finish, Usage(30, 12, 10), "msg_1", "claude-y")
    message = ask(says(turn), streamed=streamed)
    assert (message.id, message.model, message.role, message.type) == ("msg_1", "claude-y", "assistant", "message")
    assert message.stop_reason == stop_reason
    assert "".join(block.text for block in message.content if block.type == "text") == turn.text
    calls = [block for block in message.content if block.type == "tool_use"]
    assert [(call.id, call.name, call.input) for call in calls] == [
        (call.id, call.name, json.loads(call.arguments)) for call in turn.tool_calls
    ]
    usage = message.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (20, 10, 12)
    assert (message.stop_details is not None) is (stop_reason == "refusal")
    back = DIALECT.read_turn(DIALECT.write_turn(request(streamed=streamed), turn))
    assert back == turn


def test_the_sdk_reads_the_raw_events() -> None:
    """In the order of the API, text and arguments in several pieces."""
    events = list(client(says(Turn(LONG, (BOOKING,), "tool_calls"))).messages.create(**ASKED, stream=True))
    kinds = [event.type for event in events]
    assert [kind for kind in kinds if kind != "content_block_delta"] == [
        "message_start", "content_block_start", "content_block_stop",
        "content_block_start", "content_block_stop", "message_delta", "message_stop",
    ]  # fmt: skip
    assert kinds.count("content_block_delta") > 5
    reply = DIALECT.write_turn(request(streamed=True), Turn("a"))
    assert [event.event for event in sse.parse(reply.body)][1] == "ping", "the SDK skips it, other clients may not"
    pieces = [
        event.delta.partial_json
        for event in events
        if event.type == "content_block_delta" and event.delta.type == "input_json_delta"
    ]
    assert pieces[0] == "", "as the API begins"
    assert "".join(pieces) == BOOKING.arguments


def test_each_piece_of_text_arrives() -> None:
    """The SDK's helpers see deltas that add up."""
    with client(says(Turn(LONG))).messages.stream(**ASKED) as stream:
        assert "".join(stream.text_stream) == LONG


@pytest.mark.parametrize("raw", ['{"city": "Lis', "", "[1]", '"text"'])
@STREAMED
def test_malformed_arguments_stay_as_they_are(raw: str, *, streamed: bool) -> None:
    """Raw text that is no JSON object comes back as the very same text, except that a stream cannot show none."""
    turn = Turn(tool_calls=(ToolCall("toolu_1", "book", raw),), finish="tool_calls")
    back = DIALECT.read_turn(DIALECT.write_turn(request(streamed=streamed), turn))
    assert back is not None
    assert back.tool_calls[0].arguments == (raw if raw or not streamed else "{}")


def test_malformed_arguments_reach_the_caller() -> None:
    """Streamed, the SDK's own parser chokes; in a JSON reply the caller finds text where an object should be."""
    broken = says(Turn(tool_calls=(ToolCall("toolu_1", "book", '{"city": nope}'),), finish="tool_calls"))
    with pytest.raises(ValueError, match="Unable to parse tool parameter JSON"):
        ask(broken, streamed=True)
    assert ask(broken, streamed=False).content[0].input == '{"city": nope}'


def test_what_a_turn_leaves_open_is_derived_from_the_request() -> None:
    """The same request has the same ids, another one has others, two calls differ."""
    turn = Turn(tool_calls=(ToolCall("", "book", "{}"), ToolCall("", "book", "{}")), finish="tool_calls")
    one, same, other = (DIALECT.read_turn(DIALECT.write_turn(request(max_tokens=n), turn)) for n in (1, 1, 2))
    assert one is not None
    assert other is not None
    assert one == same
    assert one.model == "claude-x"
    assert one.id.startswith("msg_")
    assert one.id != other.id
    ids = {call.id for call in (*one.tool_calls, *other.tool_calls)}
    assert len(ids) == 4
    assert all(one.startswith("toolu_") for one in ids)
    assert DIALECT.read_turn(DIALECT.write_turn(Request("POST", URL), turn)) is not None


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("model_context_window_exceeded", "length"),
        ("something_new", "stop"),
        (["odd"], "stop"),
    ],
)
def test_reasons_that_it_never_writes_are_read(reason: Any, finish: Finish) -> None:
    """A real server knows more of them."""
    reply = Reply(200, (), json.dumps({"type": "message", "content": [], "stop_reason": reason}).encode())
    turn = DIALECT.read_turn(reply)
    assert turn is not None
    assert (turn.finish, turn.usage) == (finish, None)


def test_a_filter_is_told_as_a_refusal() -> None:
    """The API has one word for both."""
    message = ask(says(Turn("", finish="content_filter")), streamed=False)
    assert message.stop_reason == "refusal"


def test_a_stream_that_is_cut_says_what_it_got_to() -> None:
    """Part of the text, and that it was not all."""
    whole = DIALECT.write_turn(request(streamed=True), Turn(LONG))
    events, _ = sse.split(whole.body)
    cut = DIALECT.read_turn(whole.with_body(b"".join(events[:5])))
    assert cut is not None
    assert cut.finish == "length"
    assert 0 < len(cut.text) < len(LONG)
    assert LONG.startswith(cut.text)
    assert DIALECT.read_turn(whole.with_body(b"")) is None


def test_the_input_of_a_block_that_has_no_deltas_counts() -> None:
    """Some servers send a short input at once."""
    events = [
        {"type": "message_start", "message": {}},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "tool_use", "name": "t", "input": {"a": 1}},
        },
    ]
    body = sse.render_all(sse.Event(json.dumps(event)) for event in events)
    turn = DIALECT.read_turn(Reply(200, (("content-type", "text/event-stream"),), body))
    assert turn is not None
    assert turn.tool_calls == (ToolCall("", "t", '{"a": 1}'),)


# Results and usage


@STREAMED
@pytest.mark.parametrize(("text", "result"), [('{"a": 1}', {"a": 1}), ("plain", "plain"), ("NaN", "NaN"), ("", "")])
def test_the_result_is_the_text(text: str, result: Any, *, streamed: bool) -> None:
    """Decoded when it is JSON."""
    assert DIALECT.read_result(DIALECT.write_turn(request(streamed=streamed), Turn(text))) == result


@STREAMED
@pytest.mark.parametrize("before", ["", LONG])
@pytest.mark.parametrize(("value", "text"), [("Other " + LONG, "Other " + LONG), ({"é": 1}, '{"é": 1}'), ("", "")])
def test_a_rewritten_result_is_believed(before: str, value: Any, text: str, *, streamed: bool) -> None:
    """The SDK reads the new text; tool calls, usage and ids are as they were."""
    turn = Turn(before, (BOOKING,), "tool_calls", Usage(5, 6, 0), "msg_1", "claude-x")

    def serve(asked: Request) -> Reply:
        return DIALECT.write_result(DIALECT.write_turn(asked, turn), value)

    message = ask(serve, streamed=streamed)
    assert "".join(block.text for block in message.content if block.type == "text") == text
    back = DIALECT.read_turn(serve(request(streamed=streamed)))
    assert back == Turn(text, (BOOKING,), "tool_calls", Usage(5, 6, 0), "msg_1", "claude-x")


def test_all_other_text_goes_and_thinking_stays() -> None:
    """A second text block and citations belong to what was said before."""
    content = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "one", "citations": [{}]},
        {"type": "tool_use", "id": "t", "name": "book", "input": {}},
        {"type": "text", "text": "two"},
    ]
    reply = Reply(200, (), json.dumps({"type": "message", "content": content}).encode())
    written = json.loads(DIALECT.write_result(reply, "new").body)["content"]
    assert written == [content[0], {"type": "text", "text": "new"}, content[2]]


def test_a_streamed_second_text_is_emptied() -> None:
    """And so are citations of the first."""
    start = [
        {"type": "message_start", "message": {"content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
        {"type": "content_block_stop", "index": 0},
    ]
    blocks = [
        event
        for index in (1, 2)
        for event in (
            {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": "old"}},
            {"type": "content_block_delta", "index": index, "delta": {"type": "citations_delta", "citation": {}}},
            {"type": "content_block_delta", "index": index, "delta": {"type": "new_delta"}},
            {"type": "content_block_stop", "index": index},
        )
    ]
    body = sse.render_all(sse.Event(json.dumps(event)) for event in (*start, *blocks))
    reply = Reply(200, (("content-type", "text/event-stream"),), body)
    written = DIALECT.write_result(reply, "new")
    turn = DIALECT.read_turn(written)
    assert turn is not None
    assert turn.text == "new"
    assert b"citation" not in written.body
    assert written.body.count(b'"new_delta"') == 2
    assert written.body.count(b'"hm"') == 1


def test_a_cut_stream_without_text_gets_the_text_at_its_end() -> None:
    """Otherwise the rewrite would change nothing."""
    body = sse.render(sse.Event('{"type": "message_start", "message": {}}'))
    reply = Reply(200, (("content-type", "text/event-stream"),), body)
    turn = DIALECT.read_turn(DIALECT.write_result(reply, "new"))
    assert turn is not None
    assert turn.text == "new"


@pytest.mark.parametrize(
    "reply",
    [Reply(500, (), b"oops"), Reply(200, (), b"[]"), Reply(200, (), b'{"type": "error"}'), Reply(200, (), b'{"a": 1}')],
)
def test_what_is_no_message_has_no_result_and_is_not_rewritten(reply: Reply) -> None:
    """So that a fault which changes nothing does not count as fired."""
    assert DIALECT.read_result(reply) is None
    assert DIALECT.read_turn(reply) is None
    assert DIALECT.read_usage(reply) is None
    assert DIALECT.write_result(reply, "x") is reply


def test_cached_tokens_count_as_input() -> None:
    """The API counts them beside the rest; a budget is for all of them."""
    usage = {"input_tokens": 1, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 100, "output_tokens": 7}
    reply = Reply(200, (), json.dumps({"type": "message", "usage": usage}).encode())
    assert DIALECT.read_usage(reply) == Usage(111, 7, 100)


# Problems


@pytest.mark.parametrize(
    ("kind", "status", "error", "type_"),
    [
        ("rate_limited", 429, anthropic.RateLimitError, "rate_limit_error"),
        ("quota", 400, anthropic.BadRequestError, "invalid_request_error"),
        ("overloaded", 529, anthropic._exceptions.OverloadedError, "overloaded_error"),
        ("unavailable", 503, anthropic._exceptions.ServiceUnavailableError, "api_error"),
        ("server_error", 500, anthropic.InternalServerError, "api_error"),
        ("timeout", 504, anthropic._exceptions.GatewayTimeoutError, "timeout_error"),
        ("unauthorized", 401, anthropic.AuthenticationError, "authentication_error"),
        ("forbidden", 403, anthropic.PermissionDeniedError, "permission_error"),
        ("not_found", 404, anthropic.NotFoundError, "not_found_error"),
        ("bad_request", 400, anthropic.BadRequestError, "invalid_request_error"),
        ("conflict", 409, anthropic.ConflictError, "conflict_error"),
        ("content_filter", 400, anthropic.BadRequestError, "invalid_request_error"),
    ],
)
@STREAMED
def test_the_sdk_raises_its_own_error(
    kind: ProblemKind, status: int, error: type[anthropic.APIStatusError], type_: str, *, streamed: bool
) -> None:
    """With the type, the message and the request id of the API."""
    with pytest.raises(error) as caught:
        ask(lambda asked: DIALECT.problem(asked, Problem(kind)), streamed=streamed)
    assert (caught.value.status_code, caught.value.type) == (status, type_)
    assert caught.value.api_message
    assert (caught.value.request_id or "").startswith("req_")
    assert json.loads(caught.value.response.content)["request_id"] == caught.value.request_id


def test_the_sdk_obeys_the_headers() -> None:
    """It retries after as long as it is told, and does not retry what is hopeless."""
    seen: list[Request] = []
    waits: list[float] = []
    sdk = client(lambda asked: DIALECT.problem(asked, Problem("rate_limited", retry_after_s=0.25)), seen, max_retries=2)
    sdk._sleep_for_retry = lambda **given: waits.append(  # type: ignore[method-assign]
        sdk._calculate_retry_timeout(
            given["max_retries"] - given["retries_taken"], given["options"], given["response"].headers
        )
    )
    with pytest.raises(anthropic.RateLimitError):
        sdk.messages.create(**ASKED)
    assert len(seen) == 3
    assert waits == [0.25, 0.25]
    seen.clear()
    with pytest.raises(anthropic.BadRequestError, match="credit balance"):
        client(lambda asked: DIALECT.problem(asked, Problem("quota")), seen, max_retries=2).messages.create(**ASKED)
    assert len(seen) == 1
    spent = DIALECT.problem(request(), Problem("quota", status=429))
    assert spent.header("x-should-retry") == "false", "whatever its status, more money is needed first"


def test_a_rate_limit_tells_what_is_left() -> None:
    """Agents that read these headers find them."""
    headers = dict(DIALECT.problem(request(), Problem("rate_limited", retry_after_s=30.0)).headers)
    assert headers["retry-after"] == "30"
    assert headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert headers["anthropic-ratelimit-input-tokens-limit"] == "30000"
    assert headers["anthropic-ratelimit-output-tokens-reset"] == "2026-01-01T00:00:30Z"
    open_end = dict(DIALECT.problem(request(), Problem("rate_limited")).headers)
    assert "retry-after" not in open_end
    assert open_end["anthropic-ratelimit-requests-reset"] == "2026-01-01T00:01:00Z"
    assert not any(
        key.startswith("anthropic-ratelimit") for key, _ in DIALECT.problem(request(), Problem("overloaded")).headers
    )


def test_a_problem_may_bring_its_own_words_and_status() -> None:
    """A scenario that reproduces an incident quotes it; braces in a quotation are just braces."""
    reply = DIALECT.problem(request(), Problem("server_error", status=502, message="{bad} gateway"))
    assert reply.status == 502
    assert json.loads(reply.body)["error"] == {"details": None, "type": "api_error", "message": "{bad} gateway"}
    unknown = DIALECT.problem(request(), Problem("not_found"))
    assert json.loads(unknown.body)["error"]["message"] == "model: claude-x"
    assert DIALECT.problem(Request("POST", URL), Problem("not_found")).status == 404


def test_an_error_in_mid_stream_is_the_sdks_error() -> None:
    """After the first pieces have been read."""

    def serve(asked: Request) -> Reply:
        whole = DIALECT.write_turn(asked, Turn(LONG))
        events, _ = sse.split(whole.body)
        return whole.with_body(b"".join(events[:5]) + DIALECT.error_event("Overloaded"))

    got: list[Any] = []
    with pytest.raises(anthropic.APIStatusError, match="Overloaded") as caught:
        got.extend(event for event in client(serve).messages.create(**ASKED, stream=True))
    assert caught.value.type == "overloaded_error"
    assert len(got) == 4


# Any bytes

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "index", "delta", "message", "content", "content_block", "text", "usage", "model", "tools"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "message_start",
                "content_block_start",
                "content_block_delta",
                "content_block_stop",
                "message_delta",
                "message",
            ]
        )
    },
    optional={
        "index": st.integers(0, 2) | VALUES,
        "message": VALUES,
        "content": VALUES,
        "delta": VALUES,
        "content_block": VALUES | st.just({"type": "text"}),
        "usage": VALUES,
    },
)


@given(
    body=st.binary() | VALUES.map(lambda value: json.dumps(value).encode()),
    events=st.lists(EVENTS.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20), max_size=6),
)
def test_no_bytes_make_it_raise(body: bytes, events: list[bytes]) -> None:
    """An odd reply must never become the plugin's error."""
    asked = Request("POST", URL, (), body)
    if (call := DIALECT.read_call(asked)) is not None:
        assert call.digest
    DIALECT.write_turn(asked, Turn("a", (BOOKING,)))
    assert DIALECT.problem(asked, Problem("not_found")).body
    streamed = Reply(
        200, (("content-type", "text/event-stream"),), b"".join(b"data: " + one + b"\n\n" for one in events)
    )
    for reply in (streamed, Reply(200, (), body), *(Reply(200, (), event) for event in events)):
        DIALECT.read_turn(reply)
        DIALECT.read_result(reply)
        DIALECT.read_usage(reply)
        written = DIALECT.write_result(reply, "new")
        assert written is reply or DIALECT.read_result(written) == "new"


@pytest.mark.parametrize("odd", [[], {}, None, 1])
def test_a_type_that_is_no_text_does_not_make_a_rewrite_raise(odd: object) -> None:
    """Found by chance among odd replies: a list cannot be looked up in a set."""
    begun = b'data: {"type":"message_start","message":{}}\n\n'
    blocks = [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": odd}},
        {"type": odd},
    ]
    body = begun + b"".join(b"data: " + json.dumps(block).encode() + b"\n\n" for block in blocks)
    reply = Reply(200, (("content-type", "text/event-stream"),), body)
    assert DIALECT.read_result(DIALECT.write_result(reply, "new")) == "new"
