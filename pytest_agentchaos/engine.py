"""The engine: schedule x call -> program, and the history of what became of it.

A decision depends on the seed and the call's site, so that no other call can shift it. The engine knows no
wire: wires ask :meth:`Engine.begin` what is to happen to a request, carry that out and report.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pytest_agentchaos import agents, rng
from pytest_agentchaos.clock import Clock, wall_s
from pytest_agentchaos.dialects.base import Dialect
from pytest_agentchaos.dialects.registry import read
from pytest_agentchaos.errors import AgentChaosError, InternalError
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.op import OpKind
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.site import Site
from pytest_agentchaos.faults.base import Situation
from pytest_agentchaos.faults.steps import Program
from pytest_agentchaos.flight import NOT_THE_SYSTEM, Flight, Tally, in_context, reply_data
from pytest_agentchaos.processes import Processes
from pytest_agentchaos.schedule import Rule, Schedule

PROBLEMS = 1_000
"""So many are remembered; in a trial that stands for days, what fails may fail at each call."""


class Engine:
    """Decides, and writes down."""

    def __init__(self, schedule: Schedule, *, seed: int, clock: Clock, history: History) -> None:
        self.seed = seed
        self.clock = clock
        self.history = history
        self.problems: list[AgentChaosError] = []
        """Errors of use and of this package that the agent may have swallowed."""
        self.tallies: list[Tally] = []
        self.writes: Callable[[Call], bool | None] = _nobody_knows
        """Whether a call changes the world."""
        self.open: dict[int, Flight] = {}
        """Calls under way, by the op with which each began."""
        self.processes = Processes(self)
        self.watch: Callable[[Flight], None] | None = None
        """Told of each call that sets out, before anything is decided about it; it may :meth:`add` a rule for it."""
        self._lock = threading.RLock()  # reading an argument may call into a wire again
        self._began_wall_s = wall_s()
        self._overtaking: list[tuple[int, Callable[[], None]]] = []
        self._begun = 0
        for rule in schedule:
            self.add(rule)

    @property
    def idle(self) -> bool:
        """Whether nothing can happen to any call, so that wires may take their shortest way."""
        return not self.tallies and self.watch is None

    def add(self, rule: Rule) -> None:
        """Inject one more fault."""
        twins = sum(tally.is_twin(rule) for tally in self.tallies)
        self.tallies.append(Tally(rule, twins))

    def wall_s(self) -> float:
        """Real seconds since the engine began."""
        return wall_s() - self._began_wall_s

    def since(self, wall: float) -> float:
        """Real seconds from when the engine began to a moment that the wall clock told."""
        return wall - self._began_wall_s

    def note(self, **data: Any) -> None:
        """Write down something that belongs to no call."""
        self.write("note", data=data)

    def write(self, kind: OpKind, *, of: int | None = None, data: Mapping[str, Any]) -> None:
        """Write down an op that happens now."""
        self.history.append(kind, at_s=self.clock.now_s(), wall_s=self.wall_s(), of=of, data=data)

    def problem(self, error: AgentChaosError) -> AgentChaosError:
        """Remember an error that must reach the test whatever the agent makes of it."""
        if len(self.problems) < PROBLEMS:
            self.problems.append(error)
        return error

    def begin(self, request: Request, *, wire: str = "http", dialect: Dialect | None = None) -> Flight:
        """A call sets out: what is to happen to it?"""
        if self.processes.restless:
            self.processes.check()
        try:
            with self._lock:
                return self._begin(request, wire, dialect)
        except AgentChaosError as error:
            self.problem(error)
            raise
        except Exception as error:
            what = redact(f"{request.method} {request.url}")
            msg = f"pytest-agentchaos failed while deciding about {what}: {told(error)}; {NOT_THE_SYSTEM}"
            raise self.problem(InternalError(msg)) from error

    def _begin(self, request: Request, wire: str, dialect: Dialect | None) -> Flight:
        chosen, call = _read(request, dialect)
        call = in_context(call, request, agents.current(), wire)
        index = self.history.append("invoke", at_s=self.clock.now_s(), wall_s=self.wall_s(), call=call)
        flight = self.open[index] = Flight(self, index, call, request, chosen)
        if self.watch is not None:
            self.watch(flight)
        flight.program = self._program(flight)
        if self.processes.outages:
            flight.program = self.processes.met(flight, flight.program)
        self._overtake()
        return flight

    def _program(self, flight: Flight) -> Program | None:
        program: Program | None = None
        at_s = self.clock.now_s()
        for tally in self.tallies:
            selector = tally.rule.selector
            if not selector.matches(flight.call) or not selector.is_open(at_s):
                continue
            if selector.writes is not None and self.writes(flight.call) is not selector.writes:
                continue
            site = self.history[flight.index].site
            if site is None or not selector.covers(site):
                continue
            tally.matched += 1
            if self._wanted(tally, site):
                seeded = partial(self._seeded, tally, site)
                program = flight.compose(program, tally, self.situation(flight, seeded, tally.matched))
        return program

    def situation(self, flight: Flight, seeded: Callable[[], random.Random], matches: int = 1) -> Situation:
        """A call as a fault sees it."""
        unstoppable = partial(self.processes.unstoppable, flight)
        return Situation(flight.call, flight.request, flight.dialect, seeded, self.clock.now_s(), matches, unstoppable)

    def _seeded(self, tally: Tally, site: Site) -> random.Random:
        return rng.stream(self.seed, "fault", tally.stream, site)

    def _wanted(self, tally: Tally, site: Site) -> bool:
        selector = tally.rule.selector
        if selector.nth is not None and tally.matched != selector.nth:
            return False
        if selector.times is not None and tally.fired >= selector.times:
            return False
        if selector.probability is None:
            return True
        return rng.uniform(self.seed, "probability", tally.stream, site) < selector.probability

    def kept(self, dialect: Dialect, reply: Reply) -> dict[str, Any]:
        """What a history keeps of a reply, also of one at which an added dialect fails."""
        try:
            return reply_data(dialect, reply)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not look like the system's
            self.unreadable(f"a reply of the dialect {dialect.name!r}", error)
            return {"status": reply.status, "unread": told(error)}

    def unreadable(self, what: str, error: Exception) -> None:
        """Remember that a message could not be read."""
        problem = InternalError(f"{redact(what)} cannot be read: {told(error)}; {NOT_THE_SYSTEM}")
        problem.__cause__ = error
        self.problem(problem)

    def when_overtaken(self, calls: int, then: Callable[[], None]) -> None:
        """Have something happen once so many further calls have begun."""
        self._overtaking.append((self._begun + calls, then))

    def _overtake(self) -> None:
        self._begun += 1
        if self._overtaking:
            ready = [then for count, then in self._overtaking if count <= self._begun]
            self._overtaking = [(count, then) for count, then in self._overtaking if count > self._begun]
            for then in ready:
                then()


def _nobody_knows(call: Call) -> None:
    """Whether the call changes the world."""


def _read(request: Request, dialect: Dialect | None) -> tuple[Dialect, Call]:
    if dialect is None:
        return read(request)
    call = dialect.read_call(request)
    return (dialect, call) if call is not None else read(request)
