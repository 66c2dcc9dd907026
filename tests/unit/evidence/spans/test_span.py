"""Spans: written as the data of an op and read again; what is none is told, never raised by the view."""

import math

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.spans.span import Span, spans

LEAST = {"trace_id": "a" * 32, "span_id": "b" * 16, "parent_id": "", "name": "chat gpt-5", "start_s": 1, "end_s": None}
FULL = Span(
    trace_id="a" * 32,
    span_id="b" * 16,
    parent_id="c" * 16,
    name="execute_tool book",
    start_s=1.5,
    end_s=2.5,
    kind="client",
    status="error",
    message="sold out",
    attributes={"error.type": "sold_out"},
    events=({"name": "exception", "at_s": 2.0, "attributes": {}},),
    links=("d" * 16,),
    service="travel",
    scope="mine",
)


def test_a_span_is_read_as_it_was_written():
    """Through the text of a saved history as well."""
    history = History()
    history.append("span", at_s=2.5, data=FULL.to_data())
    ((seen,), damaged) = History.from_jsonl(history.to_jsonl()).view(spans)
    assert (seen.op, seen.span, damaged) == (0, FULL, ())


def test_what_says_nothing_is_not_written():
    """Most spans are small."""
    assert set(Span.from_data(LEAST).to_data()) == set(LEAST)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": 7}, "name is 7"),
        ({"span_id": ""}, "span_id is empty"),
        ({"trace_id": None}, "trace_id is None"),
        ({"start_s": "soon"}, "start_s is 'soon'"),
        ({"start_s": True}, "start_s is True"),
        ({"start_s": math.nan}, "start_s is nan"),
        ({"end_s": math.inf}, "end_s is inf"),
        ({"start_s": 10**400}, "start_s is 1000"),
        ({"attributes": [1]}, "where attributes are due"),
        ({"events": ["x" * 10_000_000]}, "where attributes are due"),
        ({"events": 5}, "not iterable"),
    ],
)
def test_what_is_no_span_is_told(change, why):
    """A view tells the op and the reason, in a few words."""
    story = Story()
    story.history.append("span", at_s=0.0, data={**LEAST, **change})
    story.history.append("span", at_s=0.0, data=LEAST)
    seen, ((op, told),) = story.history.view(spans)
    assert [one.op for one in seen] == [1]
    assert op == 0
    assert why in told
    assert len(told) < 200


@pytest.mark.parametrize("missing", LEAST)
def test_a_span_without_its_least_is_none(missing):
    """The reason names what it lacks."""
    story = Story()
    story.history.append("span", at_s=0.0, data={name: value for name, value in LEAST.items() if name != missing})
    assert missing in story.history.view(spans).damaged[0][1]


@pytest.mark.parametrize("data", [None, 7, [1], "text"])
def test_an_op_whose_data_is_no_object_is_no_span(data):
    """A history that was loaded may hold anything there."""
    history = History()
    history.append("span", at_s=0.0, data=data)
    assert len(history.view(spans).damaged) == 1


def test_a_kind_or_status_that_is_unknown_is_the_usual_one():
    """What a later version of the conventions invents does not make a span unreadable."""
    read = Span.from_data({**LEAST, "kind": "teleported", "status": "great"})
    assert (read.kind, read.status) == ("internal", "unset")
