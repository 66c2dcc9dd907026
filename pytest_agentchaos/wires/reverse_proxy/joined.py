"""A proxy's part in a trial: what it has under way, and what becomes of that when the trial is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, copy_context
from typing import Any, Final, TypeVar

from pytest_agentchaos.agents import agent_path
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.flight import Flight, Passing
from pytest_agentchaos.processes import within
from pytest_agentchaos.wires.active import Active

T = TypeVar("T")
OVER: Final = "the trial ended while it was under way"
_ARRIVAL_S: Final = 30.0
"""So long a trial waits for deliveries for which no client waits any more."""


class HealedError(Exception):
    """The trial is over, and so is the fault that kept a client waiting."""


class Joined:
    """From the beginning of a trial to its end. All of it happens on the proxy's loop."""

    def __init__(self, active: Active, caller: str, loop: asyncio.AbstractEventLoop) -> None:
        self.active = active
        self.engine = active.engine
        self.over = asyncio.Event()
        self._caller = caller
        self._loop = loop
        self._open: dict[Flight | Passing, None] = {}
        self._strays: set[asyncio.Task[Any]] = set()

    def context(self, agent: tuple[str, ...]) -> Context | None:
        """In which a call is looked at: the process that makes it, and the agent. None: as it is here."""
        context = None
        if self._caller:
            context = within(self.engine.processes.named(self._caller))
        if agent:
            context = copy_context() if context is None else context
            context.run(agent_path.set, agent)
        return context

    def follow(self, noted: Flight | Passing) -> None:
        """This call is under way."""
        self._open[noted] = None

    def ok(self, noted: Flight | Passing, reply: Callable[[], Reply]) -> None:
        """Its caller gets this reply."""
        if noted in self._open:
            del self._open[noted]
            if isinstance(noted, Passing):
                noted.ok(reply)
            else:
                noted.ok(reply())

    def lost(self, noted: Flight | Passing, error: BaseException, *, never_sent: bool) -> None:
        """Its caller gets none."""
        if noted in self._open:
            del self._open[noted]
            noted.ended("fail" if never_sent else "info", told(error))

    def left(self, noted: Flight | Passing) -> None:
        """Its end was told already."""
        self._open.pop(noted, None)

    async def sleep(self, seconds: float) -> None:
        """So long, or until the trial is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.over.wait()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Something for which no client may wait any more, but the end of the trial does."""
        task = self._loop.create_task(work)
        self._strays.add(task)
        task.add_done_callback(self._arrived)
        return task

    def after(self, seconds: float, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """The same after a while."""

        def begin() -> None:
            arriving = asyncio.run_coroutine_threadsafe(work(), self._loop)
            try:
                arriving.result(_ARRIVAL_S)
            except Exception:  # noqa: BLE001 - nobody waits for it; what it met stands in the history
                arriving.cancel()

        self.active.late.after(seconds, begin)

    async def end(self) -> None:
        """What was let go arrives; what is still under way is written down as it stands, and its faults are over."""
        if self._strays:
            await asyncio.wait(self._strays, timeout=_ARRIVAL_S)
        for noted in [*self._open]:
            noted.ended("info", OVER)
            if isinstance(noted, Flight):
                noted.program = None  # from here on nothing about it is written down
        self._open.clear()
        self.over.set()

    def _arrived(self, task: asyncio.Task[Any]) -> None:
        self._strays.discard(task)
        if not task.cancelled():
            task.exception()  # known: nobody else asks
