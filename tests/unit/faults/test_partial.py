"""Partial."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.partial import Partial

VALUE = {"flights": [1, 2, 3, 4], "total": 4}


def test_a_list_loses_its_tail(answer):
    """And the count beside it still tells the truth."""
    assert answer(Partial(), VALUE) == {"flights": [1, 2], "total": 4}


def test_an_object_without_lists_loses_its_last_keys(answer):
    """The first ones stay."""
    assert answer(Partial(), {"a": 1, "b": 2, "c": 3}) == {"a": 1}


def test_a_text_loses_its_end(answer):
    """When there is nothing but text."""
    assert answer(Partial(fraction=0.4), "sunny") == "su"


def test_at_least_one_entry_is_lost(answer):
    """However large the fraction."""
    assert answer(Partial(fraction=0.99), {"flights": [1]}) == {"flights": []}


def test_the_part_can_be_named(answer):
    """With dots and globs."""
    value = {"a": {"x": [1, 2], "y": [3, 4]}, "b": "text"}
    assert answer(Partial(field="a.y"), value) == {"a": {"x": [1, 2], "y": [3]}, "b": "text"}
    assert answer(Partial(field="b"), value) == {"a": {"x": [1, 2], "y": [3, 4]}, "b": "te"}


@pytest.mark.parametrize("value", [{}, "", 7])
def test_what_has_no_parts_is_left_alone(answer, value):
    """Then the fault has not fired."""
    assert answer(Partial(), value) is None
    assert answer(Partial(field="nowhere"), VALUE) is None


def test_the_whole_is_no_part():
    """A fraction of one is an error."""
    with pytest.raises(UsageError, match=r"faults\.Partial\(fraction=1\)"):
        Partial(fraction=1)
