"""A link's part in a trial: what its rules make of it, moment by moment, and what the history tells of that."""

from __future__ import annotations

import threading
from dataclasses import asdict, replace
from math import inf
from typing import Final

from pytest_agentchaos.errors import AgentChaosError
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.steps import Crash
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.processes import RealProcess, place
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.tcp.decisions import Acting, Decisions
from pytest_agentchaos.wires.tcp.dialect import SCHEME, Bytes
from pytest_agentchaos.wires.tcp.line import Line
from pytest_agentchaos.wires.tcp.toxics import STILL, Toxic

_LOOK_S: Final = 0.05
"""So often it is looked whether the test has injected one more fault."""
_AFTER_EDGE_S: Final = 0.001
"""A window is looked at when it has surely opened or closed, whatever the last digit of the clock says."""


class Joined:
    """From the beginning of a trial to its end. The service's process, where nobody has declared it, is the line."""

    def __init__(self, active: Active, line: Line, name: str, caller: str) -> None:
        self._clock = active.clock
        self._line = line
        self._flight = link_flight(active, name, caller)
        self._decisions = Decisions(self._flight)
        self._acting: tuple[Acting, ...] = ()
        self._known = 0
        self._next_s = inf
        self._gone = self._still = False
        self._over = False
        self._changed = threading.Condition(threading.RLock())
        self._thread = threading.Thread(target=self._watch, name=f"agentchaos-tcp-{name}", daemon=True)

    def begin(self) -> None:
        """What acts from the start stands when this returns."""
        with self._changed:
            self._decide()
        self._thread.start()

    def end(self) -> None:
        """Everything passes again when this returns."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        disturbed = not self._line.is_whole
        try:
            self._line.heal()
        except AgentChaosError as error:
            self._flight.engine.problem(error)
            self._flight.ended("info", told(error))
        else:
            if disturbed:
                self._tell({}, down=False)
            self._flight.ok(Reply(200))

    # The service as a process, for faults that kill or stop it (see processes.Handle)

    def kill(self) -> None:
        """Whoever connects is refused."""
        self._stop(gone=True)

    def start(self) -> None:
        """It listens again."""
        self._stop(gone=False)

    def pause(self) -> None:
        """Nothing passes; what is sent meanwhile is worked on afterwards."""
        self._stop(still=True)

    def resume(self) -> None:
        """It goes on."""
        self._stop(still=False)

    def _stop(self, *, gone: bool | None = None, still: bool | None = None) -> None:
        with self._changed:
            self._gone = self._gone if gone is None else gone
            self._still = self._still if still is None else still
            if self._over:
                return
            try:
                self._become()
            except AgentChaosError as error:  # in a thread of its own, where nobody would hear of it
                self._flight.engine.problem(error)

    # What stands

    def _decide(self) -> None:
        self._declare()
        now_s, before = self._clock.now_s(), {one.number for one in self._acting}
        self._known = len(self._flight.engine.tallies)
        self._acting = self._decisions.now(now_s)
        self._next_s = self._decisions.next_s(now_s)
        self._become()
        for one in self._acting:
            if one.number not in before:
                self._flight.fired(one.tally)
                self._stop_processes(one)

    def _declare(self) -> None:
        """Say which process is behind the link: one that somebody has declared by its name, or else the line itself."""
        processes, call = self._flight.engine.processes, self._flight.call
        known = processes.named(call.target)
        processes.declare(known.handle if isinstance(known, RealProcess) else self, place(call))

    def _stop_processes(self, acting: Acting) -> None:
        processes = self._flight.engine.processes
        for step in acting.disturbance.stops:
            if isinstance(step, Crash):
                crash = processes.crash_caller if step.of == "caller" else processes.crash_callee
                crash(self._flight, step.down_s)
            else:
                pause = processes.pause_caller if step.of == "caller" else processes.pause_callee
                pause(self._flight, step.seconds)

    def _become(self) -> None:
        toxics = {
            name: replace(toxic, name=name)
            for one in self._acting
            for number, toxic in enumerate(one.disturbance.toxics, start=1)
            for name in (self._name(f"rule{one.number}", number, toxic),)
        }
        if self._still:
            toxics |= {name: replace(one, name=name) for one in STILL for name in (self._name("pause", 1, one),)}
        down = self._gone or any(one.disturbance.down for one in self._acting)
        if self._line.become(toxics, down=down):
            self._tell(toxics, down=down)

    def _name(self, what: str, number: int, toxic: Toxic) -> str:
        """The embedded server draws by it which connections a toxic acts on: so the trial's seed is in it."""
        return f"seed{self._flight.engine.seed}-{what}-{number}-{toxic.type}-{toxic.stream}"

    def _tell(self, toxics: dict[str, Toxic], *, down: bool) -> None:
        stands = [{key: value for key, value in asdict(toxic).items() if key != "name"} for toxic in toxics.values()]
        self._flight.engine.write("note", of=self._flight.index, data={"toxics": stands, "refuses": down})

    def _watch(self) -> None:
        try:
            with self._changed:
                while not self._over:
                    self._look()
                    left_s = self._next_s + _AFTER_EDGE_S - self._clock.now_s()
                    self._changed.wait(max(0.0, min(left_s, _LOOK_S)))
        except AgentChaosError as error:  # the server is gone, say: the trial says so when it ends
            self._flight.engine.problem(error)

    def _look(self) -> None:
        is_due = self._clock.now_s() >= self._next_s + _AFTER_EDGE_S
        if is_due or len(self._flight.engine.tallies) != self._known:
            self._decide()
        self._line.hold()


def link_flight(active: Active, name: str, caller: str) -> Flight:
    """The link as a call under way: nothing is decided about it as a whole, so the engine is not asked to."""
    engine, dialect, request = active.engine, Bytes(), Request("CONNECT", f"{SCHEME}{name}")
    call = replace(dialect.read_call(request), agent=tuple(filter(None, caller.split("/"))))
    index = engine.history.append("invoke", at_s=engine.clock.now_s(), wall_s=engine.wall_s(), call=call)
    flight = engine.open[index] = Flight(engine, index, call, request, dialect)
    if caller:
        flight.process = engine.processes.named(caller)
    return flight
