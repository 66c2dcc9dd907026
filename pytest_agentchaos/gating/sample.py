"""A sample: the trials that a rule looks at, whole or journey by journey, with their counterparts in a baseline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.gating.pairs import Pair
from pytest_agentchaos.gating.shape import Rule, Where

ALL = "all"
NO_COUNTERPART = "no such trial has its counterpart in the baseline"
NO_FAULT = "no fault"
"""The cell of trials in which the world was as it should be."""


@dataclass(frozen=True)
class Sample:
    """Trials that say something, and those that do not; a trial whose calls the system never makes is in none."""

    rows: tuple[Row, ...]
    baseline: tuple[Row, ...] = ()
    pairs: tuple[Pair, ...] | None = None
    """None: the runs cannot be paired."""

    @cached_property
    def counted(self) -> tuple[Row, ...]:
        """The candidate's that say something of it."""
        return tuple(row for row in self.rows if row.counted)

    @cached_property
    def counted_baseline(self) -> tuple[Row, ...]:
        """The baseline's."""
        return tuple(row for row in self.baseline if row.counted)


def cells(rule: Rule, sample: Sample) -> dict[str, Sample]:
    """The parts of it that the rule judges, by name; none if the rule selects nothing."""
    sample = _where(rule.where, sample)
    if rule.by == "none":
        return {ALL: sample} if sample.rows else {}
    names = _names(rule.by)
    rows, baseline = _split(sample.rows, names), _split(sample.baseline, names)
    pairs: dict[str, list[Pair]] = defaultdict(list)
    for one in sample.pairs or ():
        for name in names(one[1]):
            pairs[name].append(one)
    found = sorted(rows.keys() | (baseline.keys() if rule.compares else set()))
    return {
        name: Sample(
            tuple(rows.get(name, ())),
            tuple(baseline.get(name, ())),
            None if sample.pairs is None else tuple(pairs.get(name, ())),
        )
        for name in found
    }


def _where(where: Where, sample: Sample) -> Sample:
    if where.is_empty:
        return sample
    return Sample(
        tuple(row for row in sample.rows if _is_in(where, row)),
        tuple(row for row in sample.baseline if _is_in(where, row)),
        None if sample.pairs is None else tuple(one for one in sample.pairs if _is_in(where, one[1])),
    )


def _is_in(where: Where, row: Row) -> bool:
    return (
        (where.journey is None or fnmatchcase(row.journey, where.journey))
        and (where.scenario is None or fnmatchcase(row.scenario, where.scenario))
        and (where.fault is None or any(fnmatchcase(fault, where.fault) for fault in row.faults))
    )


def _names(by: str) -> Callable[[Row], Iterable[str]]:
    if by == "journey":
        return lambda row: (row.journey,)
    if by == "scenario":
        return lambda row: (row.scenario or "no scenario",)
    return lambda row: dict.fromkeys(row.faults) or (NO_FAULT,)


def _split(rows: Iterable[Row], names: Callable[[Row], Iterable[str]]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for name in names(row):
            found[name].append(row)
    return found
