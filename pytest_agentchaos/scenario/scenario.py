"""A scenario: faults, a system and its journeys, and what must hold; from it come the plans of its trials."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pytest_agentchaos.document import Node
from pytest_agentchaos.errors import UsageError, nearest
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.plan import Mode, Plan
from pytest_agentchaos.problems import Problems
from pytest_agentchaos.schedule import Schedule
from pytest_agentchaos.system import System

SUFFIX = ".chaos.yaml"
_USUAL = "usual"
"""The case of a system that does not say what its journeys are called."""
_CHARACTERS = 60


class Case(NamedTuple):
    """One trial of a scenario, by its name: ``weekend-in-lisbon-seconds=5``, ``weekend-in-lisbon[trial2]``."""

    name: str
    plan: Plan


@dataclass(frozen=True)
class Variant:
    """A scenario with the values of its matrix filled in."""

    values: Mapping[str, Any]
    system: str | None
    journeys: tuple[Any, ...]
    schedule: Schedule
    invariants: tuple[Invariant, ...]
    expect: tuple[str, ...]
    sometimes: tuple[Any, ...]
    effects: tuple[Effect, ...]
    trials: int | None
    seed: int
    if_unfired: Literal["invalid", "skip"]
    mode: Mode
    node: Node = field(repr=False, compare=False)
    """What the file says, with its lines."""

    @property
    def label(self) -> str:
        """The values by which it differs from others of its file: ``seconds=5``; empty without a matrix."""
        return "-".join(f"{name}={_slug(value)}" for name, value in self.values.items())

    def plan(self, scenario: str, system: System, journey: Any, seed: int, *, mode: Mode | None = None) -> Plan:
        """One trial of it."""
        return Plan(
            system,
            journey,
            self.schedule,
            seed,
            self.invariants,
            self.expect,
            scenario,
            sometimes=self.sometimes,
            effects=self.effects,
            if_unfired=self.if_unfired,
            mode=mode or self.mode,
        )


@dataclass(frozen=True)
class Scenario:
    """What one file says."""

    name: str
    path: Path
    variants: tuple[Variant, ...]
    """One, unless there is a matrix."""
    summary: str = ""
    incident: str = ""
    tags: tuple[str, ...] = ()

    def plans(
        self, *, seed: int = 0, trials: int | None = None, system: str | System | None = None
    ) -> tuple[Plan, ...]:
        """The plans of all its trials; ``trials`` and ``system`` take the place of what the file says."""
        return tuple(case.plan for case in self.cases(seed=seed, trials=trials, system=system))

    def cases(  # noqa: PLR0913 - what may take the place of what the file says, all by keyword
        self,
        *,
        seed: int = 0,
        trials: int | None = None,
        system: str | System | None = None,
        usual_trials: int = 1,
        resolve: bool = True,
        mode: Mode | None = None,
    ) -> tuple[Case, ...]:
        """The same plans, each by its name; ``usual_trials`` holds where nobody says how many.

        ``mode`` takes the place of what the file says.

        With ``resolve=False`` the systems are not looked for, and plans know them by their texts only.
        """
        problems = Problems()
        systems = Systems(system, resolve=resolve)
        cases: list[Case] = []
        taken: set[str] = set()
        for variant in self.variants:
            made = systems.of(variant.node, problems)
            if made is None:
                continue
            for name, journey in _journeys(variant.journeys or systems.usual(made)):
                name = _free("-".join(filter(None, (name, variant.label))), taken)  # noqa: PLW2901 - its whole name
                count = trials or variant.trials or usual_trials
                for number in range(count):
                    which = name if count == 1 else f"{name}[trial{number}]"
                    plan = variant.plan(self.name, made, journey, seed + variant.seed + number, mode=mode)
                    cases.append(Case(which, plan))
        problems.stop()
        return tuple(cases)


class Systems:
    """The systems that scenarios name, each found once."""

    def __init__(self, instead: str | System | None = None, *, resolve: bool = True) -> None:
        self._instead = instead
        self._resolve = resolve
        self._journeys: dict[str, tuple[str, ...]] = {}

    def of(self, node: Node, problems: Problems) -> System | None:
        """The system of a variant, if it is there and knows the journeys."""
        told = node.get("system")
        asked = self._instead or (told.value if told is not None else None)
        if asked is not None and not isinstance(asked, (str, System)):
            return None  # the shape of the file says so
        if not self._resolve:
            return asked if isinstance(asked, System) else System(asked or "", _not_looked_for)
        if asked is None:
            text = "no system is named; add `system: module:factory`, or give one (--system, --agentchaos-system)"
            problems.add(node.place, "", text)
            return None
        try:
            system = System.of(asked)
        except UsageError as error:
            if self._instead is not None:
                raise
            problems.add(node.at(("system",)), "system", str(error))
            return None
        self._check(system, node, problems)
        return system

    def usual(self, system: System) -> tuple[Any, ...]:
        """The journey for whoever names none: the system's own first one."""
        return self._known(system)[:1] or (None,)

    def _check(self, system: System, node: Node, problems: Problems) -> None:
        journeys = node.get("journeys")
        for at, one in journeys.items() if journeys is not None else ():
            known = self._known(system) if isinstance(one.value, str) else ()
            if known and one.value not in known:
                text = f"{system.text} has no journey {one.value!r}; {nearest(one.value, known)}"
                problems.add(one.place, f"journeys[{at}]", text)

    def _known(self, system: System) -> tuple[str, ...]:
        if system.text not in self._journeys:
            try:
                self._journeys[system.text] = system.journeys()
            except (Exception, SystemExit):  # noqa: BLE001 - it does not start; each trial of it will say so
                self._journeys[system.text] = ()
        return self._journeys[system.text]


def _not_looked_for(chaos: object) -> None:
    msg = f"this system was not looked for: make its plan with resolve=True to run it ({chaos!r})"
    raise UsageError(msg)


def selected(cases: Sequence[Case], only: str) -> list[Case]:
    """The cases of that name, with all their trials unless it names one; a glob may stand for several."""
    from fnmatch import fnmatchcase

    exact = [case for case in cases if only in {case.name, case.name.partition("[trial")[0]}]
    return exact or [case for case in cases if fnmatchcase(case.name.partition("[trial")[0], only)]


def _journeys(journeys: tuple[Any, ...]) -> list[tuple[str, Any]]:
    return [(_journey_name(one, number), one) for number, one in enumerate(journeys, 1)]


def _journey_name(journey: Any, number: int) -> str:
    if journey is None:
        return _USUAL
    if isinstance(journey, Mapping):
        journey = journey.get("name")
    return _slug(journey) if isinstance(journey, str) and _slug(journey) else f"journey{number}"


def _slug(value: Any) -> str:
    """A value as a part of a name that a shell and pytest take as it is."""
    text = value if isinstance(value, str) else json.dumps(value)
    return re.sub(r"[^\w.+-]+", "-", text).strip("-_")[:_CHARACTERS].rstrip("-_")


def _free(name: str, taken: set[str]) -> str:
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free
