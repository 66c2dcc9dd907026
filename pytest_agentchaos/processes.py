"""Processes: whose work something is, and which of them stand still or are gone.

In virtual time everything runs on one event loop. Whose work a task does stands in its context, and the loop holds
back what belongs to a process that stands still. One that is gone stands still for ever: as after `kill -9`, none of
its code runs again, no ``finally`` and no ``except``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from pytest_agentchaos.errors import AgentChaosError, UsageError
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.faults.steps import Deliver, Pause, Program, Refuse, Return, splice

if TYPE_CHECKING:
    from pytest_agentchaos.engine import Engine
    from pytest_agentchaos.flight import Flight

GONE: Final = "its caller's process ended"
_LIVE: Final = "in live mode processes are real, and nobody has said which"
_INSIDE: Final = "its callee runs inside of the caller's own process"
_ON_ITS_WAY: Final = "its caller is not waiting for it any more"


class Process:
    """One process; nothing is known of it but which it is."""

    __slots__ = ()


class Handle(Protocol):
    """A process of this machine, as whoever has started it holds it."""

    def kill(self) -> None:
        """It is gone, as by ``kill -9``, when this returns."""

    def start(self) -> None:
        """It runs again, and is ready when this returns."""

    def pause(self) -> None:
        """It stands still (SIGSTOP)."""

    def resume(self) -> None:
        """It goes on (SIGCONT)."""


class RealProcess(Process):
    """A process of this machine, in live mode."""

    __slots__ = ("handle", "name")

    def __init__(self, name: str, handle: Handle) -> None:
        self.name = name
        self.handle = handle


MAIN: Final = Process()
"""The system under test: whatever does not say otherwise."""
WIRE: Final = Process()
"""What is on its way between processes; it never stops."""

_process: ContextVar[Process] = ContextVar("agentchaos_process", default=MAIN)


class CrashedError(BaseException):
    """The process that does this is gone. Only sync code ever meets it, which cannot be stopped in any other way."""


def running() -> Process:
    """Whose code runs here and now."""
    return _process.get()


def owner(context: Context) -> Process:
    """Whose work is done in a context."""
    return context.get(_process, MAIN)


def within(process: Process, context: Context | None = None) -> Context:
    """A context (a copy of the current one) in which work belongs to a process."""
    context = copy_context() if context is None else context
    context.run(_process.set, process)
    return context


def worker_context() -> Context:
    """An empty context, as a thread of the running process begins with."""
    process, context = _process.get(), Context()
    return context if process is MAIN else within(process, context)


class Peer(Protocol):
    """Something that stands behind an address, as a process of its own."""

    @property
    def process(self) -> Process | None:
        """Whose tasks its work is done in; None if it answers at once."""

    @property
    def host(self) -> str:
        """Where it listens, with the port: everything there is one process."""

    def kill(self) -> None:
        """It is gone, and every connection to it is torn."""

    def revive(self) -> None:
        """It is back, as it is when it starts."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A callee that cannot be reached, or does not answer, until a moment."""

    until_s: float
    gone: bool
    fault: Mapping[str, Any]
    """What the history tells of the fault that did it."""


class Processes:
    """The processes of one trial."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._gone: set[Process] = set()
        self._ended = False
        self.restless = False
        """Whether any process is gone, so that it has to be looked who makes a call."""
        self._hold: Callable[[Process, float | None], None] | None = None
        self._peers: Callable[[], Iterable[Peer]] = tuple
        self._real: dict[str, RealProcess] = {}
        self._back_s: dict[Handle, float] = {}
        """When those are started again that a fault has killed."""
        self._on_s: dict[Handle, float] = {}
        """When those go on that a fault has paused."""
        self._later: Callable[[float, Callable[[], object]], None] | None = None
        self.outages: dict[str, Outage] = {}
        self.down_until_s = 0.0
        """Until when the system under test stays down after its last crash."""

    @property
    def crashed(self) -> bool:
        """Whether the system under test is gone, and was not started again."""
        return MAIN in self._gone

    def start(self, hold: Callable[[Process, float | None], None], peers: Callable[[], Iterable[Peer]]) -> None:
        """The system is started (again) in virtual time; ``hold`` stops a process for a while or (None) for ever."""
        self._gone.discard(MAIN)
        self._hold, self._peers = hold, peers

    def start_live(self, later: Callable[[float, Callable[[], object]], None]) -> None:
        """Time is real from here on; ``later`` has something happen after so many seconds, within the trial."""
        self._later = later

    def declare(self, handle: Handle, *names: str) -> None:
        """This is the process that calls come from, or go to, under these names."""
        for name in names:
            self._real[name] = RealProcess(name, handle)

    def named(self, name: str) -> Process:
        """The process of this name; the system as a whole if nobody has declared it."""
        return self._real.get(name, MAIN)

    def end(self) -> None:
        """The trial is over: whoever still runs is gone."""
        self._ended = self.restless = True

    def check(self) -> None:
        """Raise CrashedError if the process that runs here is gone."""
        if self._ended or (self._gone and running() in self._gone):
            raise CrashedError(GONE)

    def unstoppable(self, flight: Flight, of: str) -> str | None:
        """Why nothing can stop the caller, or the callee, of this call; None if it can be stopped."""
        if self._hold is None:
            return None if self._stopped_really(flight, of) else _undeclared(flight, of)
        if of == "caller":
            return _ON_ITS_WAY if flight.process is WIRE else None
        return _INSIDE if flight.call.wire == "http" and not self._at(place(flight.call)) else None

    # What faults do

    def crash_caller(self, flight: Flight, down_s: float) -> None:
        """The process that makes this call is gone; what becomes of this very call, its program says."""
        process = flight.process
        now_s = self._engine.clock.now_s()
        if isinstance(process, RealProcess):
            self._kill(process, down_s, flight)
            return
        if process is MAIN:
            self.down_until_s = now_s + down_s
            self._end(process, flight)
            return
        for target in sorted({peer.host for peer in self._peers() if peer.process is process}):
            self._take_down(target, Outage(now_s + down_s, gone=True, fault=flight.stopped_by), flight)

    def crash_callee(self, flight: Flight, down_s: float) -> None:
        """The process that gets this call is gone, with everything that it was about to do."""
        target = place(flight.call)
        outage = Outage(self._engine.clock.now_s() + down_s, gone=True, fault=flight.stopped_by)
        self._take_down(target, outage, flight)
        if (real := self._real.get(target)) is not None:
            self._kill(real, down_s, flight)

    def pause_caller(self, flight: Flight, seconds: float) -> None:
        """The process that makes this call stands still."""
        if isinstance(flight.process, RealProcess):
            self._halt(flight.process, seconds)
        self._stop(flight.process, seconds)

    def pause_callee(self, flight: Flight, seconds: float) -> None:
        """The process that gets this call stands still."""
        target, until_s = place(flight.call), self._engine.clock.now_s() + seconds
        known = self.outages.get(target)
        if known is not None and known.until_s >= until_s:
            return
        if (real := self._real.get(target)) is not None:
            self._halt(real, seconds)  # a process that stands still needs nobody to hold back what comes for it
            return
        self.outages[target] = Outage(until_s, gone=False, fault=flight.stopped_by)
        for peer in self._at(target):
            if peer.process is not None:
                self._stop(peer.process, seconds)

    # What others meet

    def met(self, flight: Flight, program: Program | None) -> Program | None:
        """What is to happen to a call whose callee may be gone, or stand still."""
        outage = self._outage(place(flight.call))
        if outage is None:
            return program
        flight.meets(outage.fault)
        left_s = outage.until_s - self._engine.clock.now_s()
        inner: Program = (Refuse(),) if outage.gone else (Pause("callee", left_s), Deliver(), Return())
        return inner if program is None else splice(program, inner)

    def is_down(self, call: Call) -> bool:
        """Whether nobody listens there now."""
        outage = self._outage(place(call)) if self.outages else None
        return outage is not None and outage.gone

    def _outage(self, target: str) -> Outage | None:
        outage = self.outages.get(target)
        if outage is None or self._engine.clock.now_s() < outage.until_s:
            return outage
        del self.outages[target]
        if outage.gone:
            for peer in self._at(target):
                peer.revive()
        return None

    def _take_down(self, target: str, outage: Outage, spared: Flight) -> None:
        self.outages[target] = outage
        for peer in self._at(target):
            process = peer.process
            peer.kill()
            if process is not None:
                self._end(process, spared)

    def _end(self, process: Process, spared: Flight) -> None:
        self._gone.add(process)
        self.restless = True
        for flight in list(self._engine.open.values()):
            if flight.process is process and flight is not spared:
                flight.ended("info", GONE)
        self._stop(process, None)

    def _stopped_really(self, flight: Flight, of: str) -> RealProcess | None:
        real = flight.process if of == "caller" else self._real.get(place(flight.call))
        return real if isinstance(real, RealProcess) else None

    def _kill(self, real: RealProcess, down_s: float, spared: Flight) -> None:
        real.handle.kill()
        self._on_s.pop(real.handle, None)
        for flight in list(self._engine.open.values()):
            caller = flight.process
            if isinstance(caller, RealProcess) and caller.handle is real.handle and flight is not spared:
                flight.ended("info", GONE)
        self._once_over(self._back_s, real.handle, down_s, real.handle.start)

    def _halt(self, real: RealProcess, seconds: float) -> None:
        if real.handle not in self._back_s:  # what is gone does not stand still
            real.handle.pause()
            self._once_over(self._on_s, real.handle, seconds, real.handle.resume)

    def _once_over(self, until: dict[Handle, float], handle: Handle, seconds: float, then: Callable[[], None]) -> None:
        """Have something happen to a process after a while, or later if the same was asked for a later moment."""
        assert self._later is not None  # noqa: S101 - real processes are stopped in live mode only
        due_s = self._engine.clock.now_s() + seconds
        if due_s > until.get(handle, -1.0):
            until[handle] = due_s
            self._later(seconds, partial(self._happen, until, handle, due_s, then))

    def _happen(self, until: dict[Handle, float], handle: Handle, due_s: float, then: Callable[[], None]) -> None:
        if until.get(handle) != due_s:
            return
        del until[handle]
        try:
            then()
        except Exception as error:  # noqa: BLE001 - nobody would hear of it in the thread of a timer
            msg = f"a process that a fault had stopped did not come back: {told(error)}"
            self._engine.problem(error if isinstance(error, AgentChaosError) else UsageError(msg))

    def _stop(self, process: Process, seconds: float | None) -> None:
        if self._hold is not None:
            self._hold(process, seconds)

    def _at(self, target: str) -> list[Peer]:
        return [peer for peer in self._peers() if peer.host == target]


def _undeclared(flight: Flight, of: str) -> str:
    if of == "caller":
        return f"{_LIVE} one calls: caller=NAME of the proxy or link, and agentchaos.process(handle, NAME)"
    name = place(flight.call)
    return f"{_LIVE} one is {name!r}: start it under this name, or agentchaos.process(handle, {name!r})"


def place(call: Call) -> str:
    """What is gone when the callee of a call is: a host, an MCP server, or one function."""
    if call.wire == "tcp":
        return call.target
    if call.wire in {"http", "proxy"}:
        return call.target.partition("/")[0]
    return f"function {call.name}" if call.wire == "function" else f"{call.wire} {call.target}"
