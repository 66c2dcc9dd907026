"""Requests that arrive after their caller has stopped waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from pytest_agentchaos.clock import Clock, VirtualClock


class LateDeliveries:
    """Everything that is still on its way when its caller has gone; a trial is over when all of it has arrived."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: list[asyncio.Task[Any]] = []
        self._timers: list[threading.Timer] = []

    @property
    def pending(self) -> bool:
        """Whether async wires have let something go."""
        return bool(self._tasks)

    def spawn(self, delivery: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let a delivery go on by itself (async wires)."""
        task = asyncio.get_running_loop().create_task(delivery)
        self._tasks.append(task)
        return task

    def after(self, seconds: float, delivery: Callable[[], object]) -> None:
        """Have a delivery made after a while (sync wires)."""
        if isinstance(self._clock, VirtualClock):
            self._clock.at(self._clock.now_s() + seconds, delivery)
            return
        timer = threading.Timer(seconds, delivery)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    async def arrive(self) -> None:
        """Wait for what async wires let go."""
        while self._tasks:
            tasks, self._tasks = self._tasks, []
            await asyncio.gather(*tasks, return_exceptions=True)

    def settle(self) -> None:
        """Wait for what sync wires let go."""
        if isinstance(self._clock, VirtualClock):
            self._clock.settle()
        while self._timers:
            self._timers.pop().join()
