"""A system that runs in virtual time for as long as it is open, and is acted upon from outside, step by step.

Each life of the system is a process of its own: after a crash none of its code runs again, and the next life finds what
it left. Journeys run side by side; an edge that is cut loses what sets out over it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any, Final, Self

from pytest_agentchaos import rng
from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.errors import HungError, InternalError, explains_itself
from pytest_agentchaos.evidence.canonical import snapshot, told
from pytest_agentchaos.evidence.run import runs
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.drop_request import DropRequest
from pytest_agentchaos.flight import Tally
from pytest_agentchaos.invariants.base import Invariant, judge
from pytest_agentchaos.processes import GONE, WIRE, Process, within
from pytest_agentchaos.schedule import Selector, on, rule
from pytest_agentchaos.simulation import Simulation
from pytest_agentchaos.system import System
from pytest_agentchaos.traces.in_process import watched
from pytest_agentchaos.trial import awaited, finish
from pytest_agentchaos.usual import asked
from pytest_agentchaos.wires.active import Active, activated
from pytest_agentchaos.wires.http_transport.install import installed
from pytest_agentchaos.wires.late import LateDeliveries

__tracebackhide__ = explains_itself

Edge = tuple[str, str]
PATIENCE_S: Final = 86_400.0
"""What has not ended a day after the last step hangs."""


class Running:
    """One trial that stays open."""

    def __init__(self, system: System, *, seed: int = 0, invariants: Sequence[Invariant] = ()) -> None:
        self.chaos = Chaos(seed=seed)
        self.trial = self.chaos.trial
        self._system = system
        self._invariants = tuple(invariants)
        self._open = ExitStack()
        self._life: Process | None = None
        self._tasks: dict[asyncio.Task[Any], Any] = {}
        """What is under way, and the journey that it is."""
        self._lost: list[Any] = []
        """Journeys that a crash has ended."""
        self._cuts: dict[Edge, Tally] = {}

    def __enter__(self) -> Self:
        trial = self.trial
        clock = trial.clock
        if not isinstance(clock, VirtualClock):
            msg = "a running system needs virtual time"
            raise InternalError(msg)
        with ExitStack() as stack:
            stack.callback(trial.close)
            self._ready = self._system.set_up(self.chaos)
            if self._ready.close is not None:
                stack.callback(self._ready.close)
            self._late = LateDeliveries(clock)
            self._sim = stack.enter_context(Simulation(clock, rng.derive(trial.seed, "entropy", 1), trial.graves))
            active = Active(
                trial.engine, clock, sim=True, upstreams=trial.upstreams, late=self._late, run_coroutine=self._sim.run
            )
            stack.enter_context(activated(active))
            stack.enter_context(installed())
            stack.enter_context(watched(trial.history, clock, wall_s=trial.engine.wall_s))
            stack.enter_context(trial.declared.listening())
            stack.callback(within(WIRE).run, self._finish)
            trial.engine.processes.start(self._sim.hold, trial.upstreams.peers)
            trial.engine.watch = _nothing  # so that each call is written down as it sets out
            trial.declared.begin()
            self._life = Process()
            self._open = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    @property
    def alive(self) -> bool:
        """Whether it has not crashed."""
        return self._life is not None

    @property
    def under_way(self) -> int:
        """How many journeys have neither ended nor been lost."""
        return len(self._tasks)

    @property
    def cuts(self) -> tuple[Edge, ...]:
        """The edges that are cut."""
        return tuple(self._cuts)

    # What happens to it

    def send(self, journey: Any) -> None:
        """Have it begin a journey."""
        self._begin(self._ready.take, self._ready.journey(journey), journey)
        self.pass_time(0.0)

    def pass_time(self, seconds: float) -> None:
        """Let it work for so long."""
        self._do(asyncio.sleep(seconds))

    def cut(self, edge: Edge) -> None:
        """What sets out over this edge from now on is lost."""
        engine = self.trial.engine
        engine.add(rule(DropRequest(), on.edge(*edge)))
        self._cuts[edge] = engine.tallies[-1]

    def heal(self, edge: Edge) -> None:
        """What sets out over it arrives again."""
        self._remove(self._cuts.pop(edge))

    def disturb_next(self, fault: Fault, selector: Selector | None = None) -> None:
        """Have this happen to the next call that it can happen to."""
        which = on.any() if selector is None else selector
        self.trial.inject(rule(fault, which.model_copy(update={"times": 1})))

    def crash(self) -> None:
        """Kill its process: none of its code runs again, and what it had under way may have happened."""
        life, self._life = self._life, None
        if life is None:
            return
        engine = self.trial.engine
        for flight in list(engine.open.values()):
            if flight.process is life:
                flight.ended("info", GONE)
        self._sim.hold(life, None)
        self._lost += self._tasks.values()
        self._tasks.clear()
        engine.note(crashed=True)

    def restart(self) -> None:
        """Start it again; it goes on by its own ``resume()``, else what the crash has ended is asked of it again."""
        self._life = Process()
        lost, self._lost = self._lost, []
        resume = self._ready.resume
        self.trial.engine.note(restart=1, by="take" if resume is None else "resume")
        if resume is not None:
            self._begin(resume, (), None)
        else:
            for journey in lost:
                self._begin(self._ready.take, self._ready.journey(journey), journey)
        self.pass_time(0.0)

    def rest(self, unsent: Iterable[Any] = ()) -> None:
        """All is healed and started again, these are sent too, and all come to their end; then look at the world."""
        for edge in self.cuts:
            self.heal(edge)
        if not self.alive:
            self.restart()
        for journey in unsent:
            self.send(journey)
        if self._tasks:
            self._do(asyncio.wait(list(self._tasks), timeout=PATIENCE_S))
        for task in list(self._tasks):
            del self._tasks[task]
            self._write_end("hung", error=f"it was still under way {PATIENCE_S:g} s after the last step")
            task.cancel()
        if self.trial.declared.probes:
            self._do(self.trial.declared.look())

    def verdicts(self) -> tuple[Verdict, ...]:
        """What the invariants say of it so far; nothing before any journey has ended."""
        self.trial.declared.account()
        if not self.trial.history.view(runs):
            return ()
        return tuple(judge(one, self.trial.history) for one in asked(self._invariants, self.trial))

    # How

    def _begin(self, start: Callable[..., Any], arguments: tuple[Any, ...], journey: Any) -> None:
        life = self._life
        if life is None:
            return
        context = within(life)
        try:
            value = context.run(start, *arguments)
        except (Exception, HungError) as error:  # noqa: BLE001 - the system may raise anything
            self._write_error(error)
            return
        if inspect.isawaitable(value):
            self._tasks[self._sim.loop.create_task(awaited(value), context=context)] = journey
        else:
            self._write_value(value)

    def _do(self, work: Any) -> None:
        """Let the loop run until this is done, and write down which journeys have ended by then."""
        try:
            within(WIRE).run(self._sim.run, work)
        except HungError as error:  # nothing can go on: the loop has cancelled what was left
            for _ in self._tasks:
                self._write_error(error)
            self._tasks.clear()
            return
        for task in [task for task in self._tasks if task.done()]:
            del self._tasks[task]
            if task.cancelled():
                self._write_error(asyncio.CancelledError())
            elif (failure := task.exception()) is not None:
                self._write_error(failure)
            else:
                self._write_value(task.result())

    def _write_value(self, value: Any) -> None:
        answer = None if value is None else snapshot(value)
        self.trial.declared.account()
        self.trial.declared.claim(answer)
        self.trial.engine.note(
            outcome="completed", **({} if answer is None else {"answer": answer}), **self.trial.declared.ended(value)
        )

    def _write_error(self, error: BaseException) -> None:
        self._write_end("hung" if isinstance(error, HungError) else "raised", error=told(error))

    def _write_end(self, outcome: str, *, error: str) -> None:
        self.trial.declared.account()
        self.trial.declared.claim(None)
        self.trial.engine.note(outcome=outcome, error=error)

    def _remove(self, tally: Tally) -> None:
        self.trial.engine.tallies[:] = [one for one in self.trial.engine.tallies if one is not tally]

    def _finish(self) -> None:
        finish(self._sim, self._late, self.trial.upstreams)
        self.trial.engine.problems.extend(self._sim.problems)  # type: ignore[arg-type]  # RealIOError, each


def _nothing(_flight: object) -> None:
    """Nobody decides anything."""
