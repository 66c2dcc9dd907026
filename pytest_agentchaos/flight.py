"""A call under way: what is to happen to it, and what is written down about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_agentchaos import agents
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.dialects.base import Dialect
from pytest_agentchaos.dialects.http import PlainHTTP
from pytest_agentchaos.dialects.registry import read
from pytest_agentchaos.errors import AgentChaosError, InternalError
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.history import Pending
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.op import Op, OpKind
from pytest_agentchaos.faults.base import Fault, Situation
from pytest_agentchaos.faults.steps import (
    SHAPES,
    STOPS,
    Deliver,
    Program,
    Return,
    Rewrite,
    RewriteRequest,
    Step,
    splice,
)
from pytest_agentchaos.processes import running
from pytest_agentchaos.schedule import Rule

if TYPE_CHECKING:
    from pytest_agentchaos.engine import Engine

LIMIT_BYTES = 1 << 20
"""Bodies above this are told by their size alone."""

DECLINED = 1_000
"""So often it is kept why a rule has left a call alone."""

ERROR_BYTES = 300
"""So much of the body of an error is told."""

_LONGEST_WAIT = 16
"""Characters of a Retry-After that is a number of seconds, and not an absurdity."""

NOT_THE_SYSTEM = "this is a defect of the fault, the dialect or pytest-agentchaos, not of the system under test"
UNREAD = PlainHTTP()
"""Stands for a dialect that failed: plain HTTP reads anything."""

CLEAN: Program = (Deliver(), Return())
"""What happens to a call that no fault concerns."""


@dataclass(slots=True)
class Tally:
    """What became of one rule so far."""

    rule: Rule
    twins: int = 0
    """How many rules before it say the same."""
    matched: int = 0
    fired: int = 0
    declined: list[str] = field(default_factory=list)
    """Why it left calls alone that its selector had matched."""

    @property
    def stream(self) -> str:
        """What its draws are named by; no other rule can shift them."""
        return f"{self.rule.fault.name} {self.rule.selector}\n{self.twins}"

    def is_twin(self, rule: Rule) -> bool:
        """Whether another rule selects the same calls for the same kind of fault."""
        return self.rule.fault.name == rule.fault.name and self.rule.selector == rule.selector


def in_context(call: Call, request: Request, agent: tuple[str, ...], wire: str) -> Call:
    """The call with what its bytes do not say: who makes it, where it was seen, in which trace."""
    context: dict[str, Any] = request.context() if request.headers and not call.traceparent else {}
    return replace(call, agent=agent, wire=wire, **context) if agent or context or call.wire != wire else call


class Passing:
    """One call that nothing can happen to: all that is written down can be read later, if anybody looks."""

    __slots__ = (
        "_agent",
        "_at_s",
        "_dialect",
        "_end",
        "_end_s",
        "_end_wall_s",
        "_engine",
        "_index",
        "_request",
        "_wall_s",
        "_wire",
    )

    def __init__(self, engine: Engine, request: Callable[[], Request], wire: str) -> None:
        self._engine = engine
        self._request = request
        self._wire = wire
        self._at_s = engine.clock.now_s()
        self._wall_s = wall_s()
        self._agent = agents.current()
        engine.history.defer_invoke(self._invoke)

    def _invoke(self, index: int) -> Op:
        self._index = index
        request = self._request()
        try:
            self._dialect, call = read(request)
        except Exception as error:  # noqa: BLE001 - of an added dialect; whoever reads a history must not meet it
            self._engine.unreadable(f"{request.method} {request.url}", error)
            self._dialect, call = UNREAD, UNREAD.read_call(request)
        call = in_context(call, request, self._agent, self._wire)
        return Op(index, "invoke", self._at_s, self._engine.since(self._wall_s), None, call)

    def ok(self, reply: Callable[[], Reply]) -> None:
        """The caller got this reply."""
        self._end = reply
        self._ends(self._ok)

    def _ok(self, index: int) -> Op:
        return self._ended(index, "ok", self._engine.kept(self._dialect, self._end()))

    def ended(self, kind: OpKind, error: str) -> None:
        """The caller got no reply."""
        self._ends(lambda index: self._ended(index, kind, {"error": error}))

    def _ends(self, pending: Pending) -> None:
        engine = self._engine
        self._end_s = engine.clock.now_s()
        self._end_wall_s = wall_s()
        engine.history.defer(pending)

    def _ended(self, index: int, kind: OpKind, data: dict[str, Any]) -> Op:
        wall = self._engine.since(self._end_wall_s)
        return Op(index, kind, self._end_s, wall, self._index, None, None, data)


class Flight:
    """One call under way: its program, and what is written down about it."""

    __slots__ = (
        "_answered",
        "call",
        "dialect",
        "engine",
        "index",
        "process",
        "program",
        "request",
        "sent",
        "stopped_by",
    )

    def __init__(self, engine: Engine, index: int, call: Call, request: Request, dialect: Dialect) -> None:
        self.engine = engine
        self.index = index
        self.call = call
        self.request = request
        self.dialect = dialect
        self.process = running()
        """Who makes it."""
        self.program: Program | None = None
        self.stopped_by: Mapping[str, Any] = {}
        """The fault on it that stops a process, as the history tells it."""
        self.sent = 0
        """How often its program has handed the request over."""
        self._answered = 0

    def ok(self, reply: Reply) -> None:
        """The caller got this reply."""
        if self.engine.open.pop(self.index, None) is not None:
            self._write("ok", reply)

    def delivered(self, reply: Reply) -> None:
        """The callee got the request, and truly answered this; told only where a fault makes that news."""
        self._answered += 1
        if self.program is not None:
            self._write("deliver", reply)

    def delivered_unread(self, status: int, why: str) -> None:
        """The same where nobody has seen all that it answered."""
        self._answered += 1
        if self.program is not None:
            self.engine.write("deliver", of=self.index, data={"status": status, "unread": why})

    def ended(self, kind: OpKind, error: str) -> None:
        """The caller got no reply: ``fail`` when it surely did not happen, ``info`` when nobody knows."""
        if self.engine.open.pop(self.index, None) is None:
            return  # its caller is gone, and that was told
        data: dict[str, Any] = {"error": error}
        if self.sent > self._answered:  # each of them may have its effect, or have it later
            data["under_way"] = self.sent - self._answered
        self.engine.write(kind, of=self.index, data=data)

    def fired(self, tally: Tally) -> None:
        """A fault really acted on this call."""
        tally.fired += 1
        fault = tally.rule.fault
        data = _told(fault)
        self.engine.write("fault", of=self.index, data=data)

    def meets(self, fault: Mapping[str, Any]) -> None:
        """A fault that acted on another call has to do with this one too."""
        self.engine.write("fault", of=self.index, data=fault)

    def decline(self, tally: Tally, why: str) -> None:
        """A fault left this call alone although its selector had matched it."""
        if len(tally.declined) < DECLINED:
            tally.declined.append(f"{self.call}: {why}")

    def compose(self, program: Program | None, tally: Tally, situation: Situation) -> Program | None:
        """One more fault on this call, wherever those before it deliver."""
        fault = tally.rule.fault
        try:
            why = fault.inapplicable(situation)
            steps = () if why is not None else fault.compile(situation)
        except AgentChaosError:
            raise
        except Exception as error:
            msg = f"the fault {fault} failed while deciding about {self.call}: {told(error)}; {NOT_THE_SYSTEM}"
            raise InternalError(msg) from error
        if why is None and program is not None and not _lets_in(program, steps):
            why = "the faults injected before it leave it nothing to act on"
        if why is not None:
            self.decline(tally, why)
            return program
        watched = self._watched(tally, steps)
        return watched if program is None else splice(program, watched)

    def _watched(self, tally: Tally, steps: Program) -> Program:
        """The same program, which says when it has really acted.

        Rewrites and shapes act only if the message gives them something to act on, and that shows only when the
        reply is there; a program with any other step than these acts from its beginning.
        """
        watch = _Watch(self, tally)
        if _acts_at_once(steps):
            watch.acted()
        return tuple(watch.over(step) for step in steps)

    def _write(self, kind: OpKind, reply: Reply) -> None:
        engine = self.engine
        if reply.value is not None:  # an object of the caller's, which may change before anybody reads this
            data = engine.kept(self.dialect, reply)
            engine.history.append(kind, at_s=engine.clock.now_s(), wall_s=engine.wall_s(), of=self.index, data=data)
            return
        engine.history.defer(partial(self._reply_op, kind, engine.clock.now_s(), engine.wall_s(), reply))

    def _reply_op(self, kind: OpKind, at_s: float, real_s: float, reply: Reply, index: int) -> Op:
        return Op(index, kind, at_s, real_s, self.index, None, None, self.engine.kept(self.dialect, reply))


class _Watch:
    """Notices when a fault really acts on a call, and writes it down once."""

    __slots__ = ("_flight", "_seen", "_tally")

    def __init__(self, flight: Flight, tally: Tally) -> None:
        self._flight = flight
        self._tally = tally
        self._seen = False

    def acted(self) -> None:
        if not self._seen:
            self._seen = True
            self._flight.fired(self._tally)

    def over(self, step: Step) -> Step:
        if isinstance(step, Rewrite):
            return Rewrite(partial(self._rewrite, step.change))
        if isinstance(step, RewriteRequest):
            return RewriteRequest(partial(self._rewrite, step.change))
        if isinstance(step, STOPS):
            self._flight.stopped_by = _told(self._tally.rule.fault)
        return replace(step, acted=self.acted) if isinstance(step, SHAPES) else step

    def _rewrite(self, change: Callable[[Any], Any], before: Any) -> Any:
        flight, rule = self._flight, self._tally.rule
        times = rule.selector.times
        if not self._seen and times is not None and self._tally.fired >= times:
            flight.decline(self._tally, f"times={times} were used up by calls that were under way with it")
            return before
        try:
            after = change(before)
        except AgentChaosError as error:
            flight.engine.problem(error)
            raise
        except Exception as error:
            msg = f"the fault {rule.fault} failed while rewriting {flight.call}: {told(error)}; {NOT_THE_SYSTEM}"
            raise flight.engine.problem(InternalError(msg)) from error
        if after is not before:
            self.acted()
        elif not self._seen:
            flight.decline(self._tally, "there was nothing in the message for it to change")
        return after


def _told(fault: Fault) -> dict[str, Any]:
    return {"fault": fault.name, "parameters": fault.model_dump(mode="json", exclude_unset=True)}


_WAIT_FOR_REPLY = (Return, Rewrite, RewriteRequest, *SHAPES)


def _acts_at_once(steps: Program) -> bool:
    deliveries = 0
    for step in steps:
        if isinstance(step, Deliver):
            deliveries += step.copies
        elif not isinstance(step, _WAIT_FOR_REPLY):
            return True
    return deliveries > 1


def _lets_in(outer: Program, inner: Program) -> bool:
    """Whether an inner fault has any part in what happens."""
    return any(isinstance(step, Deliver) for step in outer) or splice(outer, inner) != outer


def reply_data(dialect: Dialect, reply: Reply) -> dict[str, Any]:
    """What a history keeps of a reply."""
    data: dict[str, Any] = {"status": reply.status}
    if len(reply.body) > LIMIT_BYTES:
        return {**data, "bytes": len(reply.body)}
    if reply.is_error:
        data["error"] = reply.body[:ERROR_BYTES].decode("utf-8", "replace")
        if (wait_s := _retry_after_s(reply)) is not None:
            data["retry_after_s"] = wait_s
    data["result"] = dialect.read_result(reply)
    read_failure = getattr(dialect, "read_failure", None) if data["result"] is None else None
    if read_failure is not None and (failure := read_failure(reply)) is not None:
        data["failure"] = failure[:ERROR_BYTES]
    # To ask isinstance(dialect, ModelDialect) would take longer than to read.
    read_turn = getattr(dialect, "read_turn", None)
    if read_turn is not None and (turn := read_turn(reply)) is not None:
        data["finish"] = turn.finish
        data["tool_calls"] = [{"name": asked.name, "arguments": asked.arguments} for asked in turn.tool_calls]
    usage = dialect.read_usage(reply)
    if usage is not None:
        data["usage"] = usage._asdict()
    return data


def _retry_after_s(reply: Reply) -> float | None:
    """How long the callee asks to be left alone, where it says so in seconds."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = reply.header(name) or ""
        if len(value) < _LONGEST_WAIT and value.replace(".", "", 1).isdecimal():
            return float(value) * unit_s
    return None
