"""Pairs: what belongs together, and what is left over."""

from __future__ import annotations

from pytest_agentchaos.gating.pairs import pair


def test_trials_are_paired_in_the_order_of_the_candidate(row, gathered):
    """By journey, schedule and seed, wherever they stand."""
    old = gathered([row(number, system="old") for number in (3, 1, 2)])
    new = gathered([row(number) for number in (1, 2, 4)])
    pairs = pair(old, new)
    assert [(one.trial, other.trial) for one, other in pairs.pairs] == [("old-1", "new-1"), ("old-2", "new-2")]
    assert [one.trial for one in pairs.candidate_only] == ["new-4"]
    assert [one.trial for one in pairs.baseline_only] == ["old-3"]
    assert pairs.share == 2 / 3


def test_a_pair_of_which_one_says_nothing_is_excluded(row, gathered):
    """It is no leftover either; and it counts against the share if the candidate's says something."""
    old = gathered([row(1, system="old"), row(2, "infrastructure", system="old"), row(3, system="old")])
    new = gathered([row(1), row(2), row(3, "inapplicable")])
    pairs = pair(old, new)
    assert [other.seed for _, other in pairs.pairs] == [1]
    assert [other.seed for _, other in pairs.excluded] == [2, 3]
    assert not pairs.candidate_only
    assert not pairs.baseline_only
    assert pairs.share == 0.5


def test_of_trials_that_look_the_same_those_that_were_asked_the_same_are_a_pair(row, gathered):
    """Whatever the order in which workers wrote them down; none is used twice."""
    old = gathered([row(1, "fail", system="old", case="b"), row(1, system="old", case="a")])
    new = gathered([row(1, case="a"), row(1, "fail", case="b"), row(1, case="c")])
    pairs = pair(old, new)
    assert [(one.case, other.case) for one, other in pairs.pairs] == [("a", "a"), ("b", "b")]
    assert [one.case for one in pairs.candidate_only] == ["c"]
    changed = pair(gathered([row(1, system="old", case="before")]), gathered([row(1, case="after")]))
    assert len(changed.pairs) == 1


def test_what_was_lost_and_won(row, gathered):
    """Unknown is no success."""
    old = gathered([row(1), row(2, "fail"), row(3), row(4, "unknown")])
    new = gathered([row(1, "unknown"), row(2), row(3), row(4, "fail")])
    pairs = pair(old, new)
    assert [other.seed for _, other in pairs.lost] == [1]
    assert [other.seed for _, other in pairs.won] == [2]


def test_nothing_with_nothing(gathered):
    """No share of nothing."""
    assert pair(gathered([]), gathered([])).share == 0
