"""An observation: what an exploration has to know of a trial - its sites, the state at each, what could happen there.

It is plain data in the result, so that a trial may run in another process, or have run yesterday.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

from pytest_agentchaos import rng
from pytest_agentchaos.evidence.canonical import dump, encode, told
from pytest_agentchaos.evidence.effects.executions import executions
from pytest_agentchaos.evidence.effects.ledger import ledger
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.faults.base import Fault, Situation
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.trial import Trial

Saw = Literal["ok", "retryable", "fatal"]
_AGAIN = frozenset({408, 409, 425, 429})
_ERRORS, _BREAKDOWNS = 400, 500


@dataclass(frozen=True)
class Observe:
    """What is to be observed."""

    menu: tuple[Fault, ...] = ()
    """Which of these could act at a site is written down."""
    state: bool = False
    """Whether the state at each site is."""


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
        self._problem = ""

    def watch(self, state_digest: Callable[[], str] | None) -> None:
        """Begin; a system that offers no digest is known by what it has done to the world."""
        self._digest = state_digest
        self._trial.engine.watch = self._look

    def _look(self, flight: Flight) -> None:
        engine = self._trial.engine
        site = engine.history[flight.index].site
        seeded = partial(rng.stream, engine.seed, "observation", site)
        situation = Situation(flight.call, flight.request, flight.dialect, seeded, engine.clock.now_s(), 1)
        possible = tuple(at for at, fault in enumerate(self._observe.menu) if fault.inapplicable(situation) is None)
        self._seen.append(Seen(str(site), self._state() if self._observe.state else "", possible))

    def _state(self) -> str:
        if self._digest is not None:
            try:
                return str(self._digest())
            except Exception as error:  # noqa: BLE001 - it is the user's: it may raise anything
                self._problem = self._problem or f"state_digest() failed: {told(error)}"
                return ""
        entries = self._trial.history.view(ledger).entries
        standing = [(entry.effect, entry.key, entry.id, entry.stands) for entry in entries]
        return hashlib.blake2b(encode(dump([list(map(str, one)) for one in standing])), digest_size=8).hexdigest()

    def to_data(self) -> dict[str, Any]:
        """As plain data: the sites in order, and for each rule of the schedule what became of the call that it met."""
        calls: dict[int, Exchange] = {exchange.index: exchange for exchange in self._trial.history.calls()}
        by_site = {str(exchange.site): exchange for exchange in calls.values()}
        told_of: dict[str, Any] = {"sites": [[one.site, one.state, list(one.menu)] for one in self._seen]}
        sites = [tally.rule.selector.site for tally in self._trial.engine.tallies]
        met = [by_site.get(site) if site is not None else None for site in sites]
        told_of["became"] = ["" if exchange is None else became(exchange) for exchange in met]
        if self._problem:
            told_of["problem"] = self._problem
        return told_of


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
