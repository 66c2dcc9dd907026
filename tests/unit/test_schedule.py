"""Selectors, rules and schedules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentchaos import faults
from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.evidence.call import KINDS, Call
from pytest_agentchaos.evidence.site import Site, SiteCounter
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.schedule import Rule, Selector, on, rule, schedule_from_data, schedule_to_data, select

STEADY = settings(deadline=None, derandomize=True)
BOOK = Call("tool", "flights.local", "book_flight", {"seat": 1}, ("planner", "flights"))
ASK = Call("model", "api.local", "m-1")
SITE = SiteCounter().site(BOOK)

GLOBS = st.text(min_size=1, max_size=6).filter(str.strip)
BETWEEN = st.tuples(
    st.floats(min_value=0, max_value=1e6),
    st.none() | st.floats(min_value=1e6 + 1, allow_infinity=False, allow_nan=False),
)
SITES = st.builds(
    Site,
    st.lists(st.text("ab|", max_size=3), max_size=2).map(tuple),
    st.just("tool"),
    st.just("x.local"),
    st.text("ab| ", min_size=1, max_size=4),
    st.just("0123456789ab"),
    st.integers(min_value=1),
).filter(lambda site: "|" not in "".join(site.agent))


def _fields(**drawn: st.SearchStrategy[Any]) -> st.SearchStrategy[Selector]:
    return st.fixed_dictionaries({}, optional=drawn).map(lambda given: select(**given))


SELECTORS = st.one_of(
    _fields(
        kind=st.sampled_from(KINDS), name=GLOBS, target=GLOBS, agent=GLOBS, callee=GLOBS, between=BETWEEN,
        site=SITES.map(str), nth=st.integers(1, 9), probability=st.floats(0, 1, exclude_min=True),
    ),
    _fields(kind=st.sampled_from(KINDS), name=GLOBS, times=st.integers(1, 9)),
    SITES.map(on.site),
)  # fmt: skip


@STEADY
@given(SELECTORS)
def test_a_selector_reads_as_it_is_written(selector):
    """What a report prints can be copied into a test."""
    assert eval(str(selector), {"on": on}) == selector  # noqa: S307 - of our own making


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (on.any(), "on.any()"),
        (on.any(name="book_*"), "on.any(name='book_*')"),
        (on.tool("book_*", nth=1), "on.tool('book_*', nth=1)"),
        (on.model(probability=0.2), "on.model(probability=0.2)"),
        (on.edge("planner", "flights.*"), "on.any(agent='planner', callee='flights.*')"),
        (on.edge(), "on.any()"),
        (on.edge("planner"), "on.any(agent='planner')"),
        (on.any(agent="*"), "on.any(agent='*')"),
        (on.tcp("db"), "on.tcp('db')"),
        (on.site(SITE), f"on.site('{SITE}')"),
        (select(kind="tool", site=str(SITE), times=1), f"on.tool(site='{SITE}', times=1)"),
    ],
)
def test_a_selector_is_short(selector, text):
    """Only what was given is shown."""
    assert str(selector) == text


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        (on.any(), True),
        (on.tool(), True),
        (on.model(), False),
        (on.agent(), False),
        (on.http(), False),
        (on.rpc(), False),
        (on.tool("book_flight"), True),
        (on.tool("book_*"), True),
        (on.tool("BOOK_*"), False),
        (on.tool("book"), False),
        (on.tool("book_[ef]light"), True),
        (on.tool(target="flights.*"), True),
        (on.tool(target="hotels.*"), False),
        (on.any(agent="flights"), True),
        (on.any(agent="planner/*"), True),
        (on.any(agent="planner"), False),
        (on.edge("flights", "flights.local"), True),
        (on.edge("flights", "book_*"), True),
        (on.edge("flights", "hotels.*"), False),
        (on.edge("*", "flights.local"), True),
        (on.edge("hotels"), False),
    ],
    ids=str,
)
def test_a_selector_matches_by_kind_name_target_agent_and_edge(selector, matches):
    """Globs, and capital letters matter."""
    assert selector.matches(BOOK) is matches


def test_a_caller_without_a_name_is_at_no_named_edge():
    """But at every edge whose caller may be anyone."""
    assert not on.edge("planner").matches(ASK)
    assert on.edge("*", "api.*").matches(ASK)


def test_a_site_is_covered_by_itself_alone():
    """Not by the next attempt; no site is asked for by most selectors."""
    retry = SITE._replace(attempt=2)
    assert (on.site(SITE).covers(SITE), on.site(str(SITE)).covers(SITE), on.site(SITE).covers(retry)) == (
        True,
        True,
        False,
    )
    assert on.any().covers(retry)


@pytest.mark.parametrize(
    ("between", "open_at"),
    [(None, [0, 1, 4.999, 5, 99]), ((1, 5), [1, 4.999]), ((5, None), [5, 99]), ((0, 1.5), [0, 1])],
)
def test_an_interval_includes_its_start_and_not_its_end(between, open_at):
    """So that two intervals that meet have no moment in common."""
    assert [at_s for at_s in (0, 1, 4.999, 5, 99) if select(between=between).is_open(at_s)] == open_at


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: on.tool(""), "on...(name=''): an empty pattern matches nothing; use '*' for any"),
        (lambda: on.tool(target=" "), "on...(target=' '): an empty pattern matches nothing; use '*' for any"),
        (lambda: select(name=5), "on...(name=5): Input should be a valid string"),
        (lambda: on.tool(nht=1), "a selector has no 'nht'; did you mean 'nth'?"),
        (lambda: on.tool(nth=0), "on...(nth=0): Input should be greater than or equal to 1"),
        (lambda: on.tool(nth=True), "on...(nth=True): Input should be a valid integer"),
        (lambda: on.tool(nth=1.5), "on...(nth=1.5): Input should be a valid integer"),
        (lambda: on.tool(times=-1), "on...(times=-1): Input should be greater than or equal to 1"),
        (lambda: on.tool(probability=0), "on...(probability=0): Input should be greater than 0"),
        (lambda: on.tool(probability=1.1), "on...(probability=1.1): Input should be less than or equal to 1"),
        (lambda: on.tool(probability=float("nan")), "on...(probability=nan): Input should be a finite number"),
        (lambda: on.tool(probability=True), "on...(probability=True): Input should be a valid number"),
        (lambda: on.tool(between=5), "on...(between=5): Input should be a valid tuple"),
        (
            lambda: on.tool(between=(5, 5)),
            (
                "on...: between=(5.0, 5.0) is an interval in which no call can fall;"
                " write (start_s, end_s) with 0 <= start_s < end_s"
            ),
        ),
        (
            lambda: on.tool(between=(-1, None)),
            (
                "on...: between=(-1.0, None) is an interval in which no call can fall;"
                " write (start_s, end_s) with 0 <= start_s < end_s"
            ),
        ),
        (
            lambda: on.tool(nth=2, times=2),
            "on...: nth=2 selects one call, so times=2 can never be reached; leave one of them out",
        ),
        (
            lambda: on.site("book_flight"),
            (
                "on...(site='book_flight'): no call has such a site; copy one from a history:"
                " agent|kind|target|name|digest|attempt"
            ),
        ),
        (
            lambda: select(kind="tol"),
            "on...(kind='tol'): Input should be 'model', 'tool', 'agent', 'http', 'rpc' or 'tcp'",
        ),
        (
            lambda: on.tool("", nth=0),
            "on...(name=''): an empty pattern matches nothing; use '*' for any; on...(nth=0): ",
        ),
    ],
)
def test_a_selector_that_can_match_nothing_is_refused(make, said):
    """Before anything runs, with the field, its value and what would do."""
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("site", ["a|tool|t|n|d|0", "a|tool|t|n|d|x", "a|boom|t|n|d|1", "tool|t|n|d|1", "|||||"])
def test_a_site_that_no_call_can_have_is_refused(site):
    """An attempt is counted from 1, a kind is one of those that there are."""
    with pytest.raises(UsageError, match="no call has such a site"):
        on.site(site)


def test_an_unknown_word_after_on_offers_the_nearest():
    """As an AttributeError, which `hasattr` understands."""
    with pytest.raises(UnknownNameError) as caught:
        _ = on.tol
    assert str(caught.value) == "there is no on.tol; did you mean 'tool'?"
    assert not hasattr(on, "__wrapped__")


def test_a_rule_reads_as_it_is_written():
    """The fault, then where."""
    assert str(rule(faults.Latency(seconds=3), on.tool("book"))) == "faults.Latency(seconds=3.0) on.tool('book')"


@pytest.mark.parametrize(
    ("fault", "selector", "said"),
    [
        (faults.DropResponse, on.any(), "DropResponse is a class; write faults.DropResponse()"),
        (Fault, on.any(), "Fault is a class; write faults.Fault()"),
        (int, on.any(), "<class 'int'> is not a fault; write for example faults.DropResponse()"),
        ("latency", on.any(), "'latency' is not a fault; write for example faults.DropResponse()"),
        (faults.Hang(), "book_*", "'book_*' does not select calls; write for example on.tool('book_*')"),
        (
            faults.Refusal(),
            on.tool("book"),
            "faults.Refusal() acts on model calls, so on.tool('book') can never give it one; select with on.model(...)",
        ),
    ],
)
def test_a_rule_that_can_never_fire_is_refused(fault, selector, said):
    """Before anything runs."""
    with pytest.raises(UsageError) as caught:
        rule(fault, selector)
    assert str(caught.value) == said


def test_a_fault_for_some_kinds_is_allowed_where_they_may_come():
    """`on.any()` may give it one."""
    assert rule(faults.Refusal(), on.any()) == Rule(faults.Refusal(), on.any())


@STEADY
@given(st.lists(SELECTORS.map(lambda selector: Rule(faults.Latency(seconds=2, jitter_s=1), selector)), max_size=3))
def test_a_schedule_comes_back_from_plain_data(schedule):
    """A failing run is stored as its schedule."""
    data = json.loads(json.dumps(schedule_to_data(tuple(schedule))))
    assert schedule_from_data(data) == tuple(schedule)


def test_a_schedule_as_data_says_only_what_was_given():
    """It is read by people, too."""
    schedule = (rule(faults.DropResponse(), on.tool("book_flight", nth=1)), rule(faults.Hang(), on.any()))
    assert schedule_to_data(schedule) == [
        {"fault": "drop_response", "on": {"kind": "tool", "name": "book_flight", "nth": 1}},
        {"fault": "hang", "on": {}},
    ]
    assert schedule_from_data([{"fault": "hang"}, {"fault": "hang", "on": None}]) == (schedule[1], schedule[1])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            {"on": {}},
            (
                "line 2 of the schedule, {'on': {}}, is no rule;"
                ' write for example {"fault": "latency", "on": {"kind": "tool"}}'
            ),
        ),
        ("hang", "line 2 of the schedule, 'hang', is no rule; write for example"),
        ({"fault": "hang", "on": "tool"}, "line 2 of the schedule, {'fault': 'hang', 'on': 'tool'}, is no rule;"),
        ({"fault": "hnag"}, "line 2 of the schedule: there is no fault 'hnag'; did you mean 'hang'?"),
        ({"fault": "hang", "on": {"nth": 0}}, "line 2 of the schedule: on...(nth=0): Input should be greater"),
        ({"fault": "latency", "secs": 1}, "line 2 of the schedule: faults.Latency has no parameter 'secs'; "),
        ({"fault": "refusal", "on": {"kind": "tool"}}, "line 2 of the schedule: faults.Refusal() acts on model calls"),
    ],
)
def test_a_wrong_line_of_a_schedule_is_named(line, said):
    """With its number, counted from 1."""
    with pytest.raises(UsageError) as caught:
        schedule_from_data([{"fault": "hang"}, line])
    assert str(caught.value).startswith(said)
