"""One trial's world: installed by ``with``, and gone without a trace afterwards."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.errors import HungError, UsageError, explains_itself
from pytest_agentchaos.processes import WIRE, Process, within
from pytest_agentchaos.simulation import anyio_backend, entropy, guard, policy, threads, times, tls
from pytest_agentchaos.simulation.aliases import Aliases
from pytest_agentchaos.simulation.loop import SimLoop
from pytest_agentchaos.simulation.state import SimState, activate, active

__tracebackhide__ = explains_itself

T = TypeVar("T")

_ALIASES: Final = Aliases(
    times.REPLACEMENTS | entropy.REPLACEMENTS | guard.REPLACEMENTS | threads.REPLACEMENTS | policy.REPLACEMENTS
)
_PARTS: Final = (entropy, times, threads, policy, guard, tls)


class Simulation:
    """Virtual time, seeded chance and no real I/O, for the thread that enters it.

    Other threads keep real time, real entropy and real sockets. One process has one simulation at a time.
    """

    def __init__(self, clock: VirtualClock, seed: int, graves: list[SimLoop] | None = None) -> None:
        self._clock = clock
        self._seed = seed
        self._state: SimState | None = None
        self._loop: SimLoop | None = None
        self._graves: list[SimLoop] = [] if graves is None else graves
        """Takes the loops that are over, with work of processes that are gone; whoever gives it has to bury them."""
        self.problems: list[Exception] = []
        """What the trial did wrong, for example real I/O; the agent itself may have swallowed it."""

    def __enter__(self) -> Self:
        """Install everything."""
        if active() is not None:
            msg = "a simulation is running in this process already; end it first (trials cannot be nested)"
            raise UsageError(msg)
        state = self._state = SimState(self._clock, self._seed)
        state.problems = self.problems
        state.graves = self._graves
        activate(state)
        try:
            for part in _PARTS:
                part.install(state)
            state.late_patches.append(anyio_backend.install)
            state.patch_late()
            # Last undone first: a name is put back before the module that it came from.
            state.patches.on_restore(_ALIASES.uninstall)
            _ALIASES.install()
        except BaseException:
            self._restore(state)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End what still runs, then restore everything."""
        state = self._state
        if state is None:
            return
        with ExitStack() as stack:
            # Each happens even if another is interrupted; the loop that was made last is closed first.
            stack.callback(self._restore, state)
            for loop in state.loops:
                # Whoever is gone cannot close anything.
                stack.callback(within(WIRE).run, loop.close)

    def _restore(self, state: SimState) -> None:
        self._loop = None
        self._state = None
        try:
            state.patches.restore()
        finally:
            activate(None)

    def hold(self, process: Process, seconds: float | None) -> None:
        """Have a process stand still: for so long or (None) for ever."""
        if self._state is not None:
            self._state.hold(process, seconds)

    def is_gone(self, task: asyncio.Task[Any]) -> bool:
        """Whether a task will never go on, because its process is gone."""
        loop = task.get_loop()
        return isinstance(loop, SimLoop) and loop.is_gone(task)

    @property
    def loop(self) -> SimLoop:
        """The event loop of the trial, made when it is first asked for."""
        if self._state is None:
            msg = "the simulation is not running: use `with Simulation(clock, seed) as sim:`"
            raise UsageError(msg)
        if self._loop is None:
            self._loop = SimLoop(self._state)
        return self._loop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop of the trial; tasks that it leaves go on in the next call.

        Raises HungError when nothing can go on any more, whatever the agent catches.
        """
        loop = self.loop
        if loop.is_running():
            # A worker thread's function, run inline, blocks on something of its own loop.
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()
        state = loop.state
        state.hung = None
        try:
            return loop.run_until_complete(coroutine)
        except BaseException:
            if inspect.iscoroutine(coroutine) and inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                # It could not even begin, because another event loop is running.
                coroutine.close()
            if state.hung is None:
                raise
        hung = state.hung
        if isinstance(hung, HungError):
            loop.abandon()
        raise hung.with_traceback(None)  # where it was noticed says nothing; where the system waits stands in it
