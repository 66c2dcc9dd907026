"""correlated: of everything that is done it can be said for which request."""

import json

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History

TRACE = f"{1:032x}"
BY = "travel.correlation"


class Told(Story):
    """A story in which everything carries the id that is given."""

    def tool(self, name, number, id_="c-1", *, trace=TRACE, baggage="", context=True, **more):  # noqa: PLR0913 - what differs
        """A call of a tool, told by a span of its own."""
        traceparent = f"00-{trace}-{number:016x}-01" if context else ""
        self.call(name, n=number, traceparent=traceparent, baggage=baggage, **more).ok()
        attributes = {BY: id_} if id_ is not None else {}
        self.span(f"execute_tool {name}", trace_id=trace, span_id=f"{number:016x}", attributes=attributes)
        return self


@pytest.fixture
def story():
    """A new one."""
    return Told()


def check(story, **parameters):
    """The verdict, which has to be the same on the history as it is saved."""
    history = story.history
    invariant = invariants.correlated(**parameters)
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


# --- the id of the trace ----------------------------------------------------------------------------------------------


def test_one_trace_everywhere_passes(story):
    """On the spans, and on what the calls sent along."""
    verdict = check(story.tool("book", 1).tool("cancel", 2).ended())
    assert verdict.passed
    assert verdict.reason == "1 id on 4 spans and calls"


def test_a_second_trace_is_found(story):
    """The id that most carry is the run's."""
    story.tool("book", 1).tool("hold", 2).tool("cancel", 3, trace="2" * 32)
    verdict = fails(
        story.ended(), f"1 id beside that of the run ({TRACE}, 4 times)", "first on execute_tool cancel (op 8)"
    )
    assert verdict.ops == (8,)


def test_as_many_ids_as_a_run_takes_requests(story):
    """Two trips at the same time."""
    story.tool("book", 1).tool("book", 2, trace="2" * 32).ended()
    fails(story)
    assert check(story, ids=2).passed


def test_each_run_has_an_id_of_its_own(story):
    """Which is not the other's."""
    story.tool("book", 1).ended().wait(1)
    assert check(story.tool("book", 2, trace="2" * 32).ended()).passed


def test_a_call_that_no_span_tells_of_and_that_sends_nothing_is_found(story):
    """Nobody can say for whom it was made."""
    story.tool("book", 1).call("cancel", target="other").ok()
    fails(story.ended(), "1 span or call carries no id (the id of a trace): tool cancel at 0 s (op 3)")


def test_where_no_call_to_a_target_sends_an_id_its_span_stands_for_it(story):
    """A vendor's endpoint need not be told; the pass says so. With ``sent`` it must be."""
    story.tool("book", 1).tool("chart", 2, context=False, target="vendor").ended()
    assert check(story).reason == "1 id on 4 spans and calls; 1 calls send none, and their spans stand for them"
    fails(story, "1 span or call carries no id", "tool chart", sent=("tool",))


def test_a_call_that_sends_nothing_where_others_do_is_found(story):
    """The same server is told at one time and not at another."""
    story.tool("book", 1).tool("chart", 2, context=False)
    fails(story.ended(), "1 span or call carries no id (the id of a trace): tool chart at 0 s (op 3)")


def test_a_traceparent_that_cannot_be_read_is_found(story):
    """Its callee cannot read it either."""
    story.tool("book", 1).call("GET /x", kind="http", traceparent="garbage").ok()
    fails(story.ended(), "1 call sends a traceparent that cannot be read: op 3")


def test_plain_requests_are_not_asked_for_an_id(story):
    """But one that they send has to be right."""
    story.tool("book", 1).call("GET /x", kind="http", target="a").ok()
    assert check(story.ended()).passed
    story = Told().tool("book", 1)
    story.call("GET /x", kind="http", target="a", traceparent=f"00-{'3' * 32}-{'4' * 16}-01").ok()
    fails(story.ended(), "1 id beside that of the run")


def test_nothing_that_carries_an_id_is_a_failure(story):
    """Whoever asks for it and has none has failed."""
    story.call("book").ok()
    fails(story.ended(), "nothing carries an id: the id of a trace is in none of 1 spans and calls")


# --- an id of the system's own ----------------------------------------------------------------------------------------


def test_an_attribute_on_every_span_passes(story):
    """In as many traces as there are: the attribute is the id then."""
    story.tool("book", 1).tool("cancel", 2, trace="2" * 32)
    assert check(story.ended(), by=BY).passed


def test_a_span_without_it_is_found(story):
    """By its name."""
    story.tool("book", 1).tool("cancel", 2, None).tool("hold", 3, "")
    fails(story.ended(), f"carry no id ({BY!r})", "execute_tool cancel (op 5)", "execute_tool hold (op 8)", by=BY)


def test_an_attribute_that_is_no_text_is_none(story):
    """A number is one."""
    assert check(story.tool("book", 1, 7).ended(), by=BY).passed
    fails(Told().tool("book", 1, ["c-1"]).tool("book", 2).ended(), "carry no id", by=BY)


def test_a_different_value_is_found(story):
    """Also where it is one of several that the run may have: a trace is one request's."""
    story.tool("book", 1, "c-1").tool("hold", 2, "c-1").tool("cancel", 3, "c-2").ended()
    fails(story, "id beside that of the run (c-1, 4 times): c-2", by=BY)
    fails(story, "differ within a trace: c-2 on execute_tool cancel (op 8), c-1 before", by=BY, ids=2)


@pytest.mark.parametrize("entry", ["correlation=c-1", f"a=b,{BY}=c-1;secret", "correlation=c%2D1"])
def test_baggage_holds_it_under_its_name_or_the_last_part_of_that(story, entry):
    """And it is the same."""
    assert check(story.tool("book", 1, baggage=entry).ended(), by=BY).reason == "1 id on 2 spans and calls"


def test_baggage_with_another_value_is_found(story):
    """A callee is told the wrong id."""
    story.tool("book", 1, baggage="correlation=c-1").tool("hold", 2, baggage="correlation=c-9")
    fails(story.ended(), "c-9", "tool hold at 0 s (op 3)", by=BY)


def test_baggage_that_is_missing_where_others_have_it_is_found(story):
    """At the same target; where none has any, spans stand for the calls."""
    story.tool("book", 1, baggage="correlation=c-1").tool("hold", 2).tool("chart", 3, target="vendor")
    verdict = fails(story.ended(), "1 span or call carries no id", "tool hold", by=BY)
    assert "chart" not in verdict.reason


def test_the_answer_tells_it(story):
    """Where it is said to; missing, and another one, are found. A run that raised has no answer."""
    story.tool("book", 1)
    assert check(Told().tool("book", 1).ended(answer={"id": "c-1"}), by=BY, answer_at="id").passed
    fails(Told().tool("book", 1).ended(answer={}), "1 answer tells no id: nothing at 'id'", by=BY, answer_at="id")
    fails(Told().tool("book", 1).ended(answer={"id": "c-9"}), "1 answer tells another id: c-9", by=BY, answer_at="id")
    assert check(story.ended("raised", error="ValueError: x"), by=BY, answer_at="id").passed


def test_log_records_of_another_id_are_found(story):
    """Those of none belong to no request."""
    story.tool("book", 1)
    for logged in ({}, {"correlation": "-"}, {"correlation": ""}, {"correlation": "c-1"}, {BY: "c-1"}):
        story.note(log="booked", **logged)
    assert check(story.ended(), by=BY).passed
    story = Told().tool("book", 1).note(log="booked", correlation="c-9")
    fails(story.ended(), "1 log record has an id of its own: c-9 (op 3)", by=BY)


# --- what cannot be decided -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (lambda story: story.ended(), "no span, and no call"),
        (lambda story: story.tool("book", 1), "no run has ended"),
        (lambda story: story.span("x", trace_id=TRACE) and story.ended(), "no call of a model, a tool or an agent"),
        (lambda story: story.call("b", traceparent=f"00-{TRACE}-{1:016x}-01").ok().ended(), "no span at all"),
    ],
    ids=["empty", "cut short", "no calls", "no spans"],
)
def test_without_evidence_it_is_unknown(story, told, why):
    """Nothing happened, or not all of it is there."""
    verdict = check(told(story))
    assert verdict.status == "unknown"
    assert why in verdict.reason


def test_a_damaged_span_leaves_it_unknown(story):
    """Nobody knows what it carried."""
    story.tool("book", 1).history.append("span", at_s=0.0, data={"name": "x"})
    verdict = check(story.ended())
    assert verdict.status == "unknown"
    assert "1 op is no span" in verdict.reason


def test_a_history_that_was_made_of_traces_needs_an_attribute():
    """Each trace has its own id; an attribute has to be the same within each."""
    story = Told(mode="trace")
    for trace, id_ in (("1" * 32, "c-1"), ("2" * 32, "c-2")):
        for _ in range(2):
            story.span("x", trace_id=trace, attributes={BY: id_})
    assert check(story).status == "unknown"
    assert check(story, by=BY).passed
    story.span("y", trace_id="1" * 32, attributes={BY: "c-2"})
    fails(story, "1 id differs within a trace: c-2 on y (op 4), c-1 before", by=BY)


# --- parameters, bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"by": ""}, "by=''"),
        ({"by": 7}, "by=7"),
        ({"answer_at": ""}, "answer_at=''"),
        ({"answer_at": ["id"]}, "answer_at=['id']"),
        ({"ids": 0}, "ids=0"),
        ({"ids": 1.5}, "ids=1.5"),
        ({"ids": True}, "ids=True"),
        ({"sent": "telephone"}, "'telephone' is no kind of call"),
        ({"sent": [["tool"]]}, "['tool'] is no kind of call"),
        ({"sent": 3}, "3 is no kind of call"),
    ],
)
def test_wrong_parameters_are_named(parameters, word):
    """With what would be right."""
    with pytest.raises(UsageError, match=r"correlated\(") as error:
        invariants.correlated(**parameters)
    assert word in str(error.value)


def test_its_name_shows_what_is_unusual():
    """A verdict is told by it; a list, as YAML has it, or one kind alone is the same."""
    assert invariants.correlated().name == "correlated"
    assert invariants.correlated(by="a.b", ids=2, sent="tool").name == "correlated(by='a.b', ids=2, sent=('tool',))"
    assert invariants.correlated(sent=["tool"]) == invariants.correlated(sent="tool")


def test_secrets_and_long_texts_do_not_stand_in_the_reason(story):
    """An id may be 10 MB long, or a key."""
    story.tool("book", 1).tool("hold", 2, "x" * 10_000_000).tool("hold", 3, "sk-" + "a" * 40)
    verdict = fails(story.ended(), "xxx...", "[hidden]", by=BY)
    assert len(verdict.reason) < 1_000
    assert "sk-" not in verdict.reason


HOSTILE = (None, 7, -1, 10**30, True, "text", "", [1], {"a": {"b": None}}, float("nan"), float("inf"))


@pytest.mark.parametrize("value", HOSTILE, ids=str)
@pytest.mark.parametrize("by", [None, BY])
def test_lines_of_a_saved_history_may_hold_anything(story, value, by):
    """What History.load accepts is judged, and does not pass."""
    story.tool("book", 1, baggage="correlation=c-1").note(log="x", correlation="c-1").ended(answer={"id": "c-1"})
    lines = [json.loads(line) for line in story.history.to_jsonl().splitlines()]
    for line in lines[1:]:
        if line["op"] in {"ok", "span"}:
            line["data"] = dict.fromkeys(line["data"], value)
        if "call" in line:
            line["call"] |= {"traceparent": value, "baggage": value}
    history = History.from_jsonl("".join(json.dumps(line) + "\n" for line in lines))
    assert invariants.correlated(by=by, answer_at="id").check(history).status in {"fail", "unknown"}


@pytest.mark.parametrize("value", HOSTILE, ids=str)
def test_attributes_logs_and_answers_may_hold_anything(story, value):
    """Beside what is right."""
    story.tool("book", 1).tool("hold", 2, value).note(log=value, correlation=value).ended(answer={"id": value})
    assert invariants.correlated(by=BY, answer_at="id").check(story.history).status == "fail"
