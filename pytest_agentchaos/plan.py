"""A plan: everything that one trial needs, so that it can be run here, in another process, or a year later."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any

from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest
from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.run import ENDS
from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.invariants.registry import registered
from pytest_agentchaos.observation import Observe
from pytest_agentchaos.schedule import Schedule, schedule_from_data, schedule_to_data
from pytest_agentchaos.system import System

STUCK_S = 60.0
"""Real seconds without an end after which a trial is stuck: time is virtual, so it computes and never waits."""


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
            schedule_from_data(list(data.get("schedule", ()))),
            int(data.get("seed", 0)),
            tuple(invariant_from_data(one) for one in data.get("invariants", ())),
            tuple(data.get("expect", ())),
            str(data.get("scenario", "")),
        )


def invariant_to_data(invariant: Invariant) -> Any:
    """``name`` or ``{name: parameters}``, as a scenario file writes it; its parameters must be plain data."""
    make: type = type(invariant)
    known = registered().get(make.__name__)
    name = make.__name__ if known is make else f"{make.__module__}:{make.__qualname__}"
    if not is_dataclass(invariant):
        return name
    given = {one.name: getattr(invariant, one.name) for one in fields(invariant) if one.init}
    usual = {one.name: one.default for one in fields(invariant)}
    told = {key: _plain(value) for key, value in given.items() if value != usual[key]}
    return {name: told} if told else name


def invariant_from_data(data: Any) -> Invariant:
    """The invariant that ``name`` or ``{name: parameters}`` asks for; parameters are a mapping or a list."""
    name, parameters = next(iter(data.items())) if isinstance(data, Mapping) and len(data) == 1 else (data, None)
    if not isinstance(name, str):
        msg = f"{data!r} is no invariant; write its name, or {{at_most: {{metric: steps, limit: 40}}}}"
        raise UsageError(msg)
    make = _maker(name)
    try:
        if isinstance(parameters, Mapping):
            made: Invariant = make(**parameters)
        elif isinstance(parameters, Sequence) and not isinstance(parameters, str):
            made = make(*parameters)
        else:
            made = make() if parameters is None else make(parameters)
    except (TypeError, ValueError) as error:
        msg = f"{name}: {error}"
        raise UsageError(msg) from error
    return made


def _maker(name: str) -> Any:
    known = registered()
    if name in known:
        return known[name]
    module, colon, attribute = name.partition(":")
    if not colon:
        msg = f"there is no invariant {name!r}; {nearest(name, known)} (one of your own: module:name)"
        raise UnknownNameError(msg)
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        msg = f"there is no invariant {name!r}: {error}"
        raise UnknownNameError(msg) from error
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return value if value is None or isinstance(value, (str, int, float, bool)) else repr(value)
