"""Runs: how each ended, and what a crash makes of them."""

from __future__ import annotations

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.run import crashed, finished, left_down, runs


def story(*endings):
    """Runs of one call each, that ended so."""
    told = Story()
    for ending in endings:
        told.call("book").ok()
        told.wait(10).ended(ending)
    return told.history


def test_a_crash_is_a_way_to_end():
    """Its word is the same."""
    (run,) = story("crashed").view(runs)
    assert (run.ending, run.ended) == ("crashed", "crashed")


def test_what_a_crashed_run_did_belongs_to_the_one_in_its_place():
    """However often it crashed before."""
    history = story("completed", "crashed", "crashed", "completed")
    first, second = history.view(finished)
    assert (first.began, first.op) == (0, 2)
    assert (second.began, second.op) == (3, 11)
    assert [run.op for run in history.view(crashed)] == [5, 8]


def test_a_system_that_nobody_started_again_is_down():
    """More would follow."""
    assert left_down(story()) is None
    assert left_down(story("crashed", "completed")) is None
    assert left_down(story("completed", "crashed")).op == 5
