"""What a span is: by the conventions of today and of yesterday, and by those of others."""

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.spans.conventions import call_kind, requested_model, subject, tokens, what


def span(name, **attributes):
    """One with these attributes; two underscores stand for a dot."""
    return Story().span(name, attributes={key.replace("__", "."): value for key, value in attributes.items()})


@pytest.mark.parametrize(
    ("made", "is_", "about"),
    [
        (span("chat gpt-5", gen_ai__operation__name="chat", gen_ai__request__model="gpt-5"), "model", "gpt-5"),
        (span("chat gpt-5"), "model", "gpt-5"),
        (span("chat"), "model", "chat"),
        (span("generate_content gemini"), "model", "gemini"),
        (span("text_completion", gen_ai__response__model="m-2", gen_ai__request__model="m"), "model", "m-2"),
        (span("openai.response", gen_ai__request__model="gpt-5", llm__request__type="chat"), "model", "gpt-5"),
        (span("ChatCompletion", openinference__span__kind="LLM", llm__model_name="gpt-5"), "model", "gpt-5"),
        (span("Chat Completion with 'gpt-5'", gen_ai__request__model="gpt-5"), "model", "gpt-5"),
        (span("execute_tool book"), "tool", "book"),
        (span("anything", gen_ai__operation__name="execute_tool", gen_ai__tool__name="book"), "tool", "book"),
        (span("book", openinference__span__kind="TOOL", tool__name="book"), "tool", "book"),
        (span("book.tool", traceloop__span__kind="tool", traceloop__entity__name="book"), "tool", "book"),
        (span("invoke_agent flights"), "agent", "flights"),
        (span("x", openinference__span__kind="AGENT", agent__name="flights"), "agent", "flights"),
        (span("invoke_workflow trip", gen_ai__workflow__name="trip"), "workflow", "trip"),
        (span("plan trip"), "plan", "trip"),
        (span("MCP send tools/call book", mcp__method__name="tools/call"), "mcp", "book"),
        (span("tools/call book", mcp__method__name="tools/call", gen_ai__tool__name="b"), "mcp", "b"),
        (span("POST", http__request__method="POST"), "http", "POST"),
        (span("create_agent flights"), "other", "flights"),
        (span("embeddings text-3", gen_ai__operation__name="embeddings"), "other", "text-3"),
        (span("chat x", gen_ai__operation__name="embeddings"), "other", "x"),
        (span("grpc/Echo", rpc__method="Echo", rpc__system="grpc"), "other", "grpc/Echo"),
        (span("chain", openinference__span__kind="CHAIN"), "other", "chain"),
        (span("chat x", gen_ai__operation__name=["chat"], gen_ai__tool__name=7), "other", "x"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_span_tells_of(made, is_, about):
    """Its operation goes first, then attributes of others, then its name."""
    assert (what(made), subject(made)) == (is_, about)


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (span("chat gpt-5"), "model"),
        (span("execute_tool book"), "tool"),
        (span("invoke_agent flights"), "agent"),
        (span("MCP send tools/call book", mcp__method__name="tools/call"), "tool"),
        (span("MCP send tools/call book"), "tool"),
        (span("MCP send tools/list", mcp__method__name="tools/list"), None),
        (span("MCP send initialize", mcp__method__name=3), None),
        (span("invoke_workflow trip"), None),
        (span("POST"), None),
    ],
)
def test_the_calls_that_it_could_tell_of(made, kind):
    """Of MCP's messages only the calls of tools are calls of tools."""
    assert call_kind(made) == kind


@pytest.mark.parametrize(
    ("attributes", "count"),
    [
        ({"gen_ai__usage__input_tokens": 3, "gen_ai__usage__output_tokens": 4}, (3, 4)),
        ({"gen_ai__usage__prompt_tokens": 3, "gen_ai__usage__completion_tokens": 4}, (3, 4)),
        ({"llm__usage__prompt_tokens": 3, "llm__usage__completion_tokens": 4}, (3, 4)),
        ({"llm__token_count__prompt": 3, "llm__token_count__completion": 4}, (3, 4)),
        ({"gen_ai__usage__input_tokens": 3.0}, (3, 0)),
        ({"gen_ai__usage__output_tokens": 0}, (0, 0)),
        ({}, None),
        ({"gen_ai__usage__input_tokens": "many", "gen_ai__usage__output_tokens": True}, None),
        ({"gen_ai__usage__input_tokens": float("nan"), "gen_ai__usage__output_tokens": 10**400}, None),
        ({"gen_ai__usage__input_tokens": -1, "gen_ai__usage__output_tokens": [3]}, None),
    ],
)
def test_how_many_tokens_it_tells(attributes, count):
    """Under whatever name; what cannot be a number of tokens is none."""
    assert tokens(span("chat gpt-5", **attributes)) == count


def test_the_model_that_was_asked_for():
    """It need not be the one that answered."""
    assert requested_model(span("chat", gen_ai__request__model="gpt-5", gen_ai__response__model="gpt-5-1")) == "gpt-5"
    assert requested_model(span("chat", gen_ai__request__model=5)) is None
