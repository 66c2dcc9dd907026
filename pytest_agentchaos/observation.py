"""An observation: what an exploration has to know of a trial - its sites, the state at each, what could happen there.

It is plain data in the result, so that a trial may run in another process, or have run yesterday. Sites before the
last fault of the schedule are only named: nothing is asked of them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

from pytest_agentchaos import rng
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.canonical import dump, encode, told
from pytest_agentchaos.evidence.effects.executions import executions
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.lines import comparable
from pytest_agentchaos.evidence.op import ENDINGS
from pytest_agentchaos.evidence.site import Site
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.schedule import Selector
from pytest_agentchaos.trial import Trial

Saw = Literal["ok", "retryable", "fatal"]
_AGAIN = frozenset({408, 409, 425, 429})
_ERRORS, _BREAKDOWNS = 400, 500
_OP_CHARACTERS = 160
"""Of the text of an op; what follows is in its digest."""


@dataclass(frozen=True, repr=False)
class Observe:
    """What is to be observed."""

    menu: tuple[Fault, ...] = ()
    """Which of these could act at a site is written down."""
    state: bool = False
    """Whether the state at each site is."""
    on: tuple[Selector, ...] = ()
    """Only at calls of one of these sorts; none: at all."""
    ops: bool = False
    """Whether each op is, shortened, so that two trials can be compared without their histories."""

    def __repr__(self) -> str:
        """Two that ask the same have the same text; a menu may be long, so that it is told by its digest."""
        asked = "\n".join([*map(str, self.menu), str(self.state), *map(str, self.on), str(self.ops)])
        return f"Observe({len(self.menu)} faults, {_short_digest(asked)})"


class Seen(NamedTuple):
    """One call that set out."""

    site: str
    state: str
    """A digest of what decides what comes next; empty if nobody asked."""
    menu: tuple[int, ...]
    """The faults of the menu that could act on it, by number."""


class Observer:
    """Observes one trial."""

    def __init__(self, observe: Observe, trial: Trial) -> None:
        self._observe = observe
        self._trial = trial
        self._digest: Callable[[], str] | None = None
        self._seen: list[Seen] = []
        self._to_come = {tally.rule.selector.site for tally in trial.engine.tallies} - {None}
        self._answered = _Answered(trial.history)
        self._problem = ""

    def watch(self, state_digest: Callable[[], str] | None) -> None:
        """Begin; a system that offers no digest is known by all that it was answered, and what it set off."""
        self._digest = state_digest
        self._trial.engine.watch = self._look

    def _look(self, flight: Flight) -> None:
        site = self._trial.engine.history[flight.index].site
        named = str(site)
        if self._to_come:
            self._to_come.discard(named)
            self._seen.append(Seen(named, "", ()))
        else:
            self._seen.append(Seen(named, self._state() if self._observe.state else "", self._possible(flight, site)))

    def _possible(self, flight: Flight, site: Site | None) -> tuple[int, ...]:
        """The faults of the menu that could act on this call."""
        asked, engine = self._observe, self._trial.engine
        if asked.on and not any(self._selects(one, flight.call) for one in asked.on):
            return ()
        seeded = partial(rng.stream, engine.seed, "observation", site)
        situation = engine.situation(flight, seeded)
        return tuple(at for at, fault in enumerate(asked.menu) if fault.inapplicable(situation) is None)

    def _selects(self, selector: Selector, call: Call) -> bool:
        return selector.matches(call) and selector.writes in {None, self._trial.engine.writes(call)}

    def _state(self) -> str:
        if self._digest is None:
            return self._answered.digest()
        try:
            return str(self._digest())
        except Exception as error:  # noqa: BLE001 - it is the user's: it may raise anything
            self._problem = self._problem or f"state_digest() failed: {told(error)}"
            return ""

    def to_data(self) -> dict[str, Any]:
        """As plain data: the sites in order, and for each rule of the schedule what became of the call that it met."""
        by_site = {str(exchange.site): exchange for exchange in self._trial.history.calls()}
        told_of: dict[str, Any] = {"sites": [[one.site, one.state, list(one.menu)] for one in self._seen]}
        sites = [tally.rule.selector.site for tally in self._trial.engine.tallies]
        met = [by_site.get(site) if site is not None else None for site in sites]
        told_of["became"] = ["" if exchange is None else became(exchange) for exchange in met]
        if self._observe.state:
            told_of["digest"] = self._digest is not None
        if self._observe.ops:
            told_of["ops"] = [_shortened(comparable(op, "sim")) for op in self._trial.history]
        if self._problem:
            told_of["problem"] = self._problem
        return told_of


class _Answered:
    """All that the callers of a trial were answered so far, and what their calls set off beyond that.

    Whoever was answered the same, call by call, does the same next, if nothing but the answers decides it.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._read = 0
        self._deliveries: Counter[int] = Counter()
        self._sum = 0

    def digest(self) -> str:
        """The same for two trials that were answered the same, in whatever order."""
        for index in range(self._read, len(self._history)):
            op = self._history[index]
            if op.of is None:
                continue
            if op.kind in ENDINGS:
                self._add(op.of, op.kind, dump(op.data))
            elif op.kind == "deliver":
                self._deliveries[op.of] += 1
                if self._deliveries[op.of] > 1:  # once is what happens without a fault, which writes none down
                    self._add(op.of, op.kind, "")
        self._read = len(self._history)
        return f"{self._sum % 2**64:016x}"

    def _add(self, of: int, kind: str, data: str) -> None:
        self._sum += int(_short_digest(f"{self._history[of].site}\n{kind}\n{data}"), 16)


def _short_digest(text: str) -> str:
    return hashlib.blake2b(encode(text), digest_size=8).hexdigest()


def _shortened(line: str) -> str:
    """The beginning of an op, and a digest of all of it."""
    return f"{line[:_OP_CHARACTERS]} #{_short_digest(line)}"


def became(exchange: Exchange) -> str:
    """What a fault made of a call: how often the callee did it, and what the caller saw: ``once, retryable``."""
    done = executions(exchange)
    count = len(done.sure) + done.maybe
    return f"{('none', 'once', 'twice')[min(count, 2)]}, {saw(exchange)}"


def saw(exchange: Exchange) -> Saw:
    """What the caller of a call saw of it."""
    if exchange.ending != "ok":
        return "retryable"  # it heard nothing, or not everything: nobody can tell it that it must not try again
    status = exchange.data.get("status")
    if isinstance(status, int) and status >= _ERRORS:
        return "retryable" if status in _AGAIN or status >= _BREAKDOWNS else "fatal"
    failed = exchange.data.get("failure") is not None or exchange.data.get("error") is not None
    return "fatal" if failed else "ok"
