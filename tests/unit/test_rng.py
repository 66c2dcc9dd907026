"""Randomness by name: no draw can shift another."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentchaos import rng

STEADY = settings(deadline=None, derandomize=True)
SEEDS = st.integers(min_value=-(2**70), max_value=2**70)
NAMES = st.lists(st.text() | st.integers(), max_size=3)


def test_a_stream_is_what_it_was_in_every_earlier_version():
    """Saved seeds must mean the same for ever."""
    assert rng.stream(7, "fault", 1).random() == 0.7892039856535057
    assert rng.uniform(7, "fault", 1) == 0.9676109756305178
    assert rng.derive(7, "fault", 1) == 4155857495


@STEADY
@given(SEEDS, NAMES)
def test_the_same_names_under_the_same_seed_draw_the_same(seed, names):
    """In any order of asking, since nothing is shared."""
    first = (rng.stream(seed, *names).random(), rng.uniform(seed, *names), rng.derive(seed, *names))
    rng.stream(seed, "another").random()
    assert first == (rng.stream(seed, *names).random(), rng.uniform(seed, *names), rng.derive(seed, *names))


@STEADY
@given(SEEDS, NAMES)
def test_draws_stay_in_their_ranges(seed, names):
    """A probability of 1 always holds and one of 0 never would."""
    assert 0 <= rng.uniform(seed, *names) < 1
    assert 0 <= rng.derive(seed, *names) < 2**32


@STEADY
@given(SEEDS, st.text(), st.text())
def test_another_name_or_seed_is_another_stream(seed, one, other):
    """So that no two faults decide alike."""
    if one != other:
        assert rng.uniform(seed, one) != rng.uniform(seed, other)
    assert rng.uniform(seed, one) != rng.uniform(seed + 1, one)


def test_draws_are_spread_evenly():
    """A tenth of them in each tenth, within what chance allows."""
    counts = [0] * 10
    for number in range(10_000):
        counts[int(rng.uniform(1, "spread", number) * 10)] += 1
    assert all(850 < count < 1150 for count in counts)


def test_half_a_character_can_name_a_stream():
    """A tool's name comes from JSON, which can spell it."""
    assert rng.uniform(1, "\ud800") != rng.uniform(1, "\ud801")
