"""A trial: one system under one schedule and one seed, run and written down."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from pytest_agentchaos import rng
from pytest_agentchaos.clock import Clock, VirtualClock, WallClock, wall_s
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.errors import HungError, UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.outcome import Ending, Outcome
from pytest_agentchaos.schedule import Rule, Schedule
from pytest_agentchaos.simulation import Simulation
from pytest_agentchaos.unfired import explain_unfired
from pytest_agentchaos.wires.active import Active, activated
from pytest_agentchaos.wires.http_transport.install import installed
from pytest_agentchaos.wires.late import LateDeliveries
from pytest_agentchaos.wires.upstreams import Upstreams


class Trial:
    """Everything of one trial; several runs of the system in it share time, faults and history."""

    def __init__(self, schedule: Schedule = (), *, seed: int = 0) -> None:
        self.seed = seed
        self.upstreams = Upstreams()
        self.history = History(mode="sim", seed=seed)
        self.clock: Clock = VirtualClock()
        self.engine = Engine(schedule, seed=seed, clock=self.clock, history=self.history)
        self.outcome: Outcome | None = None
        self._runs = 0

    @property
    def schedule(self) -> Schedule:
        """The faults so far."""
        return tuple(tally.rule for tally in self.engine.tallies)

    @property
    def ran(self) -> bool:
        """Whether the system was run at all."""
        return self._runs > 0

    def inject(self, rule: Rule) -> None:
        """One more fault."""
        self.engine.add(rule)

    def run(self, system: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run the system in virtual time; what it returns or raises, it returns or raises here."""
        _refuse_running_loop()
        if not isinstance(self.clock, VirtualClock):
            msg = "this trial has been live already; its time cannot become virtual again. Use one mode in one test"
            raise UsageError(msg)
        self._runs += 1
        began_s, began_wall_s = self.clock.now_s(), wall_s()
        late = LateDeliveries(self.clock)
        with Simulation(self.clock, rng.derive(self.seed, "entropy", self._runs)) as sim:
            active = Active(self.engine, self.clock, sim=True, upstreams=self.upstreams, late=late, run_coroutine=sim.run)
            with activated(active), installed(), self._ending(began_s, began_wall_s) as ending:
                try:
                    ending.append(_call(sim, system, args, kwargs))
                finally:
                    _finish(sim, late, self.upstreams)
                    self.engine.problems.extend(sim.problems)
        return ending[0]

    def live(self) -> Live:
        """The same wires in real time, for as long as the block is open."""
        _check_virgin(self.history)
        self.clock = WallClock()
        self.history.mode = "live"
        self.engine.clock = self.clock
        self._runs += 1
        return Live(self)

    @contextmanager
    def _ending(self, began_s: float, began_wall_s: float) -> Iterator[list[Any]]:
        """Write down how the run ended; an error of use or of this package comes before any of the system's."""
        value: list[Any] = []
        known = len(self.engine.problems)
        error: BaseException | None = None
        try:
            yield value
        except BaseException as raised:
            error = raised
            raise
        finally:
            ending: Ending = "completed" if error is None else "hung" if isinstance(error, HungError) else "raised"
            self.outcome = Outcome(
                ending, value[0] if value else None, error, self.clock.now_s() - began_s, wall_s() - began_wall_s
            )
            self.engine.note(outcome=ending, **({"error": f"{type(error).__name__}: {error}"} if error else {}))
            if len(self.engine.problems) > known and not isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise self.engine.problems[known] from error

    def unproven(self) -> str | None:
        """Why the trial proves nothing: a fault never fired. None when all of them did."""
        unfired = [tally for tally in self.engine.tallies if not tally.fired]
        if not unfired:
            return None
        return explain_unfired(unfired, len(self.engine.tallies), self.history, ran=self.ran)


class Live:
    """Wires in real time: ``async with`` in async tests, ``with`` in sync ones."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._late = LateDeliveries(trial.clock)
        self._open: Any = None

    def __enter__(self) -> Self:
        self._open = self._installed()
        self._open.__enter__()
        return self

    @contextmanager
    def _installed(self) -> Iterator[None]:
        trial = self._trial
        active = Active(trial.engine, trial.clock, sim=False, upstreams=trial.upstreams, late=self._late)
        with activated(active), installed(), trial._ending(0.0, wall_s()):
            try:
                yield
            finally:
                self._late.settle()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        result: bool | None = self._open.__exit__(kind, error, trace)
        return result

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        await self._late.arrive()
        await self._trial.upstreams.close()
        return self.__exit__(kind, error, trace)


def _call(sim: Simulation, system: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    value = system(*args, **kwargs)
    return sim.run(_await(value)) if inspect.isawaitable(value) else value


async def _await(value: Any) -> Any:
    return await value


def _finish(sim: Simulation, late: LateDeliveries, upstreams: Upstreams) -> None:
    """What is still on its way arrives, and what stands behind the URLs shuts down."""
    try:
        late.settle()
        if late.pending or upstreams.running:
            sim.run(_close(late, upstreams))
    except HungError:
        pass  # a callee that never finishes is no fault of the caller's, whose run is over


async def _close(late: LateDeliveries, upstreams: Upstreams) -> None:
    await late.arrive()
    await upstreams.close()


def _refuse_running_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    msg = (
        "agentchaos.run() owns the event loop, and one is running already. In an `async def` test use live time:"
        " `async with agentchaos.live(): ...`; for virtual time make the test a plain `def`"
    )
    raise UsageError(msg)


def _check_virgin(history: History) -> None:
    if len(history):
        msg = "this trial has run already; enter live() before anything else, and once in a test"
        raise UsageError(msg)


