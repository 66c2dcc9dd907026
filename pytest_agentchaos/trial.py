"""A trial: one system under one schedule and one seed, run and written down."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pytest_agentchaos import rng
from pytest_agentchaos.agents import agent_path
from pytest_agentchaos.clock import EPOCH_S, Clock, VirtualClock, WallClock, wall_s
from pytest_agentchaos.declared import Declared
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.errors import HungError, UsageError, explains_itself
from pytest_agentchaos.evidence.canonical import snapshot, told
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.outcome import Ending, Outcome
from pytest_agentchaos.processes import WIRE, CrashedError, within
from pytest_agentchaos.schedule import Rule, Schedule
from pytest_agentchaos.simulation import SimLoop, Simulation, bury, bury_forgotten, entrust
from pytest_agentchaos.traces.in_process import watched
from pytest_agentchaos.unfired import explain_unfired
from pytest_agentchaos.wires.active import Active, activated, current
from pytest_agentchaos.wires.http_transport.install import installed
from pytest_agentchaos.wires.late import LateDeliveries
from pytest_agentchaos.wires.standing import COMMON, Wires
from pytest_agentchaos.wires.upstreams import Upstreams

if TYPE_CHECKING:
    from pytest_agentchaos.traces.receiver import Receiver

__tracebackhide__ = explains_itself


class Trial:
    """Everything of one trial; several runs of the system in it share time, faults and history."""

    def __init__(self, schedule: Schedule = (), *, seed: int = 0) -> None:
        self.seed = seed
        self.upstreams = Upstreams()
        self.history = History(mode="sim", seed=seed)
        self.clock: Clock = VirtualClock()
        self.engine = Engine(schedule, seed=seed, clock=self.clock, history=self.history)
        self.outcome: Outcome | None = None
        self.declared = Declared(self.engine)
        self.engine.writes = self.declared.writes
        self._runs = 0
        self.graves: list[SimLoop] = []
        """What killed processes have left; :meth:`close` lets go of it."""
        self._lives: list[Live] = []
        self.wires = [COMMON]
        """What it joins when it is live."""

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
        """Run the system in virtual time; what it returns or raises, it returns or raises here.

        If a fault ends its process, that is None. The next run starts it again, after the time that it stays down.
        """
        __tracebackhide__ = True
        if (wrong := _misuse(system)) is not None:
            raise self.engine.problem(UsageError(wrong))
        clock = self.clock
        if not isinstance(clock, VirtualClock):
            msg = "this trial has been live already; its time cannot become virtual again. Use one mode in one test"
            raise self.engine.problem(UsageError(msg))
        if not self._runs:
            bury_forgotten()
        self._runs += 1
        processes = self.engine.processes
        if processes.crashed:
            clock.advance_to(processes.down_until_s)
        self.declared.begin()
        late = LateDeliveries(clock)
        try:
            with Simulation(clock, rng.derive(self.seed, "entropy", self._runs), self.graves) as sim:
                active = Active(
                    self.engine, clock, sim=True, upstreams=self.upstreams, late=late, run_coroutine=sim.run
                )
                spans = watched(self.history, clock, wall_s=self.engine.wall_s)
                processes.start(sim.hold, self.upstreams.peers)
                with activated(active), installed(), self.ending() as ending, spans, self.declared.listening():
                    try:
                        # A context of its own: what a crashed system leaves in it is gone with it.
                        ending.value = contextvars.copy_context().run(_call, sim, system, args, kwargs)
                    except _LAST_WORDS:
                        if not processes.crashed:
                            raise
                    finally:
                        within(WIRE).run(finish, sim, late, self.upstreams)
                        if processes.crashed:
                            ending.value = None
                            spans.lose()
                        self.engine.problems.extend(sim.problems)  # type: ignore[arg-type]  # RealIOError, each
        finally:
            if self.graves:
                entrust(self.graves)
            self.declared.look_now()  # in real time: a database has a socket of its own
        return ending.value

    def run_live(self, system: Callable[..., Any], *args: Any) -> Any:
        """Run the system in real time; what it returns or raises, it returns or raises here."""
        __tracebackhide__ = True
        with self.live() as live:
            value = system(*args)
            value = asyncio.run(awaited(value)) if inspect.isawaitable(value) else value
            live.answer(value)
        return value

    def live(self) -> Live:
        """The same wires in real time, for as long as the block is open."""
        live = Live(self)
        self._lives.append(live)
        return live

    def join(self, wires: Wires) -> None:
        """These wires are its own as well."""
        if wires not in self.wires:
            self.wires.append(wires)
            for live in self._lives:
                live.join(wires)

    def receiver(self, port: int = 0) -> Receiver:
        """Where the processes of a live trial send their spans: see :meth:`Live.receiver`."""
        for live in self._lives:
            if live.is_open:
                return live.receiver(port)
        msg = "spans are received in live mode only: inside of `with agentchaos.live():`, or in a live trial"
        raise self.engine.problem(UsageError(msg))

    def close(self) -> None:
        """End what a crashed test has left open."""
        for live in self._lives:
            live.close()
        self._bury()
        if agent_path.get():
            agent_path.set(())

    def _bury(self) -> None:
        """What was killed in this trial is let go of, where it reaches nothing any more."""
        self.engine.processes.end()
        if self.graves:
            late = LateDeliveries(self.clock)
            active = Active(self.engine, self.clock, sim=True, upstreams=self.upstreams, late=late)
            with activated(active), installed():
                bury(self.graves)

    def go_live(self) -> None:
        """From here on, time is real."""
        if current() is not None:
            wrong = "a trial is under way already; agentchaos.live() cannot be entered inside of another, or of run()"
        elif self._runs and isinstance(self.clock, VirtualClock):
            wrong = "this trial has run in virtual time already; its time cannot become real. Use one mode in one test"
        else:
            wrong = None
        if wrong is not None:
            raise self.engine.problem(UsageError(wrong))
        if isinstance(self.clock, VirtualClock):
            self.clock = self.engine.clock = WallClock()
            self.history.mode = "live"
        self._runs += 1

    def ending(self) -> _Ending:
        """Write down how the run ends, which begins now."""
        return _Ending(self)

    def unproven(self) -> str | None:
        """Why the trial proves nothing: a fault never fired. None when all of them did."""
        unfired = [tally for tally in self.engine.tallies if not tally.fired]
        if not unfired:
            return None
        return explain_unfired(unfired, len(self.engine.tallies), self.history, ran=self.ran)


class _Ending:
    """Writes down how a run ended; an error of use or of this package comes before any of the system's."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._known = len(trial.engine.problems)
        self._began_s, self._began_wall_s = trial.clock.now_s(), wall_s()
        self.value: Any = None
        """What the system returned."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        __tracebackhide__ = True
        trial = self._trial
        ending = _how(error, crashed=trial.engine.processes.crashed)
        virtual_s, real_s = trial.clock.now_s() - self._began_s, wall_s() - self._began_wall_s
        trial.outcome = Outcome(ending, self.value, error, virtual_s, real_s)
        answer = None if self.value is None else snapshot(self.value)
        trial.declared.account()
        if ending != "crashed":
            trial.declared.claim(answer)
        data = {"error": told(error)} if error else {} if answer is None else {"answer": answer}
        if ending == "completed":
            data |= trial.declared.ended(self.value)
        trial.engine.note(outcome=ending, **data)
        problems = trial.engine.problems
        if len(problems) > self._known and not isinstance(error, (KeyboardInterrupt, SystemExit)):
            problem = problems[self._known]
            if problem is not error:
                raise problem from error


def _how(error: BaseException | None, *, crashed: bool) -> Ending:
    if crashed:
        return "crashed"
    return "completed" if error is None else "hung" if isinstance(error, HungError) else "raised"


class Live:
    """Wires in real time: ``async with`` in async tests, ``with`` in sync ones."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._late = LateDeliveries(trial.clock)
        self._open: ExitStack | None = None
        self._active: Active | None = None
        self._joined = ExitStack()
        self._ending: _Ending | None = None

    def __enter__(self) -> Self:
        trial = self._trial
        trial.go_live()
        trial.declared.begin()
        self._late = LateDeliveries(trial.clock)
        active = Active(trial.engine, trial.clock, sim=False, upstreams=trial.upstreams, late=self._late)
        with ExitStack() as stack:
            stack.enter_context(activated(active))
            stack.enter_context(installed())
            self._ending = stack.enter_context(trial.ending())
            clock, wall_s = trial.clock, trial.engine.wall_s
            epoch_s = clock.epoch_s if isinstance(clock, WallClock) else EPOCH_S
            stack.enter_context(trial.declared.listening())
            stack.enter_context(watched(trial.history, clock, epoch_s=epoch_s, wall_s=wall_s))
            trial.engine.processes.start_live(self._late.after)
            self._active, self._joined = active, stack.enter_context(ExitStack())
            for wires in trial.wires:
                self._joined.enter_context(wires.joined(active))
            stack.callback(self._late.settle)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        was_open = self._open is not None
        try:
            return self._leave(kind, error, trace)
        finally:
            if was_open:
                self._trial.declared.look_now()

    def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        stack, self._open = self._open, None
        return stack.__exit__(kind, error, trace) if stack is not None else None

    def answer(self, value: Any) -> None:
        """What the system answered in this block, for invariants that look at the answer."""
        if self._ending is not None:
            self._ending.value = value

    def join(self, wires: Wires) -> None:
        """These too, from now on, if it is under way."""
        if self._open is not None and self._active is not None:
            self._joined.enter_context(wires.joined(self._active))

    @property
    def is_open(self) -> bool:
        """Whether its block is open."""
        return self._open is not None

    def receiver(self, port: int = 0) -> Receiver:
        """Where child processes send their spans, which become ops of the history when this block ends.

        ``env={**os.environ, **live.receiver().environment()}``. Wait for them: ``receiver.wait_for(...)``.
        """
        from pytest_agentchaos.traces.receiver import Receiver

        trial, clock = self._trial, self._trial.clock
        if self._open is None or not isinstance(clock, WallClock):
            msg = "live().receiver() listens only inside of its block: `with agentchaos.live() as live: ...`"
            raise trial.engine.problem(UsageError(msg))
        receiver = Receiver(port=port, epoch_s=clock.epoch_s)
        self._open.callback(self._write_down, receiver)  # when it listens no more, and before the run has ended
        self._open.enter_context(receiver)
        return receiver

    def wrapped(self, command: Sequence[str], *, name: str) -> list[str]:
        """The command of an MCP server over stdio, with the shim in front of it: to be handed to an agent of its own.

        Its calls, and the faults that acted on them, become ops of the history when this block ends.
        """
        from pytest_agentchaos.wires.mcp_stdio.wrapped import Wrapped

        trial, clock = self._trial, self._trial.clock
        if self._open is None or not isinstance(clock, WallClock):
            msg = "live().wrapped(...) works only inside of its block: `with agentchaos.live() as live: ...`"
            raise trial.engine.problem(UsageError(msg))
        shims = Wrapped(trial.engine, clock.epoch_s, trial.declared.effects.values())
        self._open.callback(shims.write_down)
        return shims.command(command, name)

    def _write_down(self, receiver: Receiver) -> None:
        for span in receiver.spans():
            self._trial.engine.write("span", data=span.to_data())
        for problem in receiver.problems:
            self._trial.engine.note(spans_lost=f"{problem.place}: {problem.why}")

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        try:
            await _close(self._late, self._trial.upstreams)
        finally:
            result = self._leave(kind, error, trace)
            await self._trial.declared.look()
        return result

    def close(self) -> None:
        """End it if the test has not."""
        self.__exit__(None, None, None)


def _call(sim: Simulation, system: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    __tracebackhide__ = True
    value = system(*args, **kwargs)
    return sim.run(awaited(value)) if inspect.isawaitable(value) else value


async def awaited(value: Any) -> Any:
    """A coroutine of whatever can be awaited."""
    return await value


_LAST_WORDS = (Exception, CrashedError, HungError, SystemExit, asyncio.CancelledError)
"""What a sync system may raise that is unwound because its process is gone."""


def finish(sim: Simulation, late: LateDeliveries, upstreams: Upstreams) -> None:
    """What is still on its way arrives, and what stands behind the URLs shuts down."""
    late.forget(sim.is_gone)
    try:
        late.settle()
        if late.pending or upstreams.running:
            sim.run(_close(late, upstreams))
    except HungError:
        pass  # a callee that never finishes is no fault of the caller's, whose run is over


async def _close(late: LateDeliveries, upstreams: Upstreams) -> None:
    upstreams.hang_up()
    if late.pending:  # never under trio, which late deliveries do not know
        await late.arrive()
    await upstreams.close()


def _misuse(system: object) -> str | None:
    if current() is not None:
        return "a trial is under way already; agentchaos.run() cannot be called inside of run() or live()"
    trio: Any = sys.modules.get("trio")
    # The private function, because the public one raises.
    if asyncio._get_running_loop() is not None or (trio is not None and trio.lowlevel.in_trio_run()):  # noqa: SLF001
        return (
            "agentchaos.run() owns the event loop, and one is running already. In an `async def` test use live time:"
            " `async with agentchaos.live(): ...`; for virtual time make the test a plain `def`"
        )
    if callable(system):
        return None
    if inspect.iscoroutine(system):
        system.close()
        name = system.__name__
        return f"agentchaos.run({name}(...)) got a coroutine; give the function and its arguments: run({name}, ...)"
    return f"agentchaos.run({system!r}): not callable; give the function that runs the system, and its arguments"
