"""What an exploration is asked for: a system, how deep, which faults at which calls, and what must hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.observation import Observe
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import Schedule, Selector, on, rule
from pytest_agentchaos.system import System

REDUCTIONS = frozenset({"R1", "R2"})
"""Masked before, and alike: see ``reductions``."""


class Spot(NamedTuple):
    """One fault of the menu at one site."""

    site: str
    fault: int


Spots = tuple[Spot, ...]
"""A schedule, in the order in which its sites are reached."""


@dataclass(frozen=True)
class Asked:
    """Everything that decides what an exploration finds; nothing else does."""

    system: System
    menu: tuple[Fault, ...]
    journey: Any = None
    depth: int = 1
    on: tuple[Selector, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    expect: tuple[str, ...] = ()
    sometimes: tuple[Any, ...] = ()
    seed: int = 0
    audit: float = 0.1
    budget_trials: int | None = None
    reductions: frozenset[str] = REDUCTIONS
    """Without one of them, more is run: for measuring what it loses."""

    def __post_init__(self) -> None:
        if type(self.depth) is not int or self.depth < 1:
            msg = f"depth={self.depth!r}: give how many faults strike one trial at most, 1 or more"
            raise UsageError(msg)
        if not 0 <= self.audit <= 1:
            msg = f"audit={self.audit!r}: give the share of what was pruned that is run after all, from 0 to 1"
            raise UsageError(msg)
        if self.budget_trials is not None and (type(self.budget_trials) is not int or self.budget_trials < 1):
            msg = f"budget_trials={self.budget_trials!r}: give a number of trials, 1 or more"
            raise UsageError(msg)
        for selector in self.on:
            _every_call(selector)

    @cached_property
    def observe(self) -> Observe:
        """The same in every trial, so that a deeper exploration can go on with what a shallower one has kept."""
        return Observe(self.menu, state=True, on=self.on)

    def schedule(self, spots: Spots) -> Schedule:
        """These faults, each at exactly one site."""
        return tuple(rule(self.menu[spot.fault], on.site(spot.site)) for spot in spots)

    def plan(self, schedule: Schedule = (), *, purpose: str = "", observe: Observe | None = None) -> Plan:
        """A trial. One with a purpose is run even if there is another like it."""
        return Plan(
            self.system,
            self.journey,
            schedule,
            self.seed,
            invariants=self.invariants,
            expect=self.expect,
            scenario=purpose,
            sometimes=self.sometimes,
            observe=self.observe if observe is None else observe,
        )


def _every_call(selector: Selector) -> None:
    for field in ("nth", "times", "between", "probability", "site"):
        if getattr(selector, field) is not None:
            msg = (
                f"on={selector}: an exploration tries every call of a sort, so {field}= has no meaning here;"
                " select by name, target, agent or writes"
            )
            raise UsageError(msg)


def expected(words: str | Iterable[str]) -> tuple[str, ...]:
    """One word, or several."""
    return (words,) if isinstance(words, str) else tuple(words)
