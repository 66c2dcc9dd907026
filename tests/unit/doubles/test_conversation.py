"""What a model is asked reads the same in every dialect."""

import pytest

from pytest_agentchaos.dialects.base import ToolCall
from pytest_agentchaos.dialects.openai_http import call_id, digest
from pytest_agentchaos.doubles.conversation import Message, ModelRequest, read_messages

CALL = ToolCall("c1", "search", '{"city": "Lisbon"}')
EXPECTED = (
    Message("system", "Be kind."),
    Message("user", "Lisbon, please"),
    Message("assistant", "I look.", (CALL,)),
    Message("tool", "two flights", tool_call_id="c1"),
)
RESPONSES = {
    "instructions": "Be kind.",
    "input": [
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "Lisbon, "}, {"type": "input_text", "text": "please"}],
        },
        {"type": "reasoning", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
        {"type": "function_call", "call_id": "c1", "name": "search", "arguments": '{"city": "Lisbon"}'},
        {"type": "function_call_output", "call_id": "c1", "output": "two flights"},
    ],
}
CHAT = {
    "messages": [
        {"role": "developer", "content": "Be kind."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Lisbon, please"}, {"type": "image_url", "image_url": {}}],
        },
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {"id": "c1", "function": {"name": "search", "arguments": '{"city": "Lisbon"}'}},
                {"id": "c2"},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "two flights"},
    ]
}
ANTHROPIC = {
    "system": [{"type": "text", "text": "Be kind."}],
    "messages": [
        {"role": "user", "content": "Lisbon, please"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "c1", "name": "search", "input": {"city": "Lisbon"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "two flights"}]}
            ],
        },
    ],
}


def asked(body, dialect="openai-responses"):
    """The view of a request."""
    return ModelRequest(dialect, "gpt-5", read_messages(dialect, body), (), body)


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("openai-responses", RESPONSES),
        ("openai-chat", CHAT),
        ("anthropic-messages", ANTHROPIC),
        ("of-somebody-else", CHAT),
    ],
)
def test_every_dialect_reads_the_same(dialect, body):
    """Roles, text, calls and results are neutral."""
    request = asked(body, dialect)
    assert request.messages == EXPECTED
    assert request.last_user == "Lisbon, please"
    assert request.tool_results == EXPECTED[3:]
    assert request.turn == 1


def test_text_alone_is_what_the_user_says():
    """The short form of the Responses API; also anthropic's short forms."""
    assert asked({"input": "hi"}).messages == (Message("user", "hi"),)
    assert asked({}).last_user == ""
    body = {"system": "s", "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": ""}]}
    assert read_messages("anthropic-messages", body) == (
        Message("system", "s"),
        Message("user", "hi"),
        Message("assistant"),
    )


def test_refusals_are_text():
    """In what the agent sends back, a refusal is what the model said."""
    body = {"messages": [{"role": "assistant", "refusal": "no"}]}
    assert read_messages("openai-chat", body) == (Message("assistant", "no"),)
    body = {"input": [{"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}]}
    assert read_messages("openai-responses", body) == (Message("assistant", "no"),)


def item(number, position):
    """A call that the model made in one of its turns, and its result."""
    call = call_id(digest(str(number).encode()), position)
    return [
        {"type": "function_call", "call_id": call, "name": "a", "arguments": "{}"},
        {"type": "function_call_output", "call_id": call, "output": ""},
    ]


def test_calls_of_one_turn_count_once_however_they_come_back():
    """First all calls and then all results, or each call with its result: it is one turn."""
    (a, ra), (b, rb), (c, rc) = item(1, 0), item(1, 1), item(2, 0)
    assert asked({"input": [a, b, ra, rb]}).turn == 1
    assert asked({"input": [a, ra, b, rb]}).turn == 1
    assert asked({"input": [a, ra, b, rb, c, rc]}).turn == 2
    assert asked({"input": [a, b, ra, rb, c, rc, {"role": "assistant", "content": "x"}]}).turn == 3


def test_consecutive_messages_of_the_assistant_count_each():
    """In Chat Completions every message is a turn."""
    said = {"role": "assistant", "content": "x"}
    assert asked({"messages": [said, said, said]}, "openai-chat").turn == 3


def test_a_request_names_itself():
    """Long texts are cut."""
    assert str(asked({"input": "hi"})) == "turn 1 of the conversation about 'hi' (openai-responses, model gpt-5)"
    assert len(str(asked({"input": "hi" * 999}))) < 200
