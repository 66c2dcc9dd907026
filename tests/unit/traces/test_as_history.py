"""A trace as a history: which spans are calls, of whom, how they ended, and what nobody recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import runs
from pytest_agentchaos.evidence.spans.span import Span, spans
from pytest_agentchaos.traces.as_history import NOT_RECORDED, as_history, is_ambiguous

EPOCH_S = 1_790_000_000.0


class Trace:
    """Spans of one trace, told in order: each as long as it is told to be."""

    def __init__(self):
        self.spans = []

    def span(self, name, start_s=0.0, end_s=1.0, parent=None, **more):
        """One span; times in seconds since the first."""
        made = Span(
            trace_id="0a" * 16,
            span_id=f"{len(self.spans) + 1:016x}",
            parent_id=parent.span_id if parent else "",
            name=name,
            start_s=EPOCH_S + start_s,
            end_s=None if end_s is None else EPOCH_S + end_s,
            service="travel",
            **more,
        )
        self.spans.append(made)
        return made

    def tool(self, name="search", start_s=0.0, end_s=1.0, parent=None, **attributes):
        """A tool's span; two underscores stand for a dot."""
        told = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}
        more = {key.replace("__", "."): value for key, value in attributes.items()}
        return self.span(f"execute_tool {name}", start_s, end_s, parent, attributes={**told, **more})

    def calls(self, **which):
        """The calls in its history."""
        return as_history(self.spans).calls(**which)


@pytest.fixture
def trace():
    """To be told."""
    return Trace()


def _kinds(history):
    return [op.kind for op in history]


def test_a_tool_span_is_a_call_with_its_arguments_and_its_result(trace):
    """As the conventions write them: JSON in texts."""
    root = trace.span("invoke_agent planner", 0, 9)
    trace.tool(
        "book_flight",
        1,
        2,
        root,
        gen_ai__tool__call__arguments='{"flight": "LX1"}',
        gen_ai__tool__call__result='{"booking": "B1"}',
        server__address="tools.example",
    )
    (call,) = trace.calls(kind="tool")
    assert (call.call.name, call.call.target, call.call.agent) == ("book_flight", "tools.example", ("planner",))
    assert dict(call.call.arguments) == {"flight": "LX1"}
    assert (call.ending, call.data["status"], call.data["result"]) == ("ok", 200, {"booking": "B1"})
    assert (call.at_s, call.ended_s) == (1.0, 2.0)
    assert call.call.traceparent == f"00-{'0a' * 16}-{2:016x}-01"


def test_a_model_span_is_a_call_with_its_usage_and_what_it_asks_for(trace):
    """Tokens, the reason why it ended, tools that were offered and asked for."""
    trace.span(
        "chat gpt-5",
        kind="client",
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-5",
            "gen_ai.response.model": "gpt-5-2026",
            "gen_ai.provider.name": "openai",
            "gen_ai.usage.input_tokens": 812,
            "gen_ai.usage.output_tokens": 40,
            "gen_ai.usage.cache_read.input_tokens": 512,
            "gen_ai.response.finish_reasons": ["tool_call"],
            "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "hello"}]}]',
            "gen_ai.output.messages": '[{"role": "assistant", "parts": [{"type": "tool_call", "name": "search",'
            ' "arguments": {"city": "Rome"}}]}]',
            "gen_ai.tool.definitions": '[{"type": "function", "name": "search", "parameters": {"type": "object"}}]',
        },
    )
    (call,) = trace.calls(kind="model")
    assert (call.call.name, call.call.target) == ("gpt-5", "openai")
    assert call.call.offers == ("search",)
    assert call.call.schemas == {"search": {"type": "object"}}
    assert call.data["usage"] == {"input_tokens": 812, "output_tokens": 40, "cached_tokens": 512}
    assert call.data["finish"] == "tool_call"
    assert call.data["tool_calls"] == [{"name": "search", "arguments": '{"city": "Rome"}'}]
    assert call.call.arguments["input"][0]["role"] == "user"


def test_agents_are_a_path_and_the_outermost_is_the_run_itself(trace):
    """One beneath another is called by it."""
    root = trace.span("invoke_agent planner", 0, 9)
    step = trace.span("some step", 0, 9, root)
    inner = trace.span("invoke_agent flights", 1, 8, step)
    trace.tool("search", 2, 3, inner)
    (agent,) = trace.calls(kind="agent")
    assert (agent.call.name, agent.call.agent) == ("flights", ("planner",))
    (tool,) = trace.calls(kind="tool")
    assert tool.call.agent == ("planner", "flights")


def test_an_agent_beneath_a_workflow_is_called_by_it(trace):
    """The workflow is the run."""
    root = trace.span("invoke_workflow trip", 0, 9)
    trace.span("invoke_agent planner", 1, 2, root)
    assert [call.call.name for call in trace.calls(kind="agent")] == ["planner"]


def test_the_servers_word_on_an_agent_is_not_another_call(trace):
    """A client's span, and that of the process which it called, tell of one invocation."""
    root = trace.span("invoke_workflow trip", 0, 9)
    client = trace.span("invoke_agent flights", 1, 8, root, kind="client")
    http = trace.span("POST", 2, 7, client, kind="client", attributes={"http.request.method": "POST"})
    server = trace.span("invoke_agent flights", 3, 6, http)
    trace.tool("search", 4, 5, server)
    assert len(trace.calls(kind="agent")) == 1
    (tool,) = trace.calls(kind="tool")
    assert tool.call.agent == ("flights",)


def test_an_agent_that_calls_itself_is_called_each_time(trace):
    """A loop of delegations must not look like one invocation."""
    inner = trace.span("invoke_agent planner", 0, 9)
    for level in range(1, 5):
        inner = trace.span("invoke_agent planner", level, 9 - level, inner)
    assert len(trace.calls(kind="agent")) == 4


def test_what_goes_over_the_wire_beneath_a_tool_is_an_attempt_at_it(trace):
    """MCP by client and server, HTTP, and the server's own tool span: one call in all."""
    tool = trace.tool("search", 0, 9)
    client = trace.span("MCP send tools/call search", 1, 8, tool, kind="client")
    http = trace.span("POST", 2, 7, client, kind="client", attributes={"http.request.method": "POST"})
    server = trace.span("tools/call search", 3, 6, http, kind="server")
    trace.tool("search", 4, 5, server)
    assert [call.call.kind for call in trace.calls()] == ["tool"]


def test_a_tool_that_asks_a_model_or_another_tool_makes_calls_of_its_own(trace):
    """They are not attempts at it."""
    tool = trace.tool("research", 0, 9)
    trace.span("chat gpt-5", 1, 2, tool)
    trace.tool("search", 3, 4, tool)
    assert [call.call.name for call in trace.calls()] == ["research", "gpt-5", "search"]


def test_a_model_span_within_a_model_span_is_the_same_call(trace):
    """A framework and the instrumentation of its SDK both tell of it."""
    outer = trace.span("chat gpt-5", 0, 9)
    trace.span("chat gpt-5", 1, 8, outer)
    trace.span("POST", 2, 7, outer, kind="client", attributes={"http.request.method": "POST"})
    assert len(trace.calls()) == 1


def test_mcp_and_http_that_stand_alone_are_calls(trace):
    """Nothing above tells of them. What comes in over HTTP is no call."""
    root = trace.span("POST /ask", 0, 9, kind="server", attributes={"http.request.method": "POST"})
    listing = {"mcp.method.name": "tools/list"}
    trace.span("tools/list", 1, 2, root, kind="client", attributes=listing)
    trace.span("tools/call search", 3, 4, root, attributes={"mcp.method.name": "tools/call", "mcp.tool.name": "search"})
    trace.span("GET", 5, 6, root, kind="client", attributes={"http.request.method": "GET", "server.address": "x.org"})
    told = [(call.call.kind, call.call.name, call.call.target) for call in trace.calls()]
    assert [kind for kind, _, _ in told] == ["rpc", "tool", "http"]
    assert told[1][1] == "search"
    assert told[2][2] == "x.org"


@pytest.mark.parametrize(
    ("attributes", "status", "ending", "data"),
    [
        ({"error.type": "tool_error"}, "error", "ok", {"status": 200, "failure": "tool_error: sold out"}),
        ({"error.type": "503"}, "error", "ok", {"status": 503, "error": "503: sold out"}),
        ({"http.response.status_code": 429}, "error", "ok", {"status": 429, "error": "sold out"}),
        ({"error.type": "_OTHER", "http.response.status_code": 200}, "error", "info", {"error": "_OTHER: sold out"}),
        ({"error.type": "TimeoutError"}, "error", "info", {"error": "TimeoutError: sold out"}),
        ({}, "error", "info", {"error": "sold out"}),
    ],
    ids=["the tool says so", "status as type", "status", "status of success", "exception", "no type"],
)
def test_how_a_call_went_wrong(trace, attributes, status, ending, data):
    """An exception in the caller does not say whether the callee did it: nobody knows."""
    trace.tool("book", **{key.replace(".", "__"): value for key, value in attributes.items()})
    trace.spans[0] = replace(trace.spans[0], status=status, message="sold out")
    (call,) = trace.calls(kind="tool")
    assert call.ending == ending
    assert {key: value for key, value in call.data.items() if key != "result"} == data


def test_a_span_that_never_ended_leaves_its_call_open(trace):
    """And its run without an end."""
    root = trace.span("invoke_agent planner", 0, None)
    trace.tool("search", 1, None, root)
    history = as_history(trace.spans)
    assert history.calls(kind="tool")[0].ending == "open"
    assert history.view(runs) == ()
    assert [seen.span.end_s for seen in history.view(spans).seen] == [None, None]


def test_each_root_ends_a_run(trace):
    """Completed, or raised when it says error."""
    trace.span("invoke_agent planner", 0, 1)
    trace.span(
        "invoke_agent planner", 2, 3, status="error", message="no money", attributes={"error.type": "ValueError"}
    )
    assert [(run.ending, run.error, run.at_s) for run in as_history(trace.spans).view(runs)] == [
        ("completed", None, 1.0),
        ("raised", "ValueError: no money", 3.0),
    ]


def test_ops_stand_in_the_order_of_time_and_the_clock_begins_with_the_first_span(trace):
    """However the export orders them."""
    root = trace.span("invoke_agent planner", 5, 9)
    trace.tool("b", 7, 8, root)
    trace.tool("a", 6, 6.5, root)
    history = as_history(trace.spans[::-1])
    assert [op.at_s for op in history] == sorted(op.at_s for op in history)
    assert history[0].at_s == 1.0
    assert [call.call.name for call in history.calls()] == ["a", "b"]
    assert {seen.span.start_s for seen in history.view(spans).seen} == {0.0, 1.0, 2.0}
    assert _kinds(history) == ["invoke", "ok", "span", "invoke", "ok", "span", "span", "note"]
    assert history.mode == "trace"


def test_in_virtual_time_where_all_happens_at_once_calls_are_nested_and_one_after_the_other(trace):
    """No clock moves, and still each ends before the next begins, and all before the run."""
    root = trace.span("invoke_workflow trip", 0, 0)
    agent = trace.span("invoke_agent planner", 0, 0, root)
    trace.tool("a", 0, 0, agent)
    trace.tool("b", 0, 0, agent)
    history = as_history(trace.spans)
    told = [op.call.name if op.call else op.kind for op in history if op.kind != "span"]
    assert told == ["planner", "a", "ok", "b", "ok", "ok", "note"]


def test_a_span_that_was_exported_twice_is_one_call(trace):
    """An exporter sends a batch again whose answer was lost; the second copy stays visible as a span."""
    tool = trace.tool("book")
    history = as_history([tool, tool])
    assert len(history.calls()) == 1
    assert len(history.view(spans).seen) == 2


def test_two_different_spans_with_one_id_are_two_calls(trace):
    """An id that collides hides nothing."""
    tool = trace.tool("book")
    history = as_history([tool, replace(tool, name="execute_tool cancel", attributes={})])
    assert [call.call.name for call in history.calls()] == ["book", "cancel"]


def test_hostile_shapes_are_told_as_they_are(trace):
    """A ring, a span that is its own parent, a parent that is nowhere, an end before the beginning, times of no use."""
    one, two = trace.tool("a", 1, 2), trace.tool("b", 1, 2)
    ring = [replace(one, parent_id=two.span_id), replace(two, parent_id=one.span_id)]
    own = replace(trace.tool("c"), parent_id=f"{3:016x}")
    orphan = replace(trace.tool("d", 5, 4), parent_id="ff" * 8)
    timeless = replace(trace.tool("e"), start_s=float("nan"), end_s=float("inf"))
    history = as_history([*ring, own, orphan, timeless])
    assert sorted(call.call.name for call in history.calls()) == ["a", "b", "c", "d", "e"]
    assert all(call.ended_s >= call.at_s for call in history.calls())
    assert History.from_jsonl(history.to_jsonl()).digest() == history.digest()


def test_hostile_attributes_are_told_as_they_are(trace):
    """Values of any type where texts and numbers are due."""
    hostile = {
        "gen_ai.tool.name": ["x"],
        "gen_ai.usage.input_tokens": "many",
        "error.type": {"a": 1},
        "server.address": 7,
    }
    for operation in ("chat", "execute_tool", "invoke_agent"):
        contents = {
            "gen_ai.tool.definitions": '[1, {"name": 2}, {"function": 3}]',
            "gen_ai.output.messages": '[{"parts": [1]}]',
        }
        attributes = {
            **hostile,
            **contents,
            "gen_ai.operation.name": operation,
            "gen_ai.tool.call.arguments": "[" * 5_000,
        }
        trace.span("x", attributes=attributes, events=({"at_s": "never"}, {}))
    history = as_history(trace.spans)
    assert len(history.calls()) == 2
    assert History.from_jsonl(history.to_jsonl()).digest() == history.digest()


def test_a_trace_that_nests_without_end_is_read_in_linear_space(trace):
    """The path of agents has a bound, and nothing is done by recursion."""
    inner = None
    for _ in range(5_000):
        inner = trace.span("invoke_agent planner", 0, 9, inner)
    trace.tool("search", 1, 2, inner)
    (tool,) = trace.calls(kind="tool")
    assert len(tool.call.agent) == 32


def test_no_spans_are_an_empty_history():
    """Nothing to tell."""
    assert len(as_history([])) == 0


def _polls(trace, **attributes):
    root = trace.span("invoke_agent planner", 0, 99)
    for number in range(6):
        trace.tool("poll", number, number + 0.5, root, **attributes)


def _both(trace):
    return [as_history(trace.spans, unrecorded=unrecorded) for unrecorded in ("same", "different")]


def test_what_is_not_recorded_is_not_taken_for_equal_or_empty(trace):
    """Six calls without arguments in the trace: perhaps the same, perhaps not, and both are told."""
    _polls(trace)
    same, different = _both(trace)
    assert is_ambiguous(same)
    retries = invariants.at_most("retries", 3)
    assert retries.check(same).status == "fail"
    assert retries.check(different).status == "pass"
    (first, *_) = different.calls(kind="tool")
    assert list(first.call.arguments) == [NOT_RECORDED]
    assert list(first.data["result"]) == [NOT_RECORDED]


def test_with_contents_recorded_nothing_is_ambiguous(trace):
    """The two histories are one."""
    _polls(trace, gen_ai__tool__call__arguments='{"job": 1}', gen_ai__tool__call__result='"running"')
    same, different = _both(trace)
    assert not is_ambiguous(same)
    assert same.calls(kind="tool") == different.calls(kind="tool")


def test_results_that_are_not_recorded_make_equal_calls_ambiguous(trace):
    """Polling whose results change is no loop."""
    _polls(trace, gen_ai__tool__call__arguments='{"job": 1}')
    assert is_ambiguous(_both(trace)[0])


def test_prompts_of_different_lengths_are_different_prompts(trace):
    """Token counts are known where contents are not."""
    root = trace.span("invoke_agent planner", 0, 99)
    for number in range(6):
        tokens = {"gen_ai.usage.input_tokens": 100 * number, "gen_ai.usage.output_tokens": 5}
        trace.span("chat gpt-5", number, number + 0.5, root, attributes=tokens)
    same, _ = _both(trace)
    assert not is_ambiguous(same)
    assert invariants.at_most("retries", 0).check(same).status == "pass"
