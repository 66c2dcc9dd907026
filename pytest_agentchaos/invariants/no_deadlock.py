"""No deadlock: no run ends up waiting for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_agentchaos.evidence.conduct.fate import under_way
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import Run, runs
from pytest_agentchaos.evidence.telling import listed, quoted
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register


@register
@dataclass(frozen=True, slots=True)
class no_deadlock:
    """Promises that no run waits for ever; of waiting inside the process it cannot see more than that the run hung.

    It names the ring of agents that wait for one another, or else the calls that were open. A ring that a timeout broke
    is none.
    """

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return "no_deadlock"

    def check(self, history: History) -> Verdict:
        """Look at the runs that hung, and at the calls that were open then."""
        ended = history.view(runs)
        hung = next((run for run in ended if run.ending == "hung"), None)
        if hung is not None:
            waiting = _open(history, hung)
            return Verdict(self.name, "fail", _told(waiting), (*(one.index for one in waiting), hung.op))
        if going_on := history.view(under_way):
            open_now = frozenset(going_on)
            waiting = [exchange for exchange in history.calls() if exchange.index in open_now]
            ring = _ring(waiting)
            reason = f"{_calls(waiting)} still open and no run has ended since" + (f": {_circle(ring)}" if ring else "")
            return Verdict(self.name, "unknown", reason, going_on)
        if not ended:
            return Verdict(self.name, "unknown", "no run has ended yet: call agentchaos.run(...) first")
        return Verdict(self.name, "pass", f"{len(ended)} of {len(ended)} runs ended without waiting for ever")


def _open(history: History, run: Run) -> list[Exchange]:
    """The calls that were open when a run hung."""
    last = _given_up_from(history, run)
    return [one for one in history.calls() if run.began <= one.index < run.op and (one.end is None or one.end >= last)]


def _given_up_from(history: History, run: Run) -> int:
    """The first of the ops that only tell of the end: when a run hangs, its callers are made to stop waiting."""
    for index in range(run.op, run.began, -1):
        op = history[index - 1]
        if op.at_s != run.at_s or op.kind in {"invoke", "ok", "fail", "deliver", "fault"}:
            return index
    return run.began


def _told(waiting: Sequence[Exchange]) -> str:
    if ring := _ring(waiting):
        return _circle(ring)
    if not waiting:
        return "a run hung with no call open: it waits for something inside the process"
    shown_calls = listed(map(_call, waiting[:12]), len(waiting))
    return f"a run hung, waiting for {shown_calls}"


def _call(exchange: Exchange) -> str:
    faults = (
        f", under the fault {listed(map(quoted, exchange.faults), len(exchange.faults))}" if exchange.faults else ""
    )
    return f"{exchange.call.kind} {quoted(exchange.call.name)} (called at {exchange.at_s:g} s{faults})"


def _calls(waiting: Sequence[Exchange]) -> str:
    return "1 call is" if len(waiting) == 1 else f"{len(waiting)} calls are"


def _circle(ring: Sequence[str]) -> str:
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return listed((f"{quoted(one)} waits for {quoted(other)}" for one, other in pairs), len(ring))


def _ring(waiting: Sequence[Exchange]) -> list[str]:
    """Agents of which each waits for the next, and the last for the first; empty if there are none such.

    Who waits for nobody in a ring is taken away until nothing changes; what is left leads round.
    """
    waits_for: dict[str, dict[str, None]] = {}
    awaited_by: dict[str, list[str]] = {}
    for exchange in waiting:
        call = exchange.call
        if call.kind == "agent" and call.agent and call.name not in waits_for.setdefault(call.agent[-1], {}):
            waits_for[call.agent[-1]][call.name] = None
            awaited_by.setdefault(call.name, []).append(call.agent[-1])
    free = [agent for agent in awaited_by if agent not in waits_for]
    while free:
        agent = free.pop()
        for waiter in awaited_by.get(agent, ()):
            waits_for[waiter].pop(agent)
            if not waits_for[waiter]:
                del waits_for[waiter]
                free.append(waiter)
    return _walk(waits_for)


def _walk(waits_for: dict[str, dict[str, None]]) -> list[str]:
    """Along those of whom each waits for another of them, until somebody comes again."""
    seen: dict[str, int] = {}
    agent = next(iter(waits_for), None)
    while agent is not None and agent not in seen:
        seen[agent] = len(seen)
        agent = next(iter(waits_for[agent]))
    return [] if agent is None else list(seen)[seen[agent] :]
