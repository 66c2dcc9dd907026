"""The engine: schedule x call -> program, and the history of what became of it.

A decision depends on the seed and the call's site, so that no other call can shift it. The engine knows no
wire: wires ask :meth:`Engine.begin` what is to happen to a request, carry that out and report.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from pytest_agentchaos import rng
from pytest_agentchaos.clock import Clock, wall_s
from pytest_agentchaos.dialects.base import Dialect, ModelDialect
from pytest_agentchaos.dialects.registry import read
from pytest_agentchaos.errors import AgentChaosError, InternalError
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.op import Op, OpKind
from pytest_agentchaos.faults.base import Situation
from pytest_agentchaos.faults.steps import Cut, Deliver, Drip, Insert, Program, Return, Rewrite, RewriteRequest, splice
from pytest_agentchaos.schedule import Rule, Schedule

LIMIT_BYTES = 1 << 20
"""Bodies above this are told by their size alone."""

agent_path: ContextVar[tuple[str, ...]] = ContextVar("agentchaos_agent", default=())


@contextmanager
def calling_as(name: str) -> Iterator[None]:
    """Calls made inside belong to this agent (below the one that is already named)."""
    token = agent_path.set((*agent_path.get(), name))
    try:
        yield
    finally:
        agent_path.reset(token)


@dataclass(slots=True)
class Tally:
    """What became of one rule so far."""

    rule: Rule
    matched: int = 0
    fired: int = 0
    declined: list[str] = field(default_factory=list)
    """Why it left calls alone that its selector had matched."""


class Engine:
    """Decides, and writes down."""

    def __init__(self, schedule: Schedule, *, seed: int, clock: Clock, history: History) -> None:
        self.seed = seed
        self.clock = clock
        self.history = history
        self.problems: list[AgentChaosError] = []
        """Errors of use and of this package that the agent may have swallowed."""
        self.tallies = [Tally(rule) for rule in schedule]
        self._lock = threading.Lock()
        self._began_wall_s = wall_s()
        self._overtaking: list[tuple[int, Callable[[], None]]] = []
        self._begun = 0

    @property
    def idle(self) -> bool:
        """Whether nothing can happen to any call, so that wires may take their shortest way."""
        return not self.tallies

    def add(self, rule: Rule) -> None:
        """Inject one more fault."""
        self.tallies.append(Tally(rule))

    def wall_s(self) -> float:
        """Real seconds since the engine began."""
        return wall_s() - self._began_wall_s

    def note(self, **data: Any) -> None:
        """Write down something that belongs to no call."""
        self.history.append("note", at_s=self.clock.now_s(), wall_s=self.wall_s(), data=data)

    def problem(self, error: AgentChaosError) -> AgentChaosError:
        """Remember an error that must reach the test whatever the agent makes of it."""
        self.problems.append(error)
        return error

    def begin(self, request: Request, *, wire: str = "http", dialect: Dialect | None = None) -> Flight:
        """A call sets out: what is to happen to it?"""
        try:
            with self._lock:
                return self._begin(request, wire, dialect)
        except AgentChaosError as error:
            raise self.problem(error) from None
        except Exception as error:
            msg = f"pytest-agentchaos failed while deciding about {request.method} {request.url}: {type(error).__name__}: {error}"
            raise self.problem(InternalError(msg)) from error

    def _begin(self, request: Request, wire: str, dialect: Dialect | None) -> Flight:
        chosen, call = _read(request, dialect)
        call = replace(call, agent=agent_path.get(), wire=wire)
        index = self.history.append("invoke", at_s=self.clock.now_s(), wall_s=self.wall_s(), call=call)
        flight = Flight(self, index, call, request, chosen)
        flight.program = self._program(flight)
        self._overtake()
        return flight

    def _program(self, flight: Flight) -> Program | None:
        program: Program | None = None
        for number, tally in enumerate(self.tallies):
            selector = tally.rule.selector
            at_s = self.clock.now_s()
            if not selector.matches(flight.call) or not selector.is_open(at_s):
                continue
            site = self.history[flight.index].site
            if site is None or not selector.covers(site):
                continue
            tally.matched += 1
            if not self._wanted(tally, number, str(site)):
                continue
            draw = rng.stream(self.seed, "fault", number, site)
            situation = Situation(flight.call, flight.request, flight.dialect, draw, at_s, tally.matched)
            if (why := tally.rule.fault.inapplicable(situation)) is not None:
                flight.decline(tally, why)
                continue
            steps = flight.watched(tally, tally.rule.fault.compile(situation))
            program = steps if program is None else splice(program, steps)
        return program

    def _wanted(self, tally: Tally, number: int, site: str) -> bool:
        selector = tally.rule.selector
        if selector.nth is not None and tally.matched != selector.nth:
            return False
        if selector.times is not None and tally.fired >= selector.times:
            return False
        if selector.probability is None:
            return True
        return rng.uniform(self.seed, "probability", number, site) < selector.probability

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


def _read(request: Request, dialect: Dialect | None) -> tuple[Dialect, Call]:
    if dialect is None:
        return read(request)
    call = dialect.read_call(request)
    return (dialect, call) if call is not None else read(request)


class Passing:
    """One call that nothing can happen to: all that is written down can be read later, if anybody looks."""

    __slots__ = ("_agent", "_at_s", "_dialect", "_engine", "_index", "_request", "_wall_s", "_wire")

    def __init__(self, engine: Engine, request: Callable[[], Request], wire: str) -> None:
        self._engine = engine
        self._request = request
        self._wire = wire
        self._at_s = engine.clock.now_s()
        self._wall_s = engine.wall_s()
        self._agent = agent_path.get()
        engine.history.defer(self._invoke)

    def _invoke(self, index: int) -> Op:
        self._index = index
        self._dialect, call = read(self._request())
        return Op(index, "invoke", self._at_s, self._wall_s, None, replace(call, agent=self._agent, wire=self._wire))

    def ok(self, reply: Callable[[], Reply]) -> None:
        """The caller got this reply."""
        engine = self._engine
        engine.history.defer(partial(self._ok, engine.clock.now_s(), engine.wall_s(), reply))

    def _ok(self, at_s: float, real_s: float, reply: Callable[[], Reply], index: int) -> Op:
        return Op(index, "ok", at_s, real_s, self._index, None, None, reply_data(self._dialect, reply()))

    def ended(self, kind: OpKind, error: str) -> None:
        """The caller got no reply."""
        engine = self._engine
        engine.history.defer(partial(self._ended, kind, engine.clock.now_s(), engine.wall_s(), error))

    def _ended(self, kind: OpKind, at_s: float, real_s: float, error: str, index: int) -> Op:
        return Op(index, kind, at_s, real_s, self._index, None, None, {"error": error})


class Flight:
    """One call under way: its program, and what is written down about it."""

    __slots__ = ("call", "dialect", "engine", "index", "program", "request")

    def __init__(self, engine: Engine, index: int, call: Call, request: Request, dialect: Dialect) -> None:
        self.engine = engine
        self.index = index
        self.call = call
        self.request = request
        self.dialect = dialect
        self.program: Program | None = None

    def ok(self, reply: Reply) -> None:
        """The caller got this reply."""
        self._write("ok", reply)

    def delivered(self, reply: Reply) -> None:
        """The callee got the request, and truly answered this; told only where a fault makes that news."""
        if self.program is not None:
            self._write("deliver", reply)

    def ended(self, kind: OpKind, error: str) -> None:
        """The caller got no reply: ``fail`` when it surely did not happen, ``info`` when nobody knows."""
        engine = self.engine
        engine.history.append(
            kind, at_s=engine.clock.now_s(), wall_s=engine.wall_s(), of=self.index, data={"error": error}
        )

    def fired(self, tally: Tally) -> None:
        """A fault really acted on this call."""
        tally.fired += 1
        engine = self.engine
        fault = tally.rule.fault
        data = {"fault": fault.name, "parameters": fault.model_dump(mode="json", exclude_unset=True)}
        engine.history.append("fault", at_s=engine.clock.now_s(), wall_s=engine.wall_s(), of=self.index, data=data)

    def decline(self, tally: Tally, why: str) -> None:
        """A fault left this call alone although its selector had matched it."""
        tally.declined.append(f"{self.call}: {why}")

    def watched(self, tally: Tally, steps: Program) -> Program:
        """The same program, which says when it has really acted.

        A rewrite acts only if it changes something, and that shows only when the reply is there; a program
        without a rewrite acts from its first step.
        """
        if not any(isinstance(step, (Rewrite, RewriteRequest)) for step in steps):
            self.fired(tally)
            return steps
        seen = partial(self._rewritten, tally)
        return tuple(
            replace(step, change=partial(seen, step.change)) if isinstance(step, (Rewrite, RewriteRequest)) else step
            for step in steps
        )

    def _rewritten(self, tally: Tally, change: Callable[[Any], Any], before: Any) -> Any:
        try:
            after = change(before)
        except AgentChaosError as error:
            raise self.engine.problem(error) from None
        except Exception as error:
            msg = f"the fault {tally.rule.fault} failed while rewriting {self.call}: {type(error).__name__}: {error}"
            raise self.engine.problem(InternalError(msg)) from error
        if after is before:
            self.decline(tally, "there was nothing in the message for it to change")
        else:
            self.fired(tally)
        return after

    def _write(self, kind: OpKind, reply: Reply) -> None:
        engine = self.engine
        if reply.value is not None:  # an object of the caller's, which may change before anybody reads this
            data = reply_data(self.dialect, reply)
            engine.history.append(kind, at_s=engine.clock.now_s(), wall_s=engine.wall_s(), of=self.index, data=data)
            return
        engine.history.defer(
            partial(_reply_op, kind, engine.clock.now_s(), engine.wall_s(), self.index, self.dialect, reply)
        )


def _reply_op(  # noqa: PLR0913, PLR0917 - the fields of one op, bound where the reply came in
    kind: OpKind, at_s: float, real_s: float, of: int, dialect: Dialect, reply: Reply, index: int
) -> Op:
    return Op(index, kind, at_s, real_s, of, None, None, reply_data(dialect, reply))


def reply_data(dialect: Dialect, reply: Reply) -> dict[str, Any]:
    """What a history keeps of a reply."""
    data: dict[str, Any] = {"status": reply.status}
    if len(reply.body) > LIMIT_BYTES:
        return {**data, "bytes": len(reply.body)}
    data["result"] = dialect.read_result(reply)
    if isinstance(dialect, ModelDialect) and (turn := dialect.read_turn(reply)) is not None:
        data["finish"] = turn.finish
        data["tool_calls"] = [{"name": asked.name, "arguments": asked.arguments} for asked in turn.tool_calls]
    usage = dialect.read_usage(reply)
    if usage is not None:
        data["usage"] = usage._asdict()
    return data


def shapes_stream(program: Program) -> bool:
    """Whether a program acts on the pieces of a body rather than on the whole."""
    return any(isinstance(step, (Cut, Drip, Insert)) for step in program)


CLEAN: Program = (Deliver(), Return())
