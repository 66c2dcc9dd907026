"""Which span tells of which call: by trace context, else by name and time."""

import json

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.spans.join import join


@pytest.fixture
def story():
    """A new one."""
    return Story()


def sent_by(span):
    """The trace context of a call that is made inside of a span."""
    return f"00-{span.trace_id}-{span.span_id}-01"


def pairs(story):
    """The op of each call that should be told of -> the name of the span that tells of it, and how that is known."""
    told = story.history.view(join).told
    return {one.exchange.index: (one.span and one.span.span.name, one.by) for one in told}


def names(story):
    """The same without how."""
    return [name for name, _ in pairs(story).values()]


# --- by trace context -------------------------------------------------------------------------------------------------


def test_a_call_is_told_by_the_span_that_sent_it(story):
    """Whatever the times say: the context is exact."""
    outer = story.span("execute_tool book", start_s=50.0, end_s=60.0)
    story.call("book", traceparent=sent_by(outer)).ok()
    assert pairs(story) == {1: ("execute_tool book", "context")}


def test_what_stands_between_is_passed_through(story):
    """A transport's span sent it, inside of the user's own, inside of the model's."""
    chat = story.span("chat gpt-5")
    own = story.span("my retry loop", parent=chat)
    http = story.span("POST", parent=own, attributes={"http.request.method": "POST"})
    story.ask("hello", traceparent=sent_by(http)).says("hi")
    assert pairs(story) == {3: ("chat gpt-5", "context")}


def test_a_span_of_another_kind_tells_nothing_and_hides_what_is_around_it(story):
    """A tool's span around a model call does not tell of it, and neither does the chat around that tool."""
    chat = story.span("chat gpt-5", start_s=0.0, end_s=0.0)
    tool = story.span("execute_tool think", parent=chat)
    story.wait(10).ask("hello", traceparent=sent_by(tool)).says("hi")
    assert names(story) == [None]


def test_the_tool_that_calls_a_tool_does_not_tell_of_it(story):
    """The name has to fit; what a framework puts before it does no harm."""
    outer = story.span("execute_tool ask_planner")
    story.wait(10).call("search", traceparent=sent_by(outer)).ok()
    story.call("planner", traceparent=sent_by(outer)).ok()
    assert names(story) == [None, "execute_tool ask_planner"]


def test_an_mcp_span_tells_of_a_tool_call(story):
    """As the mcp SDK writes it; the framework's span around it tells of the same call."""
    outer = story.span("execute_tool book")
    client = story.span("MCP send tools/call book", parent=outer, attributes={"mcp.method.name": "tools/call"})
    story.span("tools/call book", parent=client, attributes={"gen_ai.operation.name": "execute_tool"}, kind="server")
    story.call("book", traceparent=sent_by(client)).ok()
    joined = story.history.view(join)
    assert pairs(story) == {3: ("MCP send tools/call book", "context")}
    assert [len(tellers) for tellers in joined.tellers.values()] == [3]
    assert joined.silent == ()


def test_attempts_may_share_a_span_and_different_calls_may_not(story):
    """A span around a retry loop is right; one around two questions hides one of them."""
    chat = story.span("chat gpt-5", end_s=20.0)
    for prompt in ("one", "one", "two"):
        story.ask(prompt, traceparent=sent_by(chat)).refused()
    told = story.history.view(join).told
    assert [(one.span is not None, one.shared) for one in told] == [(True, False), (True, True), (False, False)]


def test_an_agent_is_told_by_its_own_span_and_not_by_its_callers(story):
    """Both are invocations of agents; only one is of this one."""
    caller = story.span("invoke_agent planner", end_s=9.0)
    callee = story.span("invoke_agent flights", parent=caller, end_s=8.0)
    story.call("flights", kind="agent", traceparent=sent_by(callee)).ok()
    story.wait(20).call("hotels", kind="agent", traceparent=sent_by(caller)).ok()
    assert names(story) == ["invoke_agent flights", None]


def test_a_damaged_context_is_as_none_and_is_told(story):
    """The call is joined by time then."""
    story.call("book", traceparent="00-nonsense").ok()
    story.span("execute_tool book", start_s=0.0)
    assert pairs(story) == {0: ("execute_tool book", "name")}
    assert story.history.view(join).damaged == (0,)


def test_other_calls_are_told_of_where_a_span_of_the_history_sent_them(story):
    """A plain request needs no span, but may have one."""
    span = story.span("GET", attributes={"http.request.method": "GET"})
    story.call("GET /health", kind="http", traceparent=sent_by(span)).ok()
    story.call("GET /health", kind="http").ok()
    story.call("GET /health", kind="http", traceparent=f"00-{'a' * 32}-{'b' * 16}-01").ok()
    assert pairs(story) == {1: ("GET", "context")}


# --- by name and time -------------------------------------------------------------------------------------------------


def test_without_context_the_span_that_was_open_tells(story):
    """Of the right kind and name, one to one in the order of time."""
    for _ in range(2):
        story.call("book", flight="LX1").wait(1).ok()
        story.span("execute_tool book", start_s=story.now_s - 1, span_id=f"{story.now_s}")
    assert [one.span.span.span_id for one in story.history.view(join).told] == ["1.0", "2.0"]


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("execute_tool cancel", {}),
        ("chat book", {}),
        ("book", {"http.request.method": "POST"}),
    ],
)
def test_a_span_of_another_name_or_kind_does_not(story, name, attributes):
    """Even if nothing else was going on."""
    story.call("book").ok()
    story.span(name, start_s=0.0, attributes=attributes)
    assert names(story) == [None]


def test_a_span_that_was_over_or_had_not_begun_does_not(story):
    """By more than clocks that agree can differ; nor does one that was written before the call began."""
    story.span("execute_tool book", start_s=0.0)
    story.wait(1).call("book").ok()
    story.span("execute_tool book", start_s=0.0, end_s=0.9)
    story.span("execute_tool book", start_s=1.1, end_s=2.0)
    story.wait(1).call("cancel").ok()
    assert names(story) == [None, None]


@pytest.mark.parametrize("model", ["gpt-5", "gpt-5-2026-08-01"])
def test_a_model_is_known_by_the_name_that_was_asked_for_and_by_that_which_answered(story, model):
    """Aliases are usual."""
    story.ask("hello", model=model).says("hi")
    attributes = {"gen_ai.request.model": "gpt-5", "gen_ai.response.model": "gpt-5-2026-08-01"}
    story.span("chat gpt-5", start_s=0.0, attributes=attributes)
    assert names(story) == ["chat gpt-5"]


def test_a_chat_that_names_no_model_tells_of_any(story):
    """But those that name it go first."""
    story.ask("one").says("hi")
    story.span("chat", start_s=0.0)
    story.span("chat gpt-5", start_s=0.0)
    story.ask("two", model="o-9").says("hi")
    story.span("chat", start_s=0.0)
    assert names(story) == ["chat gpt-5", "chat"]


def test_the_callees_own_span_tells_if_the_callers_does_not(story):
    """A function that opens a span inside of itself."""
    story.call("book").wait(5).ok()
    story.span("execute_tool book", start_s=1.0, end_s=4.0)
    assert names(story) == ["execute_tool book"]


def test_calls_that_overlap_get_each_its_own(story):
    """The first to end is the first to be given: what ends later can still serve what begins later."""
    first = story.call("book", n=1)
    story.wait(1)
    story.call("book", n=2).wait(1).ok()
    story.span("execute_tool book", start_s=1.0, span_id="short")
    story.wait(1)
    first.ok()
    story.span("execute_tool book", start_s=0.0, span_id="long")
    told = story.history.view(join).told
    assert [one.span.span.span_id for one in told] == ["long", "short"]
    assert all(one.alone for one in told)


def test_what_could_be_another_is_told(story):
    """Two spans open at once for two calls that began at once: which is whose is a guess."""
    for number in range(2):
        story.call("book", n=number).ok()
    for _ in range(2):
        story.span("execute_tool book", start_s=0.0)
    story.wait(1).call("book", n=3).ok()
    story.span("execute_tool book", start_s=1.0)
    assert [one.alone for one in story.history.view(join).told] == [False, False, True]


def test_attempts_inside_of_one_span_share_it(story):
    """And leave the span of another call, open at the same time, to that call."""
    story.call("book", n=1).refused()
    story.call("book", n=2).ok()
    story.span("execute_tool book", start_s=0.0, span_id="second")
    story.wait(1).call("book", n=1).ok()
    story.span("execute_tool book", start_s=0.0, span_id="first")
    told = story.history.view(join).told
    assert [(one.span.span.span_id, one.shared) for one in told] == [
        ("first", False),
        ("second", False),
        ("first", True),
    ]


def test_attempts_with_spans_of_their_own_have_these(story):
    """Although a framework's span is around all of them."""
    for number in range(3):
        attempt = story.call("book", n=1).wait(1)
        _ = attempt.ok() if number == 2 else attempt.refused()
        story.span("execute_tool book", start_s=story.now_s - 1, span_id=f"inner{number}", parent_id="outer")
    story.span("execute_tool book", start_s=0.0, span_id="outer")
    joined = story.history.view(join)
    assert [one.shared for one in joined.told] == [False] * 3
    assert len({one.outermost for one in joined.told}) == 1


def test_an_attempt_without_a_span_of_its_own_has_the_one_around(story):
    """The others have theirs."""
    for number in range(3):
        attempt = story.call("book", n=1).wait(1)
        _ = attempt.ok() if number == 2 else attempt.refused()
        if number < 2:
            story.span("execute_tool book", start_s=story.now_s - 1, span_id=f"inner{number}", parent_id="outer")
    story.span("execute_tool book", start_s=0.0, span_id="outer")
    assert [one.shared for one in story.history.view(join).told] == [False, False, True]


def test_an_attempt_belongs_with_the_one_before_it(story):
    """The span of the next call begins in the moment in which the last attempt was refused."""
    story.call("book", n=1).refused().wait(1).call("book", n=1).refused()
    story.span("execute_tool book", start_s=0.0, span_id="first")
    story.call("book", n=1).refused()
    story.span("execute_tool book", span_id="second")
    assert [one.span.span.span_id for one in story.history.view(join).told] == ["first", "first", "second"]


def test_a_call_that_is_made_again_although_it_was_answered_may_share_the_span(story):
    """Its answer may have been of no use."""
    for _ in range(2):
        story.call("book", n=1).wait(1).ok()
    story.span("execute_tool book", start_s=0.0)
    assert names(story) == ["execute_tool book", "execute_tool book"]


def test_a_span_that_was_written_before_the_call_began_tells_nothing(story):
    """Where no time passes, only the order of the ops shows it."""
    story.span("execute_tool book")
    story.call("book").ok()
    assert names(story) == [None]


def test_a_call_that_is_made_again_later_has_not_the_span_of_the_first(story):
    """Attempts that gave up, then the same wish anew: each has the span that was open then."""
    for _ in range(2):
        began_s = story.now_s
        story.call("book", n=1).lost(1)
        story.call("book", n=1).lost(1)
        story.span("execute_tool book", start_s=began_s, span_id=f"{began_s}")
        story.wait(5)
    assert [one.span.span.span_id for one in story.history.view(join).told] == ["0.0", "0.0", "7.0", "7.0"]


def test_a_call_of_a_known_trace_is_told_by_spans_of_that_trace_only(story):
    """Another trip's span has the same name and was open too."""
    root = story.span("invoke_workflow trip", trace_id="a" * 32)
    story.call("book", traceparent=sent_by(root)).ok()
    story.span("execute_tool book", start_s=0.0, trace_id="b" * 32)
    assert names(story) == [None]


def test_a_trace_of_which_no_span_is_known_is_none(story):
    """A vendor's SDK may have sent its own."""
    story.call("book", traceparent=f"00-{'a' * 32}-{'b' * 16}-01").ok()
    story.span("execute_tool book", start_s=0.0)
    assert names(story) == ["execute_tool book"]


def test_clocks_that_differ_are_seen_from_what_is_known(story):
    """Contexts that fit and times that do not: the service's times are shifted, and by how much is told."""
    for number in range(3):
        span = story.span("chat gpt-5", start_s=story.now_s + 100, end_s=story.now_s + 101, service="far")
        story.ask(f"{number}", traceparent=sent_by(span)).wait(1).says("hi")
    story.call("book").ok()
    story.span("execute_tool book", start_s=story.now_s + 100, end_s=story.now_s + 101, service="far")
    assert story.history.view(join).skews_s == {"far": -100.0}
    assert names(story)[-1] == "execute_tool book"


def test_spans_that_tell_of_no_call_are_silent(story):
    """A circuit was open, or the tool is a function that nobody watched."""
    story.span("execute_tool book")
    story.span("invoke_workflow trip")
    assert [one.span.name for one in story.history.view(join).silent] == ["execute_tool book"]


# --- bad input, size --------------------------------------------------------------------------------------------------


def test_hostile_histories_are_joined_as_far_as_it_goes(story):
    """Circles, times that are none, names that are no texts, contexts of any type."""
    a = story.span("chat gpt-5", span_id="a" * 16, parent_id="b" * 16)
    story.span("chat gpt-5", span_id="b" * 16, parent_id="a" * 16)
    story.span("x", span_id="c" * 16, parent_id="c" * 16)
    story.ask("hello", traceparent=sent_by(a)).says("hi")
    story.ask("hello", traceparent=f"00-{1:032x}-{'c' * 16}-01").says("hi")
    text = story.history.to_jsonl()
    call = {"kind": "tool", "target": "", "name": "", "agent": [], "offers": [], "arguments": {}, "traceparent": [1]}
    hostile = [
        {"i": 7, "op": "invoke", "at_s": float("nan"), "wall_s": 0, "call": call, "site": ["x", 1]},
        {"i": 8, "op": "invoke", "at_s": float("inf"), "wall_s": 0, "call": {**call, "kind": "model", "baggage": 7}},
        {"i": 9, "op": "ok", "at_s": float("nan"), "wall_s": 0, "of": 7, "data": {"status": [1], "usage": {"a": 1}}},
    ]
    text += "".join(json.dumps(line) + "\n" for line in hostile)
    told = History.from_jsonl(text).view(join).told
    assert [one.span is not None for one in told] == [True, True, False, False]


@pytest.mark.unmeasured
@pytest.mark.parametrize("together", [True, False])
def test_ten_thousand_calls_are_joined_one_by_one(together):
    """In whatever way they overlap; pair by pair that would take minutes."""
    story = Story()
    for number in range(10_000):
        story.call(f"tool{number % 3}", n=number).wait(0 if together else 0.01).ok()
        story.span(f"execute_tool tool{number % 3}", start_s=0.0 if together else story.now_s - 0.01)
    assert all(one.span is not None for one in story.history.view(join).told)
