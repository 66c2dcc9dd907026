"""Requests that arrive after their caller has stopped waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from pytest_agentchaos.clock import Clock, VirtualClock
from pytest_agentchaos.processes import WIRE, within

_LOOK_AT = 256
"""When so much was let go, it is looked what of it has arrived; a trial may stand for days."""


class LateDeliveries:
    """Everything that is still on its way when its caller has gone; a trial is over when all of it has arrived."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: list[asyncio.Task[Any]] = []
        self._look_at = _LOOK_AT
        self._timers: list[threading.Timer] = []
        self._lock = threading.Lock()  # wires between real processes have a thread each

    @property
    def pending(self) -> bool:
        """Whether something that async wires let go is still on its way."""
        return not all(task.done() for task in self._tasks)

    def spawn(self, delivery: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let a delivery go on by itself (async wires)."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            delivery.close()
            raise
        task = loop.create_task(delivery)
        self.adopt(task)
        return task

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """Wait for this task as well before the trial is over."""
        if len(self._tasks) >= self._look_at:
            self._tasks = [other for other in self._tasks if not _has_arrived(other)]
            self._look_at = max(_LOOK_AT, 2 * len(self._tasks))
        self._tasks.append(task)

    def after(self, seconds: float, delivery: Callable[[], object]) -> None:
        """Have a delivery made after a while (sync wires)."""
        if isinstance(self._clock, VirtualClock):
            self._clock.at(self._clock.now_s() + seconds, delivery)
            return
        timer = threading.Timer(seconds, delivery)
        timer.daemon = True
        timer.start()
        with self._lock:
            if len(self._timers) >= _LOOK_AT:
                self._timers = [other for other in self._timers if other.is_alive()]
            self._timers.append(timer)

    def begin_after(
        self, seconds: float, delivery: Callable[[], Coroutine[Any, Any, Any]], run: Callable[[Any], Any] | None
    ) -> None:
        """Have a delivery begin after a while (async wires).

        In virtual time it does not depend on the loop that its caller had, which may be gone by then: it begins on
        the loop that runs at that moment or, between two and after the last, on the trial's own (``run``).
        """
        if run is None or not isinstance(self._clock, VirtualClock):
            self.spawn(_after(seconds, delivery))
            return

        def begin() -> None:
            try:
                self.spawn(delivery())
            except RuntimeError:
                run(_quietly(delivery()))

        # It is on its way, whatever becomes of the process that has sent it.
        self._clock.at(self._clock.now_s() + seconds, partial(within(WIRE).run, begin))

    def forget(self, is_lost: Callable[[asyncio.Task[Any]], bool]) -> None:
        """Wait no more for tasks that will never go on."""
        self._tasks = [task for task in self._tasks if not is_lost(task)]

    async def arrive(self) -> None:
        """Wait for what async wires let go on this loop; a loop of the agent's own has ended what it still had."""
        loop = asyncio.get_running_loop()
        while here := [task for task in self._tasks if task.get_loop() is loop]:
            self._tasks = [task for task in self._tasks if task.get_loop() is not loop]
            await asyncio.gather(*here, return_exceptions=True)

    def settle(self) -> None:
        """Wait for what sync wires let go."""
        if isinstance(self._clock, VirtualClock):
            self._clock.settle()
        while self._timers:
            self._timers.pop().join()


def _has_arrived(task: asyncio.Task[Any]) -> bool:
    if task.done() and not task.cancelled():
        task.exception()  # known: nobody else asks
    return task.done()


async def _quietly(delivery: Coroutine[Any, Any, Any]) -> None:
    """Nobody waits for it, so nobody hears of its failure; what it met stands in the history."""
    await asyncio.gather(delivery, return_exceptions=True)


async def _after(seconds: float, delivery: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    await asyncio.sleep(seconds)
    await delivery()
