"""What an audit can know."""

from __future__ import annotations

from itertools import combinations

import pytest

from pytest_agentchaos.explore.audit import Audit, sample


@pytest.mark.parametrize(("of", "run", "misses"), [(7, 3, 2), (9, 9, 1), (6, 0, 3), (8, 2, 8), (5, 4, 9)])
def test_the_chance_to_meet_a_miss_is_exact(of, run, misses):
    """As counting all samples has it."""
    bad = set(range(min(misses, of)))
    samples = list(combinations(range(of), run))
    met = sum(bool(bad & set(one)) for one in samples) / len(samples)
    assert Audit(run, of).chance(misses) == pytest.approx(met)


def test_the_chance_of_the_facts():
    """10 % of 603 pruned pairs have a chance of 57 % to meet one of 8."""
    assert Audit(60, 603).chance(8) == pytest.approx(0.57, abs=0.01)


def test_the_bound_is_what_would_have_been_seen():
    """With more misses than that, fewer than one audit in twenty meets as few."""
    for run, of, misses in ((60, 600, 0), (30, 40, 1), (5, 5, 2), (0, 9, 0)):
        audit = Audit(run, of, misses)
        chances = [sum(audit._chance_to_meet(met, many) for met in range(misses + 1)) for many in range(of + 1)]
        assert audit.bound == max(many for many, chance in enumerate(chances) if chance >= 0.05)


def test_large_audits_are_quick_to_judge():
    """The numbers of ways have thousands of digits, so they are never written out."""
    assert 0.6 < Audit(10_000, 100_000).chance(10) < 0.7


def test_a_sample_is_decided_by_the_seed():
    """In the order of what it is taken from, and never more than asked."""
    pruned = list(range(100))
    assert sample(pruned, 0.1, 50, 2, seed=1) == sample(pruned, 0.1, 50, 2, seed=1)
    assert sample(pruned, 0.1, 50, 2, seed=1) != sample(pruned, 0.1, 50, 2, seed=2)
    assert len(sample(pruned, 0.1, 50, 2, seed=1)) == 10
    assert len(sample(pruned, 1.0, 50, 2, seed=1)) == 50
    assert sample(pruned, 0.5, 50, 2, seed=1) == sorted(sample(pruned, 0.5, 50, 2, seed=1))
