"""The results that these tests and the benchmarks of reports are made of: realistic, and the same each time."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.report import synthetic
from benchmarks.report.suite import journeys, scenarios
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.evidence.result import STATUSES


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """A baseline and a candidate, of 600 trials each."""
    folder = tmp_path_factory.mktemp("synthetic")
    both = {"before": synthetic.BASELINE, "after": synthetic.CANDIDATE}
    return [synthetic.write(folder / name, 600, release, histories=3) for name, release in both.items()]


def test_the_suite_is_as_large_as_the_shipped_one():
    """112 scenarios, of all 40 faults and of none, on 30 journeys."""
    assert len(scenarios()) == len({one.name for one in scenarios()}) == 112
    assert len({one.fault for one in scenarios() if one.fault}) == 40
    assert len(journeys()) == 30


def test_results_can_be_gathered_with_their_histories(releases):
    """Each line is one that a campaign could have written, each trial is another, and kept histories can be read."""
    gathered = gather([releases[1]])
    assert len({row.trial for row in gathered.rows}) == 600
    assert sum(source.dropped for source in gathered.sources) == 0
    kept = [row for row in gathered.rows if row.history]
    assert Counter(row.status for row in kept) == {"fail": 3, "pass": 1}
    for row in kept:
        history, result = gathered.history(row), gathered.result(row)
        assert all(op < len(history) for verdict in result.verdicts for op in verdict.ops)


def test_all_that_can_become_of_a_trial_is_there(releases):
    """Every status, most of them passes; failures of several causes."""
    rows = gather(releases).rows
    counts = Counter(row.status for row in rows)
    assert set(counts) == set(STATUSES)
    assert counts["pass"] > 0.8 * len(rows)
    assert len({row.failed for row in rows if row.status == "fail"}) > 3


def test_trials_of_two_releases_are_pairs_and_mostly_end_alike(releases):
    """The candidate is worse, in some of the same trials; chance alone moves a few the other way."""
    before, after = ({row.pair: row.success for row in gather([folder]).rows} for folder in releases)
    assert before.keys() == after.keys()
    moved = Counter((before[pair], after[pair]) for pair in before if before[pair] != after[pair])
    assert moved[True, False] > 3 * moved[False, True]
    assert sum(moved.values()) < 60


def test_the_same_arguments_write_the_same_bytes(tmp_path):
    """So that a figure that changes has changed for a reason."""
    one, two = (synthetic.write(tmp_path / name, 50, seed=3) / "results.jsonl" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    other = synthetic.write(tmp_path / "other", 50, seed=4) / "results.jsonl"
    assert one.read_bytes() != other.read_bytes()
