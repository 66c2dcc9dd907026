"""A row: one result in few words, and what is none."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.row import in_words, row
from pytest_agentchaos.evidence.slim import Slim

PLAN = {
    "system": "a:b",
    "scenario": "lost-ack",
    "journey": "lisbon",
    "schedule": [{"fault": "latency", "seconds": 5, "on": {"kind": "tool", "name": "book", "nth": 2}}],
    "seed": 7,
    "invariants": ["usual"],
}
LINE = {
    "trial": "3f2a",
    "plan": PLAN,
    "status": "fail",
    "why": "no_orphan: one is left",
    "ended": "degraded",
    "verdicts": [
        {"invariant": "terminates", "status": "pass", "reason": "", "ops": []},
        {"invariant": "no_orphan", "status": "fail", "reason": "one is left", "ops": [3]},
        {"invariant": "world_agrees", "status": "unknown", "reason": "no probe", "ops": []},
    ],
    "fired": [1],
    "reached": {},
    "measures": {"calls": 3, "cost": None, "currency": "EUR", "latency": {"book": {"calls": 1}}, "duration_s": 0.5},
    "digest": "ab",
    "history": "histories/3f2a.jsonl.gz",
    "calls": 3,
    "virtual_s": 1,
    "real_s": 0.25,
    "observed": {},
    "left": [],
}


def changed(**fields):
    """The line with other fields."""
    return {**LINE, **fields}


def planned(**fields):
    """The line with another plan."""
    return changed(plan={**PLAN, **fields})


def test_a_row_has_what_is_counted_and_grouped():
    """Names as texts, figures as numbers, the schedule in words."""
    told = row(2, 99, LINE)
    assert (told.source, told.at, told.trial, told.status, told.ended, told.system) == (
        2,
        99,
        "3f2a",
        "fail",
        "degraded",
        "a:b",
    )
    assert (told.scenario, told.journey, told.seed, told.faults) == ("lost-ack", "lisbon", 7, ("latency",))
    assert told.schedule == "latency(seconds=5) at tool book #2"
    assert (told.failed, told.unfired, told.calls, told.virtual_s, told.real_s) == (("no_orphan",), False, 3, 1.0, 0.25)
    assert dict(told.measures) == {"calls": 3, "cost": None, "currency": "EUR", "duration_s": 0.5}
    assert told.unknown == ("world_agrees",)
    assert not told.success
    assert told.counted


def test_the_trial_of_a_test_stands_under_its_file():
    """It has no scenario and no journey; the test is what it is found by."""
    told = row(0, 0, changed(plan={"test": "tests/test_a.py::test_it[lisbon]", "schedule": [], "seed": 1}))
    assert (told.scenario, told.journey) == ("tests/test_a.py", "tests/test_a.py::test_it[lisbon]")
    assert row(0, 0, changed(plan={})).journey == "usual"


def test_pairs_are_the_same_but_for_the_system_and_cases_but_for_the_seed_too():
    """What was asked of a trial belongs to its case and not to its pair."""
    one, other_system = row(0, 0, LINE), row(0, 0, planned(system="c:d"))
    assert (one.pair, one.case) == (other_system.pair, other_system.case)
    other_seed = row(0, 0, planned(seed=8))
    assert one.case == other_seed.case
    assert one.pair != other_seed.pair
    more_asked = row(0, 0, planned(invariants=["usual", "no_orphan"]))
    assert one.pair == more_asked.pair
    assert one.case != more_asked.case
    other_journey = row(0, 0, planned(journey="rome"))
    assert other_journey.pair != one.pair
    assert other_journey.case != one.case


@pytest.mark.parametrize(("fired", "unfired"), [([1], False), ([0], True), ([], True), ([1, 0], True)])
def test_a_rule_that_never_acted_is_seen(fired, unfired):
    """Also one of which nothing is told."""
    assert row(0, 0, changed(fired=fired)).unfired is unfired


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"fault": "hang"}, "hang"),
        ({"fault": "hang", "on": {"writes": True}}, "hang at write"),
        ({"fault": "hang", "on": {"writes": False, "nth": 1}}, "hang at read #1"),
        ({"fault": "hang", "on": {"site": "tool book 1"}}, "hang at tool book 1"),
        ({"fault": "hang", "on": {"name": "b*", "times": 2}}, "hang at any b* times=2"),
        ({"fault": "hang", "on": {"writes": ["odd"]}}, "hang at write"),
        ({"on": "nothing"}, "?"),
    ],
)
def test_a_rule_in_words(rule, words):
    """Also one that nobody should have written."""
    assert in_words(rule) == words


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
@pytest.mark.parametrize("field", ["virtual_s", "real_s", "measures"])
def test_a_figure_that_is_no_number_is_no_result(field, number):
    """A sum with it in it would be none either."""
    with pytest.raises(ValueError, match=r"no result|no number"):
        row(0, 0, changed(**{field: {"cost": number} if field == "measures" else number}))


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.just([]), st.just({}), st.just([{"a": 1}]),
    st.just([{"invariant": "x", "status": "fail", "reason": ""}]), st.just("pass"),
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(sorted(LINE)), VALUES, max_size=2),
    st.sets(st.sampled_from(sorted(LINE)), max_size=2),
)
def test_a_row_is_made_of_the_same_lines_as_a_result(odd, missing):
    """Whatever stands in them: what was counted can be looked at."""
    data = json.loads(json.dumps({key: value for key, value in {**LINE, **odd}.items() if key not in missing}))
    try:
        Result.from_data(data)
        is_result = True
    except UsageError:
        is_result = False
    try:
        row(0, 0, data)
        is_row = True
    except ValueError:
        is_row = False
    assert is_row == is_result


ODD_LINES = [
    planned(schedule={"fault": "hang"}),
    planned(schedule=["hang"]),
    changed(fired=["1"]),
    changed(fired=[True]),
    changed(virtual_s=10**400),
    changed(real_s=1e300),
    changed(calls=10**30),
    *(
        changed(verdicts=[{"invariant": "x", "status": "pass", "reason": "", **odd}])
        for odd in ({"status": ["pass"]}, {"status": "odd"}, {"reason": None}, {"invariant": 3}, {"ops": 3})
    ),
]


@pytest.mark.parametrize("line", ODD_LINES)
def test_what_would_mislead_whoever_counts_is_neither_a_row_nor_a_result(line):
    """A schedule that lists no rules would be taken for the world as it should be; a sum would be infinite."""
    with pytest.raises(ValueError, match="no result of a trial"):
        row(0, 0, line)
    with pytest.raises(UsageError):
        Result.from_data(line)


def test_a_measure_larger_than_any_can_be_is_no_result():
    """Medians and sums of others with it would be worth nothing."""
    with pytest.raises(ValueError, match="larger than any"):
        row(0, 0, changed(measures={"cost": 10**400}))


def test_a_secret_that_is_cut_is_hidden_first():
    """What is left of it would look like none, and be shown."""
    secret = "sk-" + "0123456789abcdef"
    assert "0123" not in row(0, 0, planned(journey="x" * 185 + f" {secret}")).journey
    assert "0123" not in in_words({"fault": "hang", "note": "x" * 48 + f" {secret}"})


@pytest.mark.parametrize("data", [None, [], "x", 3, {}, {"trial": "a", "plan": {}, "status": "odd"}])
def test_what_tells_of_no_trial_is_no_row(data):
    """Of whatever type."""
    with pytest.raises(ValueError, match="no result of a trial"):
        row(0, 0, data)


def test_measures_are_slim_and_read_like_a_mapping():
    """Their names are kept once, and they cross to other processes."""
    one, other = Slim({"calls": 1, "cost": None}), Slim({"calls": 2, "cost": 0.5})
    assert one._places is other._places
    assert (one["calls"], one.get("cost"), one.get("odd", 7), "odd" in one, len(one)) == (1, None, 7, False, 2)
    assert dict(other) == {"calls": 2, "cost": 0.5} == other
    assert repr(one) == "{'calls': 1, 'cost': None}"
    assert copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - our own
    with pytest.raises(KeyError):
        one["odd"]
