"""A plan: everything that one trial needs, so that it can be run here, in another process, or a year later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest
from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.run import ENDS
from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.observation import Observe
from pytest_agentchaos.questions import effect_to_data, invariant_from_data, invariant_to_data
from pytest_agentchaos.schedule import Schedule, schedule_from_data, schedule_to_data
from pytest_agentchaos.system import System

STUCK_S = 60.0
"""Real seconds without an end after which a trial is stuck: time is virtual, so it computes and never waits."""
STUCK_LIVE_S = 900.0
"""The same where time is real."""
Mode = Literal["sim", "live"]
"""In virtual time and in one process, or in real time and with whatever processes the system has."""


@dataclass(frozen=True)
class Plan:
    """One trial: which system takes which journey under which faults and seed, and what is asked of it."""

    system: System
    journey: Any = None
    """None: the system's own first one."""
    schedule: Schedule = ()
    seed: int = 0
    invariants: tuple[Invariant, ...] = ()
    """None: the usual ones, as far as the system declares what they need."""
    expect: tuple[str, ...] = ()
    """How the journey may end (words of ``evidence.run.ENDS``); empty: in any way."""
    scenario: str = ""
    """The scenario that it belongs to."""
    stuck_s: float = STUCK_S
    observe: Observe | None = None
    """What an exploration wants to know of the trial; it changes nothing in it."""
    sometimes: tuple[Any, ...] = ()
    """What is to be true in some trial, as :func:`condition_from_data` reads it."""
    effects: tuple[Effect, ...] = ()
    """What tools do to the world, for a system that does not declare it."""
    if_unfired: Literal["invalid", "skip"] = "invalid"
    """What a trial is in which a fault never fires; ``skip``: the system may make no such call."""
    mode: Mode = "sim"

    def __post_init__(self) -> None:
        for word in self.expect:
            if word not in ENDS:
                msg = f"expect={word!r}: a journey cannot end so; {nearest(word, ENDS)}"
                raise UnknownNameError(msg)

    @cached_property
    def id(self) -> str:
        """Names it: the same plan has the same name anywhere."""
        return hashlib.blake2b(encode(dump(self.to_data())), digest_size=8).hexdigest()

    def to_data(self) -> dict[str, Any]:
        """As plain data; what is as usual is left out."""
        told: dict[str, Any] = {"system": self.system.text}
        if self.scenario:
            told["scenario"] = self.scenario
        if self.journey is not None:
            told["journey"] = self.journey
        told |= {"schedule": schedule_to_data(self.schedule), "seed": self.seed}
        if self.invariants:
            told["invariants"] = [invariant_to_data(one) for one in self.invariants]
        if self.expect:
            told["expect"] = list(self.expect)
        if self.sometimes:
            told["sometimes"] = list(self.sometimes)
        if self.effects:
            told["effects"] = [effect_to_data(one) for one in self.effects]
        if self.if_unfired != "invalid":
            told["if_unfired"] = self.if_unfired
        if self.mode != "sim":
            told["mode"] = self.mode
        return told

    @classmethod
    def from_data(cls, data: Any, *, system: System | None = None) -> Plan:
        """The plan that :meth:`to_data` told of; ``system`` takes the place of the one that it names."""
        if not isinstance(data, Mapping) or "system" not in data:
            msg = f"{str(data)[:80]!r} is no plan of a trial: it has no 'system'"
            raise UsageError(msg)
        return cls(
            System.of(str(data["system"])) if system is None else system,
            data.get("journey"),
            schedule_from_data(_list(data, "schedule")),
            _seed(data.get("seed", 0)),
            tuple(invariant_from_data(one) for one in _list(data, "invariants")),
            tuple(_list(data, "expect")),
            str(data.get("scenario", "")),
            sometimes=tuple(_list(data, "sometimes")),
            effects=tuple(map(Effect.of, _list(data, "effects"))),
            if_unfired="skip" if data.get("if_unfired") == "skip" else "invalid",
            mode="live" if data.get("mode") == "live" else "sim",
        )


def _list(data: Mapping[str, Any], name: str) -> list[Any]:
    value = data.get(name, ())
    if not isinstance(value, (list, tuple)):
        msg = f"the plan's {name!r} is {value!r}; a list is due"
        raise UsageError(msg)
    return list(value)


def _seed(value: Any) -> int:
    if type(value) is not int:
        msg = f"the plan's 'seed' is {value!r}; a whole number is due"
        raise UsageError(msg)
    return value
