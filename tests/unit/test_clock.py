"""Time: the wall's and the virtual one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentchaos.clock import VirtualClock, WallClock, wall_s

MOMENTS = st.lists(st.floats(min_value=0, max_value=1000), max_size=8)


def test_wall_time_counts_from_the_beginning_and_passes():
    """It is real: a wait of nothing still takes some."""
    before_s = wall_s()
    clock = WallClock()
    clock.wait(0.0)
    assert 0 <= clock.now_s() <= wall_s() - before_s


def test_virtual_time_passes_only_when_somebody_waits():
    """By exactly as much."""
    clock = VirtualClock()
    assert clock.now_s() == 0.0
    clock.wait(100.0)
    clock.wait(0.5)
    assert clock.now_s() == 100.5


@pytest.mark.parametrize("seconds", [0.0, -5.0])
def test_waiting_for_nothing_takes_no_time(seconds):
    """As `asyncio.sleep` has it, also for negative times."""
    clock = VirtualClock()
    clock.wait(3.0)
    clock.wait(seconds)
    assert clock.now_s() == 3.0


def test_a_moment_in_the_past_changes_nothing():
    """Time does not run backwards by accident."""
    clock = VirtualClock()
    clock.advance_to(5.0)
    clock.advance_to(2.0)
    assert clock.now_s() == 5.0


def test_what_is_due_happens_at_its_own_moment_and_in_order():
    """Also when it was asked for in another order; equal moments keep the order of asking."""
    clock = VirtualClock()
    seen: list[tuple[str, float]] = []
    for name, when_s in (("c", 3.0), ("a", 1.0), ("b", 1.0), ("late", 9.0)):
        clock.at(when_s, lambda name=name: seen.append((name, clock.now_s())))  # type: ignore[misc]
    assert clock.next_due_s() == 1.0
    clock.wait(5.0)
    assert seen == [("a", 1.0), ("b", 1.0), ("c", 3.0)]
    assert clock.now_s() == 5.0
    assert clock.next_due_s() == 9.0


def test_what_is_due_in_the_past_happens_now():
    """With the next wait, and without moving time back."""
    clock = VirtualClock()
    clock.wait(5.0)
    seen: list[float] = []
    clock.at(1.0, lambda: seen.append(clock.now_s()))
    clock.wait(0.0)
    assert seen == [5.0]


def test_settling_lets_everything_happen_that_is_still_due():
    """Also what was made due meanwhile."""
    clock = VirtualClock()
    seen: list[float] = []
    clock.at(4.0, lambda: clock.at(clock.now_s() + 6.0, lambda: seen.append(clock.now_s())))
    clock.settle()
    assert seen == [10.0]
    assert clock.next_due_s() is None


def test_a_caller_that_gave_up_goes_on_at_the_moment_when_it_did():
    """The callee that ran on its stack took longer."""
    clock = VirtualClock()
    clock.wait(30.0)
    clock.rewind(10.0)
    assert clock.now_s() == 10.0
    clock.rewind(20.0)
    assert clock.now_s() == 10.0


@settings(deadline=None, derandomize=True)
@given(waits=MOMENTS, due=MOMENTS)
def test_time_never_runs_backwards(waits, due):
    """Whatever is due and whoever waits, each reading is at least the one before, and nothing due is lost."""
    clock = VirtualClock()
    read: list[float] = []
    for when_s in due:
        clock.at(when_s, lambda: read.append(clock.now_s()))
    for seconds in waits:
        clock.wait(seconds)
        read.append(clock.now_s())
    clock.settle()
    assert read == sorted(read)
    assert len(read) == len(due) + len(waits)
