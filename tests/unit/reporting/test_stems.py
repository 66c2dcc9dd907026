"""Reasons of one cause have one stem."""

from __future__ import annotations

import pytest

from pytest_agentchaos.reporting.making.stems import stem

SAME = [
    (
        "seat with key ('t-1', 'LX1766') was executed 2 times, at 0 s and 0.388 s; the world has 2",
        "seat with key ('t-9f', 'TP612') was executed 7 times, at 0 s, 2 s and 1e-05 s",
    ),
    ("steps = 61 is above 60", "steps = 1,204 is above 60"),
    ("hotel and id H-000001 was done at 60 s and stands", "hotel and id H-000044 was done at 0.5 s and stands"),
    ("the invariant crashed: KeyError: 'a'", "the invariant crashed: KeyError: 'b'"),
    ("request 0a1b2c3d4e5f6789 was lost", "request ffffb2c3d4e5f678 was lost"),
]
DIFFERENT = [
    ("it ended as asked", "it ended as failed"),
    ("seat with key (1) was executed 2 times", "room with key (1) was executed 2 times"),
    ("the invariant crashed: KeyError: 'a'", "the invariant crashed: TypeError: 'a'"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_differs_from_run_to_run_is_not_in_it(one, other):
    """Numbers, times, keys, ids."""
    assert stem(one).key == stem(other).key


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_another_cause_is_in_it(one, other):
    """Words are not thrown away."""
    assert stem(one).key != stem(other).key


def test_it_is_short_and_without_secrets():
    """A reason may quote five megabytes of an agent, and a key."""
    told = stem("x" * 5_000_000)
    assert len(told.title) <= 140
    assert "sk-" not in stem("the answer holds sk-abcdefghijklmnopqrstuvwx").title
