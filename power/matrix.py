"""The matrix: which bug is found by what, at which depth; and what is said of the system as it should be.

What fails on the system as it should be finds nothing: it is a false alarm.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from power.catalogue import Finder
from power.drills import DRILLS, WHOLE, Drill
from power.rows import RIGHT, Row
from pytest_agentchaos import faults, on
from pytest_agentchaos.campaign import Campaign
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.explore import Asked, carry_out
from pytest_agentchaos.explore.found import Found as Explored
from pytest_agentchaos.plan import Plan

MENU: Final = (
    faults.DropResponse(),
    faults.Duplicate(order="in_flight"),
    faults.LateDelivery(seconds=25),
    faults.Malformed(),
    faults.Crash(point="before_reply"),
    faults.Crash(of="callee", point="before_reply"),
)
"""What a budgeted exploration tries at each write; the scenarios do the rest."""
DEEPER: Final = (faults.DropResponse(),)
"""What it tries twice, where once has shown nothing."""
RECOVERED: Final = ("completed",)
"""How a journey ends in which one call was in trouble once."""


ENOUGH: Final = 3
"""So many scenarios that find a row are enough."""
AT_ONCE: Final = 16


@dataclass(frozen=True)
class Asking:
    """How much is asked."""

    seeds: int = 20
    """By which the system as it should be takes each scenario and each drill."""
    variants: bool = True
    """Whether all variants of a scenario are tried on what their first ones have not found."""
    depth: int = 2
    """How many faults an exploration combines; 0: none is made."""


@dataclass(frozen=True)
class Found:
    """What was found of one row."""

    row: Row
    scenarios: tuple[str, ...] = ()
    drills: tuple[str, ...] = ()
    explored: str = ""
    """The smallest schedule that shows it."""
    depth: int = 0
    """How many troubles it takes at least."""

    @property
    def is_found(self) -> bool:
        """By anything."""
        return bool(self.scenarios or self.drills or self.explored)


@dataclass(frozen=True)
class Matrix:
    """All rows."""

    found: tuple[Found, ...]
    alarms: tuple[str, ...]
    """What was said of the system as it should be."""
    trials: int
    checked: int
    """Trials of the system as it should be."""
    asking: Asking
    scenarios: int
    """So many were asked."""

    @property
    def ok(self) -> bool:
        """Everything is found, and nothing else."""
        return not self.alarms and all(one.is_found for one in self.found)

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        told = asdict(self) | {"ok": self.ok}
        told["found"] = [asdict(one) | {"name": one.row.name, "is_found": one.is_found} for one in self.found]
        return told


class Work:
    """Makes a matrix, on a campaign."""

    def __init__(
        self, campaign: Campaign, finders: Sequence[Finder], asking: Asking, drills: Sequence[Drill] = DRILLS
    ) -> None:
        self._campaign = campaign
        self._finders = tuple(finders)
        self._drills = tuple(drills)
        self._asking = asking
        self._trials = 0
        self._checked = 0
        self._alarms: dict[str, None] = {}
        self._depths = {one.name: one.depth for one in finders} | {one.name: one.depth for one in drills}

    def matrix(self, rows: Sequence[Row]) -> Matrix:
        """Of these rows."""
        good = self._good()
        found = {row: Found(row) for row in rows}
        self._ask_scenarios(found, good)
        self._ask_drills(found)
        self._explore(found)
        told = tuple(replace(one, depth=self._depth(one)) for one in found.values())
        return Matrix(told, tuple(self._alarms), self._trials, self._checked, self._asking, len(self._finders))

    # --- the system as it should be -----------------------------------------------------------------------------------

    def _good(self) -> list[Finder]:
        """The scenarios in which nothing is said of it: all variants by one seed, one variant by each other seed."""
        asked = [(one, one.on(RIGHT, at)) for one in self._finders for at in range(len(one.plans))]
        asked += [
            (one, one.on(RIGHT, seed, later=seed)) for seed in range(1, self._asking.seeds) for one in self._finders
        ]
        wrong = {one.name for one, result in self._check(asked) if result.status not in {"pass", "inapplicable"}}
        seeds = range(self._asking.seeds)
        deque(self._check([(one, plan) for seed in seeds for one in self._drills for plan in one.plans(seed=seed)]), 0)
        return [one for one in self._finders if one.name not in wrong]

    def _check(self, asked: Sequence[tuple[Any, Plan]]) -> Iterable[tuple[Any, Result]]:
        """What is said of it is an alarm."""
        for (finder, plan), result in zip(asked, self._run([plan for _, plan in asked]), strict=True):
            self._checked += 1
            if result.status == "fail" or (result.status not in {"pass", "inapplicable"} and _matters(finder)):
                self._alarms[f"{finder.name}, seed {plan.seed}: {result.status}: {result.why.splitlines()[0]}"] = None
            yield finder, result

    # --- systems that are wrong ---------------------------------------------------------------------------------------

    def _ask_scenarios(self, found: dict[Row, Found], finders: Sequence[Finder]) -> None:
        """Some of each family after the other, until enough of them have found a row.

        First one variant of each; then the others, on what none of them has found.
        """
        mixed = _mixed(finders)
        for first in range(0, len(mixed), AT_ONCE):
            left = [row for row, told in found.items() if len(told.scenarios) < ENOUGH]
            self._ask(found, [(row, one, one.on(row)) for row in left for one in mixed[first : first + AT_ONCE]])
        if self._asking.variants:
            left = [row for row, told in found.items() if not told.scenarios]
            others = [(one, at) for one in finders for at in range(1, len(one.plans))]
            self._ask(found, [(row, one, one.on(row, at)) for row in left for one, at in others])

    def _ask(self, found: dict[Row, Found], asked: Sequence[tuple[Row, Finder, Plan]]) -> None:
        for (row, finder, _), result in zip(asked, self._run([plan for *_, plan in asked]), strict=True):
            told = found[row]
            if result.status == "fail" and finder.name not in told.scenarios:
                found[row] = replace(told, scenarios=(*told.scenarios, finder.name))

    def _ask_drills(self, found: dict[Row, Found]) -> None:
        asked = [
            (row, one, plan)
            for row in found
            for one in self._drills
            if row.what in one.finds
            for plan in plans_of(one, row)
        ]
        for (row, drill, _), result in zip(asked, self._run([plan for *_, plan in asked]), strict=True):
            told = found[row]
            if result.status == "fail" and drill.name not in told.drills:
                found[row] = replace(told, drills=(*told.drills, drill.name))

    def _explore(self, found: dict[Row, Found]) -> None:
        """Of the bugs only: a safeguard is missed in more than one place."""
        if not self._asking.depth:
            return
        right = self._explored(RIGHT, 1)
        self._alarms |= {f"exploration: {one.result.why}": None for one in right.failures}
        for row, told in found.items():
            if not row.bug:
                continue
            explored = self._explored(row, 1)
            if not explored.failures and self._asking.depth > 1:
                explored = self._explored(row, self._asking.depth)
            if explored.failures:
                found[row] = replace(told, explored=_told(explored))

    def _explored(self, row: Row, depth: int) -> Explored:
        menu = MENU if depth == 1 else DEEPER
        asked = Asked(row.on(), menu, depth=depth, on=(on.write(),), invariants=WHOLE, expect=RECOVERED, audit=0.0)
        explored = carry_out(asked, self._campaign)
        self._trials += explored.trials
        return explored

    # --- both ---------------------------------------------------------------------------------------------------------

    def _run(self, plans: Sequence[Plan]) -> Iterable[Result]:
        self._trials += len(plans)
        return self._campaign.run(plans)

    def _depth(self, found: Found) -> int:
        depths = [self._depths[name] for name in (*found.scenarios, *found.drills)]
        return min([*depths, *([found.explored.count(" + ") + 1] if found.explored else [])], default=0)


def _mixed(finders: Sequence[Finder]) -> list[Finder]:
    """The first of each family, the second of each, ..."""
    places: Counter[str] = Counter()
    order = {}
    for finder in finders:
        family, _, _ = finder.name.partition("/")
        order[finder.name] = (places[family], family)
        places[family] += 1
    return sorted(finders, key=lambda finder: order[finder.name])


def plans_of(drill: Drill, row: Row) -> tuple[Plan, ...]:
    """A drill on a system that is wrong in this way."""
    return drill.plans(row.bug, off=(row.off,) if row.off else ())


def _matters(finder: Finder | Drill) -> bool:
    """A drill asks a precise question, of which by some seeds nobody knows the answer."""
    return isinstance(finder, Finder)


def _told(explored: Explored) -> str:
    """The first of its failures, in a few words."""
    first = min(explored.failures, key=lambda one: len(one.tried.spots))
    return " + ".join(
        f"{rule.fault.name} at {rule.selector.site.split('|')[3]}" for rule in first.plan.schedule if rule.selector.site
    )
