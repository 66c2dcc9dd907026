"""Pairs: trials of a baseline and a candidate that differ in nothing but the system: one journey, schedule and seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from operator import attrgetter

from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.row import Row

Pair = tuple[Row, Row]
"""The baseline's, the candidate's."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What found its counterpart, and what did not."""

    pairs: tuple[Pair, ...]
    """Both of them say something of their system, in the order of the candidate."""
    excluded: tuple[Pair, ...] = ()
    """One of them says nothing: infrastructure, a fault that never fired, a call that is not made."""
    baseline_only: tuple[Row, ...] = ()
    candidate_only: tuple[Row, ...] = ()
    """Trials that say something, and have no counterpart at all."""

    @property
    def share(self) -> float:
        """Of the candidate's trials that say something, how many are in a pair; 0 if there are none."""
        found = len(self.pairs)
        alone = len(self.candidate_only) + sum(one.counted for _, one in self.excluded)
        return found / (found + alone) if found else 0.0

    @property
    def lost(self) -> tuple[Pair, ...]:
        """The baseline passes, the candidate does not."""
        return tuple(one for one in self.pairs if one[0].success and not one[1].success)

    @property
    def won(self) -> tuple[Pair, ...]:
        """The candidate passes, the baseline does not."""
        return tuple(one for one in self.pairs if one[1].success and not one[0].success)


def pair(baseline: Gathered, candidate: Gathered) -> Pairs:
    """Each trial of the candidate with at most one of the baseline.

    Where several trials are the same but for what was asked of them, those that were asked the same are taken first.
    """
    return pair_rows(baseline.rows, candidate.rows)


def pair_rows(baseline: Iterable[Row], candidate: Iterable[Row]) -> Pairs:
    """The same of rows."""
    candidates = list(candidate)
    partner: dict[int, Row] = {}
    left = _match(list(baseline), candidates, partner, attrgetter("pair", "case"))
    left = _match(left, candidates, partner, attrgetter("pair"))
    both = [(partner[at], row) for at, row in enumerate(candidates) if at in partner]
    return Pairs(
        tuple(one for one in both if one[0].counted and one[1].counted),
        tuple(one for one in both if not (one[0].counted and one[1].counted)),
        tuple(row for row in left if row.counted),
        tuple(row for at, row in enumerate(candidates) if at not in partner and row.counted),
    )


def _match(
    baseline: list[Row], candidates: list[Row], partner: dict[int, Row], key: Callable[[Row], Hashable]
) -> list[Row]:
    """Give those without one a partner of the same key, in order; what is left of the baseline."""
    if not baseline:
        return baseline
    waiting: dict[Hashable, list[Row]] = defaultdict(list)
    for row in reversed(baseline):
        waiting[key(row)].append(row)
    for at, row in enumerate(candidates):
        if at not in partner and (found := waiting.get(key(row))):
            partner[at] = found.pop()
    return [row for rows in waiting.values() for row in reversed(rows)]
