"""An event loop in virtual time: when nobody can go on, it jumps to the next moment at which somebody can.

It has no selector and no self-pipe. Whatever asyncio leaves to addresses or to chance is numbered here: tasks
and futures are hashed in the order of their creation, timers for the same moment run first come, first served.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import heapq
import inspect
import math
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, ClassVar, Final, TypeVar

from pytest_agentchaos.errors import HungError, explains_itself
from pytest_agentchaos.processes import MAIN, CrashedError, worker_context
from pytest_agentchaos.simulation.deadlock import describe
from pytest_agentchaos.simulation.numbered import OrderedWeakSet, SimFuture, SimTask, SimTimer
from pytest_agentchaos.simulation.standstill import Standstill
from pytest_agentchaos.simulation.state import FOREIGN_GRACE_S, SPIN_LIMIT, SimState
from pytest_agentchaos.simulation.threads import as_worker, runs_inline

__tracebackhide__ = explains_itself

T = TypeVar("T")

_COMPACT_ABOVE: Final = 100
_CLEANUP_ROUNDS: Final = 3
_CLEANUP_LIMIT_S: Final = 3_600.0
_run_forever = asyncio.BaseEventLoop.run_forever


class SimLoop(Standstill):
    """The event loop of a trial."""

    _stopping: bool
    _task_factory: Any
    _default_executor: Any
    _check_closed: Callable[[], None]
    _check_callback: Callable[[Any, str], None]
    _check_default_executor: Callable[[], None]
    left_pending: ClassVar[Callable[[asyncio.Task[Any]], object] | None] = None
    """Is told of each task that is pending when its loop is closed."""

    def __init__(self, state: SimState) -> None:
        super().__init__()
        self.state = state
        self._clock = state.clock
        self._number = 0
        self._task_number = 0
        self._turns = 0
        self._turned_at_s = -1.0
        self._wake: threading.Event | None = None
        # Overwrites a set that has the order of addresses.
        self._asyncgens = OrderedWeakSet()
        state.loops[self] = None
        if state.crashed:
            self.hold(MAIN, None)

    # What is numbered

    def next_number(self) -> int:
        """1, 2, 3 ... for tasks, futures and timers of this loop."""
        self._number += 1
        return self._number

    def next_task_name(self) -> str:
        """Task-1, Task-2 ..., whatever other loops there were before in this process."""
        self._task_number += 1
        return f"Task-{self._task_number}"

    def create_future(self) -> asyncio.Future[Any]:
        """Create a future of this loop."""
        return SimFuture(loop=self)

    def create_task(self, coro: Any, *, name: Any = None, context: Any = None, **options: Any) -> Any:
        """Create a task of this loop."""
        if self.state.late_patches:
            self.state.patch_late()
        if self._task_factory is not None:
            return super().create_task(coro, name=name, context=context, **options)
        self._check_closed()
        return SimTask(coro, loop=self, name=name, context=context, **options)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """Have something called at a moment."""
        if when is None:
            msg = "when cannot be None"
            raise TypeError(msg)
        self._check_closed()
        if self.get_debug():
            self._check_callback(callback, "call_at")
        timer = SimTimer(when, callback, args, self, context=context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]  # noqa: SLF001 - BaseEventLoop counts cancelled timers by it
        return timer

    # How time passes

    def time(self) -> float:
        """Virtual seconds since the trial began."""
        return self._clock.now_s()

    # The guard replaces this method on the base class for the length of a trial.
    run_forever = _run_forever

    def _run_once(self) -> None:
        """Run what is ready; when nothing is, go to the next moment first."""
        ready = self._ready
        if not ready and not self._stopping:
            self._pass_time()
        self._collect_due()
        for _ in range(len(ready)):
            # A callback may have run the loop itself (see pump), so that less is left than there was.
            if not ready:
                break
            handle = ready.popleft()
            if not handle._cancelled:  # noqa: SLF001
                handle._run()  # noqa: SLF001
            del handle
        if self.state.hung is not None:
            raise self.state.hung

    def _pass_time(self) -> None:
        self._drop_cancelled()
        when_s = self._scheduled[0].when() if self._scheduled else math.inf
        due_s = self._clock.next_due_s()
        if due_s is not None:
            when_s = min(when_s, due_s)
        if when_s == math.inf:
            self._wait_for_others()
        else:
            self._clock.advance_to(when_s)

    def _collect_due(self) -> None:
        now_s = self._clock.now_s()
        if now_s == self._turned_at_s:
            self._turns += 1
            if self._turns > SPIN_LIMIT:
                msg = f"the event loop turned {SPIN_LIMIT:,} times at {now_s:g} virtual seconds, and no time passed"
                raise self.state.hang(msg)
        else:
            self._turned_at_s = now_s
            self._turns = 0
        while self._scheduled and self._scheduled[0].when() <= now_s:
            timer = heapq.heappop(self._scheduled)
            timer._scheduled = False  # type: ignore[attr-defined]  # noqa: SLF001
            if timer.cancelled():
                self._timer_cancelled_count -= 1
            else:
                self._ready.append(timer)

    def _drop_cancelled(self) -> None:
        timers = self._scheduled
        if len(timers) > _COMPACT_ABOVE and self._timer_cancelled_count * 2 > len(timers):
            # Mostly timeouts of calls that were answered in time.
            for timer in timers:
                timer._scheduled = not timer.cancelled()  # type: ignore[attr-defined]  # noqa: SLF001
            self._scheduled = timers = [timer for timer in timers if not timer.cancelled()]
            heapq.heapify(timers)
            self._timer_cancelled_count = 0
        while timers and timers[0].cancelled():
            timer = heapq.heappop(timers)
            timer._scheduled = False  # type: ignore[attr-defined]  # noqa: SLF001
            self._timer_cancelled_count -= 1

    def _wait_for_others(self) -> None:
        """Nothing is ready and no timer is set: only a thread that the agent started itself could help."""
        if self.state.foreign_threads():
            if self._wake is None:
                self._wake = threading.Event()
            # What was scheduled before the event existed is in the queue already.
            if self._ready or self._wake.wait(FOREIGN_GRACE_S):
                self._wake.clear()
                return
        raise self.state.hang(describe(self._waiting(), self._clock.now_s()))

    def _write_to_self(self) -> None:
        """Another thread has scheduled something."""
        if self._wake is not None:
            self._wake.set()

    def wake(self, _: object = None) -> None:
        """Have the loop look again whether it can go on; from any thread."""
        self._write_to_self()

    def _waiting(self) -> list[asyncio.Task[Any]]:
        left = asyncio.all_tasks(self)
        return sorted((task for task in left if not self.is_gone(task)) if self._stopped else left, key=hash)

    # Worker threads

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Run a function as a worker thread would, but on this stack."""
        self._check_closed()
        if executor is None:
            self._check_default_executor()
        elif not runs_inline(executor):
            return super().run_in_executor(executor, func, *args)
        # A worker thread has a context of its own; asyncio.to_thread() brings the caller's with it.
        return self.run_inline(worker_context(), func, *args)

    def run_inline(self, context: contextvars.Context, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """Run a function soon, in a context, and give its result at the moment when a thread would have had it.

        Functions that let time pass are not added up: the clock returns to the moment when the function began,
        because in threads they would run side by side, and so that a caller's timeout fires before a late result.
        """
        job: concurrent.futures.Future[T] = concurrent.futures.Future()
        self.call_soon(self._work, job, func, args, context=context)
        return asyncio.wrap_future(job, loop=self)

    def _work(self, job: concurrent.futures.Future[T], func: Callable[..., T], args: tuple[Any, ...]) -> None:
        job.set_running_or_notify_cancel()
        state, began_s = self.state, self._clock.now_s()
        pumps = state.pumps
        finish: Callable[[Any], None]
        value: Any
        try:
            finish, value = job.set_result, as_worker(state, func, *args)
        except (KeyboardInterrupt, HungError, CrashedError):
            # These end the trial; no agent gets a chance to hold them back.
            raise
        except BaseException as error:  # noqa: BLE001 - a worker thread hands over whatever was raised
            finish, value = job.set_exception, error
        ended_s = self._clock.now_s()
        try:
            if ended_s > began_s and state.pumps == pumps:
                self._clock.rewind(began_s)
                self.call_at(ended_s, finish, value)
            else:
                finish(value)
        finally:
            # The exception's frames hold the job, which holds the exception.
            del finish, value

    def pump(self, done: Callable[[], bool]) -> None:
        """Go on with this loop from inside one of its callbacks, until something is done.

        A worker thread may wait for its own event loop. Run inline, it stands on that loop's stack.
        """
        task = asyncio.current_task(self)
        running = asyncio._get_running_loop()  # noqa: SLF001 - so that this loop is "running" meanwhile
        stopping, self._stopping = self._stopping, False
        self.state.pumps += 1
        if self._wake is None:
            self._wake = threading.Event()
        if task is not None:
            asyncio.tasks._leave_task(self, task)  # noqa: SLF001
        asyncio._set_running_loop(self)  # noqa: SLF001
        try:
            while not done():
                self._run_once()
                stopping, self._stopping = stopping or self._stopping, False
        finally:
            asyncio._set_running_loop(running)  # noqa: SLF001
            if task is not None:
                asyncio.tasks._enter_task(self, task)  # noqa: SLF001
            self._stopping = stopping

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncio's signature
        """Shut down an executor that has no threads."""
        del timeout
        self._executor_shutdown_called = True
        if self._default_executor is not None:
            self._default_executor.shutdown(wait=False)

    # The end

    def abandon(self) -> None:
        """Cancel every task that is left, and let each have its last word."""
        try:
            for _ in range(_CLEANUP_ROUNDS):
                left = self._waiting()
                if not left:
                    return
                self._cancel(left)
        finally:
            self._give_up()

    def _cancel(self, tasks: list[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        try:
            self._finish(asyncio.wait(tasks, timeout=_CLEANUP_LIMIT_S))
        finally:
            for task in tasks:
                if task.done() and not task.cancelled():
                    # Nobody is there any more to be told what went wrong during the clean-up.
                    task.exception()

    def _give_up(self) -> None:
        """Drop tasks that ignore their cancellation, or could not even begin."""
        for task in self._waiting():
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001
            with suppress(Exception):
                task.get_coro().close()

    def _finish(self, last: Coroutine[Any, Any, object]) -> None:
        self.state.hung = None
        with suppress(Exception, HungError, SystemExit, asyncio.CancelledError):
            self.run_until_complete(last)
        if inspect.getcoroutinestate(last) == inspect.CORO_CREATED:
            # Another event loop is running in this thread, so that this one cannot.
            last.close()
        self.state.hung = None

    def close(self) -> None:
        """End everything that still runs here, quietly."""
        if self.is_running() or self.is_closed():
            super().close()
            return
        hung = self.state.hung
        try:
            if (tell := SimLoop.left_pending) is not None:
                for task in self._waiting():
                    tell(task)
            self.abandon()
            if self._asyncgens and not self._stopped:
                self._finish(self.shutdown_asyncgens())
        finally:
            self.state.hung = hung
            self.state.loops.pop(self, None)
            if self._stopped:
                self.state.graves.append(self)
            else:
                super().close()
