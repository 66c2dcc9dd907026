"""The workflow of the benchmark, with the real openai and mcp clients, at depth 2."""

from __future__ import annotations

import pytest

from benchmarks.explore.workflow import MENU
from pytest_agentchaos import on
from pytest_agentchaos.explore import explore


@pytest.mark.unmeasured
def test_a_bug_of_two_faults_is_found_in_few_trials():
    """At both calls that book, by every lost answer whose second attempt comes too late; no audit finds another."""
    found = explore("benchmarks.explore.workflow:trip", depth=2, faults=MENU, on=[on.model(), on.tool()], audit=0.02)
    singles, pairs = found.depths
    assert (singles.run, singles.reachable) == (38, 38)
    assert singles.run + pairs.run + 2 <= 130
    assert {tuple(sorted(one.calls)) for one in found.failures} == {
        ("tool|http://tools.example/mcp|book_flight",) * 2,
        ("tool|http://tools.example/mcp|book_hotel",) * 2,
    }
    assert sum(one.schedules for one in found.failures) == 6
    assert all(len(one.tried.spots) == 2 for one in found.failures)
    assert pairs.audit.misses == pairs.audit.variants == 0
