"""A loop that looks again before it sleeps, in a world where looking takes ten microseconds."""

from __future__ import annotations

import selectors

import pytest

from pytest_agentchaos.wires.toxiproxy import wakeful

READY = [("key", selectors.EVENT_READ)]
LOOK_S = 10e-6


class World:
    """What a selector asks: the time, and the system, which tells after how long something is ready."""

    def __init__(self):
        self.now_s = 0.0
        self.ready_at_s = 0.0
        self.asked = []

    def wall_s(self):
        """The time."""
        return self.now_s

    def select(self, timeout):
        """Looks; sleeps until something is ready if it may."""
        self.asked.append(timeout)
        self.now_s += LOOK_S
        if self.now_s >= self.ready_at_s:
            return READY
        if timeout == 0:
            return []
        self.now_s = self.ready_at_s if timeout is None else min(self.ready_at_s, self.now_s + timeout)
        return READY if self.now_s >= self.ready_at_s else []

    def wait(self, selector, ready_in_s, timeout=None):
        """How the system was asked until something was ready."""
        self.ready_at_s = self.now_s + ready_in_s
        self.asked.clear()
        answer = selector.select(timeout)
        return answer, list(self.asked)


@pytest.fixture
def world(monkeypatch):
    """Two processors, until a test says otherwise."""
    world = World()
    monkeypatch.setattr(wakeful, "wall_s", world.wall_s)
    monkeypatch.setattr(wakeful, "_processors", lambda: 2)
    monkeypatch.setattr(selectors.DefaultSelector, "select", lambda self, timeout=None: world.select(timeout))
    return world


@pytest.fixture
def selector(world):
    """Made in that world."""
    with wakeful.Wakeful() as selector:
        yield selector


def test_it_sleeps_at_once_where_nothing_has_come_yet(world, selector):
    """As any other selector."""
    assert world.wait(selector, 0.01) == (READY, [None])


def test_after_a_short_wait_it_looks_before_it_sleeps(world, selector):
    """What comes while it looks is had without a sleep, time after time."""
    world.wait(selector, 100e-6)
    assert world.wait(selector, 3 * LOOK_S) == (READY, [0, 0, 0])
    assert world.wait(selector, 3 * LOOK_S) == (READY, [0, 0, 0])


def test_it_looks_for_a_moment_only(world, selector):
    """Fifty microseconds; then it sleeps, for as long as it was told."""
    world.wait(selector, 100e-6)
    answer, asked = world.wait(selector, 1.0, timeout=0.5)
    assert answer == []
    assert asked == [0] * 5 + [0.5]


def test_after_a_long_wait_it_sleeps_at_once(world, selector):
    """So idle connections cost nothing."""
    world.wait(selector, 100e-6)
    world.wait(selector, 1.0)
    assert world.wait(selector, 1.0) == (READY, [None])


def test_who_must_not_wait_does_not(world, selector):
    """A loop that has something to do asks with 0, and gets its answer at once."""
    world.wait(selector, 100e-6)
    assert world.wait(selector, 1.0, timeout=0) == ([], [0])


def test_on_a_single_processor_it_leaves_it_to_its_peer(world, monkeypatch):
    """Looking would keep the peer from answering."""
    monkeypatch.setattr(wakeful, "_processors", lambda: 1)
    with wakeful.Wakeful() as selector:
        world.wait(selector, 100e-6)
        assert world.wait(selector, 3 * LOOK_S) == (READY, [None])
