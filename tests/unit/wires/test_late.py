"""Late deliveries: each arrives, at its moment, before the trial is over."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from pytest_agentchaos.clock import VirtualClock, WallClock
from pytest_agentchaos.wires.late import LateDeliveries

pytestmark = pytest.mark.filterwarnings("error")


def test_in_virtual_time_a_sync_delivery_happens_at_its_moment():
    """Also when its caller is somewhere else by then."""
    clock = VirtualClock()
    late, seen = LateDeliveries(clock), []
    late.after(5, lambda: seen.append(clock.now_s()))
    late.after(2, lambda: seen.append(clock.now_s()))
    clock.wait(3)
    assert seen == [2]
    late.settle()
    assert seen == [2, 5]


def test_in_real_time_settling_waits_for_the_timers():
    """They run in threads of their own."""
    late, seen = LateDeliveries(WallClock()), []
    late.after(0.01, lambda: seen.append(threading.current_thread().daemon))
    late.settle()
    assert seen == [True]


@pytest.mark.asyncio
async def test_what_was_let_go_is_waited_for_together_with_what_it_lets_go_in_turn():
    """An error in one of them is no reason not to wait for the others."""
    late, seen = LateDeliveries(WallClock()), []

    async def second() -> None:
        await asyncio.sleep(0)
        seen.append("second")

    async def first() -> None:
        late.spawn(second())
        seen.append("first")
        raise ValueError

    late.spawn(first())
    assert late.pending
    await late.arrive()
    assert seen == ["first", "second"]
    assert not late.pending


@pytest.mark.asyncio
async def test_a_task_that_somebody_else_has_started_can_be_adopted():
    """A connection that outlives its client, say."""
    late = LateDeliveries(WallClock())
    task = asyncio.create_task(asyncio.sleep(0))
    late.adopt(task)
    await late.arrive()
    assert task.done()


def test_what_a_closed_loop_has_cancelled_is_not_waited_for():
    """A sync agent may run a loop of its own for each call."""
    late = LateDeliveries(WallClock())

    async def call() -> None:
        late.spawn(asyncio.sleep(3600))

    asyncio.run(call())
    assert not late.pending
    asyncio.run(late.arrive())


def test_without_asyncio_nothing_can_be_let_go():
    """The caller learns that, and no coroutine is left behind."""
    delivery = asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="no running event loop"):
        LateDeliveries(WallClock()).spawn(delivery)


@pytest.mark.asyncio
async def test_what_has_arrived_is_forgotten():
    """A trial may stand for days; those that failed are nobody's business."""
    late, complaints = LateDeliveries(WallClock()), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def arrive(number: int) -> None:
        if number % 2:
            raise ValueError

    for number in range(2_000):
        late.spawn(arrive(number))
        await asyncio.sleep(0)
    assert len(late._tasks) < 600
    await late.arrive()
    assert not late.pending
    gc.collect()
    assert complaints == []


def test_timers_that_have_fired_are_forgotten(monkeypatch):
    """The same for deliveries of sync wires."""
    monkeypatch.setattr("pytest_agentchaos.wires.late._LOOK_AT", 4)
    late = LateDeliveries(WallClock())
    for _ in range(40):
        late.after(0, lambda: None)
        late._timers[-1].join()
    assert len(late._timers) <= 5
    late.settle()
