"""Rates of groups of trials: what counts, what is counted apart, and what that says about the rate behind it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pytest_agentchaos.evidence.exploration import KIND
from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.row import COUNTED, Row
from pytest_agentchaos.reporting.report import Rate, Square
from pytest_agentchaos.statistics.intervals import clopper_pearson

WORST = ("fail", "unknown", "infrastructure", "invalid", "inapplicable", "pass")
"""Statuses, the one to look at first."""

EXPLORATION = KIND
"""The kind of results of those who try every fault at every call."""

_RANK = {status: place for place, status in enumerate(WORST)}


@lru_cache(maxsize=50_000)
def rate(successes: int, runs: int) -> Rate:
    """So many of so many, with its exact bounds."""
    return Rate(successes, runs, *clopper_pearson(successes, runs))


class Tally:
    """The trials of one group: how many of each status, and one to look at."""

    __slots__ = ("_best", "counts", "trial")

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.trial = ""
        """A failing one if there is any, and one whose history was kept if there is."""
        self._best = (len(WORST), True)

    def add(self, row: Row) -> None:
        """One more."""
        self.counts[row.status] = self.counts.get(row.status, 0) + 1
        if (place := (_RANK[row.status], not row.history)) < self._best:
            self._best, self.trial = place, row.trial

    def merge(self, other: Tally) -> None:
        """All of another group."""
        for status, count in other.counts.items():
            self.counts[status] = self.counts.get(status, 0) + count
        if other._best < self._best:
            self._best, self.trial = other._best, other.trial

    @property
    def rate(self) -> Rate:
        """Of those that say something of the system."""
        return rate(self.counts.get("pass", 0), sum(self.counts.get(status, 0) for status in COUNTED))

    @property
    def worst_first(self) -> tuple[float, int, int]:
        """Sorts groups: the lowest rate, then the most failures, then the most trials that prove nothing."""
        value = self.rate.value
        proven = sum(self.counts.get(status, 0) for status in COUNTED)
        return (2.0 if value is None else value), -self.counts.get("fail", 0), proven - sum(self.counts.values())

    def square(self, grade: str = "") -> Square:
        """As a cell of a matrix."""
        count = self.counts.get
        return Square(
            self.rate,
            failed=count("fail", 0),
            unknown=count("unknown", 0),
            unfired=count("invalid", 0),
            inapplicable=count("inapplicable", 0),
            infrastructure=count("infrastructure", 0),
            grade=grade,
            trial=self.trial,
        )


def is_searched(gathered: Gathered, row: Row) -> bool:
    """Whether it is a trial of an exploration whose fault found nothing to act on: part of the search, and no doubt."""
    return gathered.is_searched(row)


def tally(rows: Iterable[Row]) -> Tally:
    """Of all of them."""
    told = Tally()
    for row in rows:
        told.add(row)
    return told
