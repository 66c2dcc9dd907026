"""Both reductions, on what trials of one and two faults have shown."""

from __future__ import annotations

from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.explore.asked import Spot
from pytest_agentchaos.explore.reductions import Classes, begin_after, converged, sort_of
from pytest_agentchaos.observation import Seen

HOTEL, HOTEL_AGAIN = "a|tool|host|hotel|d1|1", "a|tool|host|hotel|d1|2"


def seen(*pairs):
    """Sites with their states."""
    return [Seen(site, state, ()) for site, state in pairs]


def single(became, took_s=0.0, **others):
    """What became of one fault."""
    return Result(
        "t", {}, "pass", ended="completed", fired=(1,), observed={"became": [became]}, virtual_s=took_s, **others
    )


def test_a_trial_has_converged_from_where_sites_and_states_are_the_usual_ones():
    """To the very end: the same in the middle is not enough."""
    clean = seen(("a", "1"), ("b", "1"), ("c", "2"))
    assert converged(clean, clean) == 0
    assert converged(seen(("a", "1"), ("a2", "1"), ("b", "1"), ("c", "2")), clean) == 2
    assert converged(seen(("a", "1"), ("b", "1"), ("c", "3")), clean) == 3
    assert converged(seen(("a", "1"), ("b", "9"), ("c", "2")), clean) == 2
    assert converged([], clean) == 0


def test_nothing_has_converged_where_nobody_knows_the_state():
    """An empty state is the same as no other."""
    assert converged(seen(("a", "")), seen(("a", ""))) == 1


def test_one_fault_stands_for_those_that_make_the_same_of_a_call():
    """The one that took the most time; one of which nothing is known stands for itself."""
    classes = Classes()
    for fault, (became, took_s) in enumerate([("none, retryable", 1), ("none, retryable", 30), ("once, retryable", 5)]):
        classes.learn(Spot(HOTEL, fault), single(became, took_s))
    assert classes.representatives(HOTEL, [0, 1, 2, 3]) == {1, 2, 3}
    assert classes.representatives(HOTEL, [0, 2]) == {0, 2}


def test_a_site_that_only_appears_under_faults_has_the_classes_of_its_sort():
    """The same call of whatever arguments and attempt."""
    classes = Classes()
    classes.learn(Spot(HOTEL, 0), single("once, ok", 1))
    classes.learn(Spot(HOTEL, 1), single("once, ok", 2))
    assert sort_of(HOTEL) == sort_of(HOTEL_AGAIN) == "tool|host|hotel"
    assert classes.representatives(HOTEL_AGAIN, [0, 1]) == {1}
    assert classes.representatives("a|tool|host|flight|d1|1", [0, 1]) == {0, 1}


def test_a_fault_strikes_after_the_last_one_only():
    """So each combination is made once; nowhere, if the last one was not reached."""
    sites = seen(("a", ""), ("b", ""), ("c", ""))
    assert begin_after(sites, None) == 0
    assert begin_after(sites, "b") == 2
    assert begin_after(sites, "c") == 3
    assert begin_after(sites, "z") == 3
