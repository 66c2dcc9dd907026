"""Calls and how they are known again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentchaos.evidence.call import KINDS, Call

STEADY = settings(deadline=None, derandomize=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
CALL = Call("tool", "flights.local", "book_flight", {"seat": 1}, ("planner", "flights"))


def test_a_call_reads_as_who_asks_whom_for_what():
    """A caller without a name is left out."""
    assert str(CALL) == "planner/flights -> tool book_flight @ flights.local"
    assert str(replace(CALL, agent=())) == "tool book_flight @ flights.local"


@STEADY
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5))
def test_the_digest_does_not_depend_on_the_order_of_arguments(arguments):
    """Two dictionaries that are equal are the same arguments."""
    backwards = dict(reversed(arguments.items()))
    assert replace(CALL, arguments=arguments).digest == replace(CALL, arguments=backwards).digest


@STEADY
@given(JSON, JSON)
def test_other_arguments_have_another_digest(one, other):
    """Equal digests would make two calls one site."""
    first, second = (replace(CALL, arguments={"x": value}) for value in (one, other))
    assert (first.digest == second.digest) == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))
    assert len(first.digest) == 12


@pytest.mark.parametrize(
    ("one", "other"), [({"a": 1}, {"a": 2}), ({"a": 1}, {"a": "1"}), ({"a": [1, 2]}, {"a": [2, 1]})]
)
def test_what_differs_is_told_apart(one, other):
    """A value, a type, an order."""
    assert replace(CALL, arguments=one).digest != replace(CALL, arguments=other).digest


def test_the_digest_does_not_depend_on_places_in_memory():
    """A prompt into which an object was printed is the same prompt in the next run."""
    one, other = ({"prompt": f"book {object()!r} now"} for _ in range(2))
    assert replace(CALL, arguments=one).digest == replace(CALL, arguments=other).digest


def test_half_a_character_has_a_digest():
    """JSON can spell it, so an agent can send it."""
    assert replace(CALL, arguments={"a": "\ud800"}).digest != replace(CALL, arguments={"a": "\ud801"}).digest


@pytest.mark.parametrize(
    ("glob", "fits"),
    [("planner/flights", True), ("flights", True), ("planner/*", True), ("fl*", True), ("planner", False), ("", False)],
)
def test_an_agent_is_meant_by_its_path_or_its_last_part(glob, fits):
    """The last part is what most people call it."""
    assert CALL.is_made_by(glob) is fits


def test_a_caller_without_a_name_is_meant_by_an_empty_path_only():
    """It is nobody in particular."""
    nobody = replace(CALL, agent=())
    assert [nobody.is_made_by(glob) for glob in ("", "*", "planner")] == [True, True, False]


def test_the_kinds_are_listed_once():
    """Selectors and faults offer what is listed here."""
    assert len(set(KINDS)) == len(KINDS) == 6
