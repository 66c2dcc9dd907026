"""Sites: the stable identity of a call within a run."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.site import Site, SiteCounter

NAMES = st.sampled_from(["book", "search", "pay"])
CALLS = st.builds(Call, st.sampled_from(["tool", "model"]), st.just("x.local"), NAMES, st.sampled_from([{}, {"a": 1}]))


def test_attempts_of_equal_calls_are_counted_from_one():
    """A retry is the second attempt of the same call."""
    counter = SiteCounter()
    call = Call("tool", "x.local", "book", {"a": 1}, ("planner",))
    assert [counter.site(call).attempt for _ in range(3)] == [1, 2, 3]


def test_a_site_reads_as_its_parts():
    """This is what `on.site(...)` takes."""
    site = SiteCounter().site(Call("tool", "x.local", "book", {"a": 1}, ("planner", "flights")))
    assert str(site) == f"planner/flights|tool|x.local|book|{site.digest}|1"
    assert isinstance(site, Site)


@settings(deadline=None, derandomize=True)
@given(st.lists(CALLS, max_size=8), st.lists(CALLS, max_size=8), st.randoms(use_true_random=False))
def test_unrelated_calls_do_not_move_a_site(calls, others, shuffle):
    """There is no global counter: what is inserted anywhere leaves the sites of all other calls alone."""
    alone = SiteCounter()
    sites = [alone.site(call) for call in calls]
    strangers = [Call("rpc", "y.local", other.name) for other in others]
    mixed = list(calls)
    for stranger in strangers:
        mixed.insert(shuffle.randint(0, len(mixed)), stranger)
    among_others = SiteCounter()
    assert [site for call in mixed if (site := among_others.site(call)).kind != "rpc"] == sites


@settings(deadline=None, derandomize=True)
@given(st.lists(CALLS, max_size=12))
def test_no_two_calls_of_a_run_have_the_same_site(calls):
    """Otherwise one of them could not be meant."""
    counter = SiteCounter()
    sites = [str(counter.site(call)) for call in calls]
    assert len(set(sites)) == len(calls)
