"""Processes that stand still: an event loop that holds back all that belongs to them.

For as long as nothing stands still, none of this runs. What a process that is gone would still have done is kept, so
that nothing of it is closed, until somebody buries it.
"""

from __future__ import annotations

import asyncio
import collections
import gc
import heapq
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from pytest_agentchaos.processes import MAIN, WIRE, Process, owner, within
from pytest_agentchaos.simulation import anyio_backend
from pytest_agentchaos.simulation.loop_io import NoRealIO

_ROUNDS: Final = 1_000
_STUBBORN: Final[list[object]] = []
"""Coroutines that will not end. Python would complain of each when it is collected, at any time in any test."""


@dataclass(slots=True)
class _Stop:
    """What is held back of a process that stands still."""

    until_s: float = 0.0
    handles: list[asyncio.Handle] = field(default_factory=list)
    kept: list[object] = field(default_factory=list)
    """Of a process that is gone: asyncio holds tasks so loosely that Python might collect them, and so close them."""


class Standstill(NoRealIO):
    """The part of the loop that knows of processes."""

    _ready: collections.deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]
    _timer_cancelled_count: int
    _asyncgens: Any
    _collect_due: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        self._stopped: dict[Process, _Stop] = {}

    def hold(self, process: Process, seconds: float | None) -> None:
        """Do nothing more of what belongs to a process, for so long or (None) for ever."""
        stop = self._stopped.setdefault(process, _Stop())
        stop.until_s = math.inf if seconds is None else max(stop.until_s, self.time() + seconds)
        # Whoever is running what was ready finds nothing more there, also if the callback that runs now adds something.
        ready, self._ready = self._ready, collections.deque(self._ready)
        ready.clear()
        self._sift()
        self._collect_due = self._collect_living
        if seconds is not None:
            self.call_at(stop.until_s, self._go_on, process, context=within(WIRE))
            return
        self._forget_timers(process, stop)
        stop.kept += [*asyncio.all_tasks(self), *self._asyncgens]
        if process is MAIN:
            vars(self)["call_exception_handler"] = _nobody_listens

    def is_gone(self, task: asyncio.Task[Any]) -> bool:
        """Whether a task will never go on."""
        stop = self._stopped.get(getattr(task, "process", MAIN))
        return stop is not None and stop.until_s == math.inf

    def bury(self) -> None:
        """Let go of what was held back for ever. Its code runs once more, and has to be where it reaches nothing."""
        asyncio._set_running_loop(self)  # noqa: SLF001 - the code is to find what it expects, so that it ends well
        try:
            for task in sorted(asyncio.all_tasks(self), key=hash):
                self._bury(task)
            for generator in list(self._asyncgens):
                ending = _ended(generator)
                with suppress(BaseException):
                    ending.send(None)
                _close(ending)
        finally:
            asyncio._set_running_loop(None)  # noqa: SLF001
        for stop in self._stopped.values():
            stop.handles.clear()
            stop.kept.clear()
        asyncio.BaseEventLoop.close(self)
        anyio_backend.forget(self)
        for task in asyncio.all_tasks(self):  # the rest, and what was begun at the end
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001
            _close(task.get_coro())

    def _bury(self, task: asyncio.Task[Any]) -> None:
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001
        asyncio.tasks._enter_task(self, task)  # noqa: SLF001
        try:
            _close(task.get_coro())
        finally:
            asyncio.tasks._leave_task(self, task)  # noqa: SLF001

    def _go_on(self, process: Process) -> None:
        """A pause is over: what became ready meanwhile runs now, in its order."""
        stop = self._stopped[process]
        if stop.until_s <= self.time():
            del self._stopped[process]
            self._ready.extendleft(reversed(stop.handles))
            if not self._stopped:
                del self._collect_due

    def _collect_living(self) -> None:
        type(self)._collect_due(self)  # type: ignore[call-arg]  # noqa: SLF001 - that of the loop, which this one replaces
        self._sift()

    def _sift(self) -> None:
        ready = self._ready
        for _ in range(len(ready)):
            handle = ready.popleft()
            stop = self._stopped.get(_owner(handle))
            (ready if stop is None else stop.handles).append(handle)

    def _forget_timers(self, process: Process, stop: _Stop) -> None:
        """Time must not pass for the sake of somebody who is gone."""
        timers = self._scheduled
        stop.handles += [timer for timer in timers if _owner(timer) is process]
        self._scheduled = [timer for timer in timers if _owner(timer) is not process]
        heapq.heapify(self._scheduled)
        self._timer_cancelled_count = sum(timer.cancelled() for timer in self._scheduled)


def _owner(handle: asyncio.Handle) -> Process:
    return owner(handle._context)  # type: ignore[attr-defined]  # noqa: SLF001 - it belongs to whoever has set it up


def _close(coroutine: Any) -> None:
    """End a coroutine and all that it waits for, the innermost first; Python itself leaves async generators open.

    What it does at its end may wait again, for something else.
    """
    for _ in range(_ROUNDS):
        ends = _ends(coroutine)
        if not ends:
            return
        with suppress(BaseException):
            ends[-1]()
    _STUBBORN.append(coroutine)


def _ends(waiting: Any) -> list[Callable[[], object]]:
    """What ends a coroutine, what it waits for, what that waits for, and so on, as far as it has not ended."""
    ends: list[Callable[[], object]] = []
    while waiting is not None:
        if hasattr(waiting, "cr_frame"):
            ends += [] if waiting.cr_frame is None else [_end(waiting)]
            waiting = waiting.cr_await
        elif hasattr(waiting, "gi_frame"):
            waiting = waiting.gi_yieldfrom
        else:  # a step of an async generator does not tell of which
            found = (one for one in gc.get_referents(waiting) if hasattr(one, "ag_frame"))
            generator = next(found, None)
            if generator is not None and generator.ag_frame is not None:
                ends.append(_end(waiting))
            waiting = None if generator is None else generator.ag_await
    return ends


def _end(waiting: Any) -> Callable[[], object]:
    """What ends it. From Python 3.12 on ``close`` would leave one that never began with all that it was given."""
    return partial(waiting.throw, GeneratorExit())


async def _ended(generator: Any) -> None:
    await generator.aclose()


def _nobody_listens(_context: dict[str, Any]) -> None:
    """What a process that is gone would have logged."""
