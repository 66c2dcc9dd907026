"""complete_trace: what crossed the wires can be seen in the trace."""

import json
from dataclasses import replace

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History

TRACE = f"{1:032x}"
ROOT = "f" * 16


class Told(Story):
    """A story whose root span is told at its end."""

    def sent_by(self, span_id):
        """The trace context of a call that is made inside of a span."""
        return f"00-{TRACE}-{span_id}-01"

    def chat(self, span_id, *, tokens=(10, 2), **fields):
        """The span of a model call, ending now."""
        usage = {"gen_ai.usage.input_tokens": tokens[0], "gen_ai.usage.output_tokens": tokens[1]} if tokens else {}
        attributes = {**usage, **fields.pop("attributes", {})}
        return self.span("chat gpt-5", span_id=span_id, parent_id=ROOT, attributes=attributes, **fields)

    def tool(self, span_id, name="book", **fields):
        """The span of a tool call, ending now."""
        return self.span(f"execute_tool {name}", span_id=span_id, parent_id=ROOT, **fields)

    def done(self, **fields):
        """The root span ends, then the run."""
        self.span("invoke_workflow trip", span_id=ROOT, trace_id=TRACE, start_s=0.0, **fields)
        return self.ended(answer="Booked.")


@pytest.fixture
def story():
    """A new one."""
    return Told()


def id_of(number):
    """A span id."""
    return f"{number:016x}"


def whole(story):
    """One question, one tool, all told."""
    story.ask("plan", traceparent=story.sent_by(id_of(1))).says("ok", ("book", {}), tokens=(10, 2))
    story.chat(id_of(1))
    story.call("book", traceparent=story.sent_by(id_of(2))).ok({"booking": "B1"})
    story.tool(id_of(2))
    return story


def check(story, **parameters):
    """The verdict, which has to be the same on the history as it is saved."""
    history = story.history
    invariant = invariants.complete_trace(**parameters)
    verdict = invariant.check(history)
    assert invariant.check(History.from_jsonl(history.to_jsonl())) == verdict
    return verdict


def fails(story, *words, **parameters):
    """It fails, and says these words."""
    verdict = check(story, **parameters)
    assert verdict.status == "fail", verdict
    for word in words:
        assert word in verdict.reason
    assert all(0 <= op < len(story.history) for op in verdict.ops)
    return verdict


def test_a_trace_that_shows_every_call_passes(story):
    """And says what was held against what."""
    verdict = check(whole(story).done())
    assert verdict.passed
    assert verdict.reason == "3 spans under 1 root, and all 2 calls are in them"


# --- calls ------------------------------------------------------------------------------------------------------------


def test_a_call_without_a_span_is_found(story):
    """By name, time and op."""
    whole(story).wait(3).call("cancel").ok()
    verdict = fails(story.done(), "1 call has no span: tool cancel at 3 s (op 6)")
    assert verdict.ops == (6, 7)


def test_of_many_calls_without_a_span_twelve_are_named(story):
    """And the others counted."""
    whole(story)
    for number in range(20):
        story.call("cancel", n=number).ok()
    verdict = fails(story.done(), "20 calls have no span", "... and 8 others")
    assert len(verdict.ops) == 24


def test_no_span_at_all_is_a_failure(story):
    """Whoever asks for a complete trace and has none has failed; the reason says what to do."""
    verdict = fails(story.call("book").ok().ended(), "no span at all", "1 calls crossed", "OpenTelemetry SDK")
    assert verdict.ops == (0,)


def test_attempts_may_share_a_span_unless_told_otherwise(story):
    """A span around a retry loop is right; with attempts=True each needs its own."""
    whole(story)
    for status in (503, 200):
        story.call("hold", traceparent=story.sent_by(id_of(3))).ok({}, status=status)
    story.tool(id_of(3), "hold")
    story.done()
    assert check(story).passed
    fails(story, "1 attempt has no span of its own: tool hold", attempts=True)


def test_attempts_with_spans_of_their_own_pass_either_way(story):
    """The one that failed is marked as failed."""
    whole(story)
    for number, status in ((3, 503), (4, 200)):
        story.call("hold", traceparent=story.sent_by(id_of(number))).ok({}, status=status)
        story.tool(id_of(number), "hold", status="error" if status == 503 else "unset")
    story.done()
    assert check(story).passed
    assert check(story, attempts=True).passed


# --- shape ------------------------------------------------------------------------------------------------------------


def test_a_parent_that_is_nowhere_is_found(story):
    """The span that was lost is named by its id."""
    whole(story).span("invoke_agent flights", parent_id="e" * 16)
    fails(story.done(), "1 span has a parent that is nowhere", "invoke_agent flights (op 6) under eeee")


def test_a_span_that_never_ended_is_found(story):
    """Unless it was written again when it had ended."""
    unended = whole(story).span("invoke_agent flights", parent_id=ROOT, end_s=None)
    fails(story.done(), "1 span never ended: invoke_agent flights")
    story = whole(Told())
    unended = story.span("invoke_agent flights", parent_id=ROOT, end_s=None)
    story.history.append("span", at_s=0.0, data=replace(unended, end_s=0.0).to_data())
    assert check(story.done()).passed


def test_a_circle_is_found(story):
    """It is no tree."""
    whole(story).span("a", span_id="a" * 16, parent_id="b" * 16)
    story.span("b", span_id="b" * 16, parent_id="a" * 16)
    fails(story.done(), "1 span is its own ancestor: a (op 6)")


@pytest.mark.parametrize("name", ["execute_tool book", "execute_tool cancel"])
def test_a_span_id_that_stands_twice_is_found(story, name):
    """Whether it came twice, or two spans have one id."""
    whole(story).span(name, span_id=id_of(2), parent_id=ROOT)
    fails(story.done(), "1 span id stands twice", f"and {name} (op 6)")


def test_two_traces_in_one_run_are_found(story):
    """The second root was meant to be below the first."""
    whole(story).span("invoke_agent flights", trace_id="2" * 32)
    fails(story.done(), "2 root spans in a run of which 1 is due", "invoke_agent flights (op 6)")
    assert check(story, roots=2).passed
    fails(story, "2 root spans in a run of which 3 are due", roots=3)


def test_a_run_without_a_root_is_found(story):
    """Each run is looked at for itself."""
    whole(story).done()
    story.wait(1).call("book", traceparent=story.sent_by(id_of(5))).ok()
    story.tool(id_of(5))
    fails(story.ended(), "1 run has no root span: the one that completed at 1 s")


def test_each_run_has_a_root_of_its_own(story):
    """Also when both took no time at all, and when the spans came late."""
    whole(story).done()
    story.call("book", traceparent=f"00-{'2' * 32}-{id_of(5)}-01").ok()
    story.span("execute_tool book", trace_id="2" * 32, span_id=id_of(5), parent_id=id_of(6))
    story.span("invoke_workflow trip", trace_id="2" * 32, span_id=id_of(6))
    story.ended()
    assert check(story).passed
    late = Told()
    for number in (1, 2):
        late.wait(10).call("book", n=number).ok().ended()
    for number in (1, 2):
        trace = {"trace_id": f"{number:032x}", "start_s": 10.0 * number, "end_s": 10.0 * number}
        root = late.span("invoke_workflow trip", **trace)
        late.span("execute_tool book", parent_id=root.span_id, **trace)
    assert check(late).passed


def test_spans_that_come_during_the_next_run_belong_to_their_own(story):
    """An exporter sends them when it likes; when they were is what counts."""
    story.wait(10).call("book", n=1).ok().ended()
    for number in (1, 2):
        trace = {"trace_id": f"{number:032x}", "start_s": 10.0 * number - 1, "end_s": 10.0 * number}
        if number == 2:
            story.wait(10).call("book", n=2).ok()
        root = story.span("invoke_workflow trip", **trace)
        story.span("execute_tool book", parent_id=root.span_id, **trace)
    assert check(story.ended()).passed


def test_work_in_the_background_is_no_second_root(story):
    """If it links to where it came from."""
    whole(story).span("compact memory", trace_id="2" * 32, links=(id_of(2),))
    assert check(story.done()).passed


def test_a_child_that_begins_before_its_parent_is_found_within_one_service(story):
    """By more than clocks may differ; between two services it is told, and no failure."""
    whole(story)
    parent = story.span("invoke_agent flights", parent_id=ROOT, start_s=5.0, end_s=6.0, service="a")
    story.span("x", parent=parent, start_s=4.0, end_s=6.0, service="b")
    verdict = check(story.done())
    assert verdict.passed
    assert "1 pair of clocks disagrees: that of 'a' is 1 s ahead of that of 'b'" in verdict.reason
    story.span("y", parent=parent, start_s=4.5, end_s=6.0, service="a")
    fails(story, "1 span began before its parent: y (op 10) by 0.5 s")
    assert check(story, skew_s=0.5).passed


def test_a_clock_that_differs_from_the_wires_is_told_and_no_failure(story):
    """Trace context says who sent the calls; the times of that service do not fit."""
    story.call("book", traceparent=story.sent_by(id_of(2))).ok()
    story.tool(id_of(2), start_s=70.0, end_s=71.0, service="far")
    verdict = check(story.done())
    assert verdict.passed
    assert "1 clock differs from that of the wires: that of 'far' by 70 s" in verdict.reason


# --- errors -----------------------------------------------------------------------------------------------------------

ENDINGS = {
    "fail": lambda call: call.fail("ConnectError: refused"),
    "info": lambda call: call.info("ReadTimeout: nothing came"),
    "status": lambda call: call.refused(503),
    "failure": lambda call: call.failed("sold out"),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_call_that_failed_is_marked_as_failed(story, ending):
    """By its status, the type of its error, or an exception that it recorded; without any of these it is found."""
    marks = ({"status": "error"}, {"attributes": {"error.type": "x"}}, {"events": ({"name": "exception"},)}, {})
    for number, mark in enumerate(marks):
        story = whole(Told())
        ENDINGS[ending](story.call("hold", traceparent=story.sent_by(id_of(3))))
        story.tool(id_of(3), "hold", **mark)
        story.done()
        if number < 3:
            assert check(story).passed
        else:
            fails(story, "1 call failed and its span says nothing of it: tool hold at 0 s (op 6)")


def test_a_call_that_succeeded_in_the_end_needs_no_error(story):
    """Its span tells of the call, and that went well; if it gave up, it has failed."""
    whole(story)
    story.call("hold", traceparent=story.sent_by(id_of(3))).lost(1)
    story.call("hold", traceparent=story.sent_by(id_of(3))).ok()
    story.tool(id_of(3), "hold", start_s=0.0)
    assert check(story.done()).passed
    story = whole(Told())
    story.call("hold", traceparent=story.sent_by(id_of(3))).lost(1)
    story.call("hold", traceparent=story.sent_by(id_of(3))).lost(1)
    story.tool(id_of(3), "hold", start_s=0.0)
    fails(story.done(), "1 call failed and its span says nothing of it", "ReadTimeout")


def test_the_error_may_stand_on_the_span_around(story):
    """A framework's span marks what an SDK's inside of it does not."""
    whole(story).call("hold", traceparent=story.sent_by(id_of(4))).failed()
    story.span("MCP send tools/call hold", span_id=id_of(4), parent_id=id_of(3))
    story.tool(id_of(3), "hold", status="error")
    assert check(story.done()).passed


def test_what_its_caller_stopped_waiting_for_needs_no_error(story):
    """The loser of a race has not failed."""
    whole(story).call("hold", traceparent=story.sent_by(id_of(3))).info("CancelledError: its caller stopped waiting")
    story.tool(id_of(3), "hold")
    assert check(story.done()).passed


def test_where_spans_cannot_be_told_apart_errors_are_counted(story):
    """Two calls at once without trace context, one of which failed: one of the two spans has to say so."""
    for status, marked in (("error", True), ("unset", False)):
        story = whole(Told())
        first, second = story.call("hold", n=1), story.call("hold", n=2)
        second.ok()
        first.failed()
        story.tool(id_of(3), "hold", status=status, start_s=0.0)
        story.tool(id_of(4), "hold", start_s=0.0)
        story.done()
        if marked:
            assert check(story).passed
        else:
            fails(story, "1 call failed and its span says nothing of it: tool hold")


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_tokens_on_the_span_are_those_of_the_wire(story):
    """Both are shown if they differ."""
    whole(story).ask("more", traceparent=story.sent_by(id_of(3))).says("ok", tokens=(100, 20))
    story.chat(id_of(3), tokens=(100, 21))
    fails(
        story.done(), "1 span tells of other tokens than the wire: model gpt-5", "100 + 21 tokens told, 100 + 20 tokens"
    )


def test_a_model_span_without_tokens_is_found(story):
    """If the wire told some."""
    whole(story).ask("more", traceparent=story.sent_by(id_of(3))).says("ok", tokens=(100, 20))
    story.chat(id_of(3), tokens=None)
    fails(story.done(), "1 span of a model tells no tokens: model gpt-5 at 0 s (op 6), 100 + 20 tokens")


@pytest.mark.parametrize(("status", "passes"), [("error", True), ("unset", False)])
def test_a_reply_that_a_fault_spoilt_need_not_have_been_read(story, status, passes):
    """Whoever says that it was of no use cannot be asked for its tokens; whoever says nothing can."""
    usage = {"usage": {"input_tokens": 100, "output_tokens": 20, "cached_tokens": 0}}
    call = whole(story).ask("more", traceparent=story.sent_by(id_of(3))).fault("malformed")
    call.delivered("{}", **usage).ok("{", **usage)
    story.chat(id_of(3), tokens=None, status=status)
    assert check(story.done()).passed == passes


def test_where_the_wire_told_no_tokens_none_are_asked_for(story):
    """A stream that was cut, an estimate of the agent's own."""
    whole(story).ask("more", traceparent=story.sent_by(id_of(3))).says("ok")
    story.chat(id_of(3), tokens=(5, 5))
    assert check(story.done()).passed


def test_tokens_of_all_attempts_in_a_span_are_added(story):
    """Of those that were answered."""
    whole(story)
    for _ in range(2):
        story.ask("more", traceparent=story.sent_by(id_of(3))).refused()
        story.ask("more", traceparent=story.sent_by(id_of(3))).says("ok", tokens=(100, 20))
    story.chat(id_of(3), tokens=(200, 40))
    assert check(story.done()).passed


def test_what_was_read_from_a_cache_may_be_counted_apart(story):
    """Conventions differ."""
    whole(story).ask("more", traceparent=story.sent_by(id_of(3))).ok(
        "ok", usage={"input_tokens": 100, "output_tokens": 20, "cached_tokens": 60}
    )
    story.chat(id_of(3), tokens=(40, 20))
    assert check(story.done()).passed


@pytest.mark.parametrize(("second", "is_right"), [((200, 40), True), ((200, 41), False)])
def test_where_spans_cannot_be_told_apart_tokens_are_added_up(story, second, is_right):
    """Two questions at once without trace context: what they took together is known."""
    whole(story)
    one, two = story.ask("one"), story.ask("two")
    two.says("ok", tokens=(100, 20))
    one.says("ok", tokens=(200, 40))
    story.chat(id_of(3), tokens=second, start_s=0.0)
    story.chat(id_of(4), tokens=(100, 20), start_s=0.0)
    story.done()
    if is_right:
        assert check(story).passed
    else:
        fails(story, "300 + 61 tokens told in 2 calls, 300 + 60 tokens on the wire")


# --- what cannot be decided -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (lambda story: story, "no span, and no call"),
        (lambda story: story.ended(), "no span, and no call"),
        (lambda story: whole(story).span("r", span_id=ROOT) and story, "no run has ended"),
        (lambda story: story.done(), "nothing to hold the spans against"),
    ],
    ids=["empty", "silent", "cut short", "no calls"],
)
def test_without_evidence_it_is_unknown(story, told, why):
    """Nothing happened, or not all of it is there."""
    verdict = check(told(story))
    assert verdict.status == "unknown"
    assert why in verdict.reason


def test_a_call_that_has_not_ended_leaves_it_unknown(story):
    """The history was cut short."""
    whole(story).call("hold", traceparent=story.sent_by(id_of(3)))
    story.tool(id_of(3), "hold")
    verdict = check(story.done())
    assert verdict.status == "unknown"
    assert "1 call has no end in the history: tool hold" in verdict.reason


def test_a_damaged_span_leaves_it_unknown(story):
    """Nobody knows what it was. What is wrong beside it is wrong all the same."""
    whole(story).history.append("span", at_s=0.0, data={"name": "x"})
    verdict = check(story.done())
    assert verdict.status == "unknown"
    assert "1 op is no span: op 6 (a span without trace_id" in verdict.reason
    story.call("cancel").ok()
    fails(story, "1 call has no span", "beside this, 1 op is no span")


def test_a_traceparent_that_cannot_be_read_is_told(story):
    """The call is joined by its time."""
    whole(story).call("hold", traceparent="garbage").ok()
    story.tool(id_of(3), "hold")
    assert "1 traceparent cannot be read: op 6" in check(story.done()).reason


def test_a_history_that_was_made_of_traces_is_judged_by_its_shape():
    """There is no wire to hold it against; each trace has one root."""
    story = Told(mode="trace")
    root = story.span("invoke_workflow trip")
    story.span("execute_tool book", parent=root)
    assert check(story).reason == "2 spans under 1 root, held against nothing but themselves"
    story.span("invoke_workflow trip", trace_id=root.trace_id)
    fails(story, "2 root spans in traces of which each should have 1")


# --- parameters, bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"attempts": "yes"}, "attempts='yes'"),
        ({"roots": 0}, "roots=0"),
        ({"roots": True}, "roots=True"),
        ({"roots": "1"}, "roots='1'"),
        ({"skew_s": -1}, "skew_s=-1"),
        ({"skew_s": float("nan")}, "skew_s=nan"),
        ({"skew_s": "1 s"}, "skew_s='1 s'"),
    ],
)
def test_wrong_parameters_are_named(parameters, word):
    """With what would be right."""
    with pytest.raises(UsageError, match=r"complete_trace\(") as error:
        invariants.complete_trace(**parameters)
    assert word in str(error.value)


def test_its_name_shows_what_is_unusual():
    """A verdict is told by it."""
    assert invariants.complete_trace().name == "complete_trace"
    assert (
        invariants.complete_trace(attempts=True, roots=2, skew_s=1).name
        == "complete_trace(attempts, roots=2, skew_s=1)"
    )


def test_secrets_and_long_texts_do_not_stand_in_the_reason(story):
    """A span's name may hold anything, 10 MB of it too."""
    whole(story).span(f"Bearer {'k' * 30}", parent_id="e" * 16)
    story.span("x" * 10_000_000, parent_id="e" * 16)
    story.call("sk-" + "a" * 40).ok()
    story.call("line\nbreak").ok()
    verdict = fails(story.done(), "[hidden]", "xxx...", "line\\nbreak")
    assert len(verdict.reason) < 1_000
    assert "kkk" not in verdict.reason
    assert "sk-" not in verdict.reason


HOSTILE = (None, 7, -1, 10**30, True, "text", "", [1], {"a": {"b": None}}, float("nan"), float("inf"))


@pytest.mark.parametrize("value", HOSTILE, ids=str)
def test_whatever_stands_in_a_history_it_gives_a_verdict(story, value):
    """In replies, usage, spans and attributes; no pass comes of it."""
    whole(story)
    story.ask("more", traceparent=story.sent_by(id_of(3))).ok(value, status=value, usage=value, failure=value)
    story.ask("less", traceparent=story.sent_by(id_of(4))).ok("ok", usage={"input_tokens": value, "output_tokens": 1})
    story.chat(id_of(3), attributes={"gen_ai.operation.name": value, "gen_ai.request.model": value})
    story.span("chat gpt-5", span_id=id_of(4), parent_id=ROOT, attributes={"gen_ai.usage.input_tokens": value})
    data = {"trace_id": TRACE, "span_id": id_of(5), "parent_id": ROOT, "name": "x", "start_s": 0, "end_s": 0}
    for field in ("name", "start_s", "end_s", "parent_id", "attributes", "events", "links", "span_id"):
        story.history.append("span", at_s=0.0, data={**data, field: value})
    verdict = invariants.complete_trace().check(story.done().history)
    assert verdict.status == "fail"


@pytest.mark.parametrize("value", HOSTILE, ids=str)
def test_lines_of_a_saved_history_may_hold_anything(story, value):
    """What History.load accepts is judged."""
    lines = [json.loads(line) for line in whole(story).done().history.to_jsonl().splitlines()]
    for line in lines[1:]:
        if line["op"] in {"ok", "span"}:
            line["data"] = dict.fromkeys(line["data"], value)
        if "call" in line:
            line["call"] |= {"traceparent": value, "baggage": value}
    history = History.from_jsonl("".join(json.dumps(line) + "\n" for line in lines))
    assert invariants.complete_trace().check(history).status in {"fail", "unknown"}
