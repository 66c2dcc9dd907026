"""The one global of the package: which trial the wires see."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.wires.active import Active, activated, current
from pytest_agentchaos.wires.late import LateDeliveries
from pytest_agentchaos.wires.upstreams import Upstreams


def active(*, sim: bool) -> Active:
    """Make a trial for wires to see."""
    clock = VirtualClock()
    engine = Engine((), seed=0, clock=clock, history=History())
    return Active(engine, clock, sim=sim, upstreams=Upstreams(), late=LateDeliveries(clock))


def in_a_thread(one: Active) -> Exception | None:
    """What a wire in another thread is told."""
    told: list[Exception] = []

    def work() -> None:
        try:
            one.check_thread("book")
        except UsageError as error:
            told.append(error)

    thread = threading.Thread(target=work, name="poller")
    thread.start()
    thread.join()
    return told[0] if told else None


def test_a_trial_is_seen_for_as_long_as_its_block_is_open():
    """However the block ends."""
    one = active(sim=True)
    assert current() is None
    with suppress(LookupError), activated(one):
        assert current() is one
        raise LookupError
    assert current() is None


def test_one_trial_cannot_be_inside_another():
    """The outer one is still seen afterwards."""
    one = active(sim=True)
    with activated(one):
        with pytest.raises(UsageError, match="cannot be inside another"), activated(active(sim=True)):
            pytest.fail("it was")
        assert current() is one


def test_in_virtual_time_another_thread_is_an_error_that_says_what_to_do():
    """It is remembered, since the thread's exception may be lost."""
    one = active(sim=True)
    one.check_thread("book")
    error = in_a_thread(one)
    assert "book was called from the thread 'poller'" in str(error)
    assert "agentchaos.live()" in str(error)
    assert one.engine.problems == [error]


def test_in_live_mode_every_thread_may_call():
    """Time is real there."""
    assert in_a_thread(active(sim=False)) is None
