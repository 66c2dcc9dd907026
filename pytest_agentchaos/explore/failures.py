"""Failures: those that have one cause stand together, the smallest schedule first, ready to be seen again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_agentchaos.evidence.canonical import encode
from pytest_agentchaos.evidence.compact import replay_line
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.explore import paste
from pytest_agentchaos.explore.menu import label
from pytest_agentchaos.explore.reductions import sites
from pytest_agentchaos.explore.search import Search, Tried, why
from pytest_agentchaos.explore.shown import call
from pytest_agentchaos.plan import Plan

FOLDER = "scenarios"
"""Where ready-made scenario files are written."""

_VERIFIED = 20
"""For so many causes it is made sure, by one more trial, that the scenario fails in the same way."""


@dataclass(frozen=True)
class Failure:
    """One cause, by the smallest schedule that shows it."""

    invariant: str
    calls: tuple[str, ...]
    """The sorts of calls at which it strikes."""
    tried: Tried
    plan: Plan
    faults: tuple[str, ...]
    """The faults of all schedules with this cause, as the menu calls them."""
    schedules: int
    """How many schedules have this cause."""
    by_audit: bool
    """Only the audit has found it."""
    replay: str
    """A line for a shell; empty if the system has no address, or the line would carry a secret."""
    scenario: str
    """The text of a scenario file."""
    file: Path | None = None
    """Where it stands."""

    @property
    def result(self) -> Result:
        """Of the smallest schedule."""
        return self.tried.result

    def to_data(self) -> dict[str, object]:
        """As JSON; whoever prints it hides secrets."""
        return {
            "invariant": self.invariant,
            "why": self.result.why,
            "trial": self.result.trial,
            "schedule": self.result.schedule,
            "calls": [call(spot.site) for spot in self.tried.spots],
            "sorts": list(self.calls),
            "faults": list(self.faults),
            "schedules": self.schedules,
            "by_audit": self.by_audit,
            "replay": self.replay,
            "scenario": self.scenario,
            "file": None if self.file is None else self.file.name,
        }


def failures(search: Search, folder: Path | None) -> tuple[Failure, ...]:
    """What fails, grouped by cause, in the order in which it was found."""
    found = [_smallest(search, one) for one in tuple(search.tried.values()) if one.grade == "violated"]
    groups: dict[tuple[str, tuple[str, ...]], dict[frozenset[object], Tried]] = {}
    for one in sorted(found, key=lambda one: _order(search, one)):
        groups.setdefault(one.cause, {}).setdefault(frozenset(one.spots), one)
    told = [_failure(search, list(group.values()), folder, at) for at, group in enumerate(groups.values())]
    return tuple(told) if folder is None else tuple(_written(told, folder))


def _smallest(search: Search, tried: Tried) -> Tried:
    while (smaller := search.without_reason(tried.spots)) is not None:
        tried = smaller
    return tried


def _order(search: Search, tried: Tried) -> tuple[object, ...]:
    """Smaller ones first, then as the clean run meets their sites, then as the menu has the faults."""
    place = {one.site: at for at, one in enumerate(sites(search.clean.result))}
    return len(tried.spots), [(place.get(one.site, len(place)), one.site, one.fault) for one in tried.spots]


def _failure(search: Search, group: Sequence[Tried], folder: Path | None, at: int) -> Failure:
    first, asked = group[0], search.asked
    plan = asked.plan(asked.schedule(first.spots))
    invariant, calls = first.cause
    name = paste.scenario_name(invariant, plan.schedule)
    text = paste.scenario(
        _durable(search, first, plan) if at < _VERIFIED else plan,
        name=name,
        summary=why(first.result),
        sites=[spot.site for spot in first.spots],
    )
    return Failure(
        invariant=invariant,
        calls=calls,
        tried=first,
        plan=plan,
        faults=tuple(dict.fromkeys(" + ".join(label(asked.menu[spot.fault]) for spot in one.spots) for one in group)),
        schedules=len(group),
        by_audit=all(one.audited for one in group),
        replay=replay_line(first.result, folder) if plan.system.has_address else "",
        scenario=text,
    )


def _durable(search: Search, tried: Tried, plan: Plan) -> Plan:
    """The plan with its calls in words instead of sites, if it fails in the same way so."""
    worded = replace(plan, schedule=paste.in_words(plan.schedule, sites(tried.result)), observe=None)
    result = search.run_one(worded)
    same = {one.invariant for one in result.failed} == {one.invariant for one in tried.result.failed}
    return worded if same and result.status == "fail" else plan


def _written(told: Iterable[Failure], folder: Path) -> Iterable[Failure]:
    """Each scenario into a file of its own; two of one name get numbers."""
    home = folder / FOLDER
    taken: set[str] = set()
    for one in told:
        name = base = paste.scenario_name(one.invariant, one.plan.schedule)
        number = 1
        while name in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name)
        home.mkdir(parents=True, exist_ok=True)
        file = home / f"{name}.chaos.yaml"
        file.write_bytes(encode(one.scenario))
        yield replace(one, file=file)
