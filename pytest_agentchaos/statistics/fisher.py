"""Fisher's exact test: two rates, of runs that are not pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import exp, lgamma
from typing import Literal

from pytest_agentchaos.statistics.counts import check_counts

_NEGLIGIBLE = 1e-18
_SAME = 1 + 1e-9
"""Rounding must not make two equally likely tables different."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """All ways in which so many successes can fall on two systems."""

    runs: int
    base_runs: int
    successes: int
    """Of both."""

    @property
    def least(self) -> int:
        """The fewest that the candidate can have."""
        return max(0, self.successes - self.base_runs)

    @property
    def most(self) -> int:
        return min(self.runs, self.successes)

    @property
    def likeliest(self) -> int:
        mode = (self.runs + 1) * (self.successes + 1) // (self.runs + self.base_runs + 2)
        return min(self.most, max(self.least, mode))

    def chance(self, count: int) -> float:
        """That so many of them are the candidate's."""
        own, others = _choose(self.runs, count), _choose(self.base_runs, self.successes - count)
        return exp(own + others - _choose(self.runs + self.base_runs, self.successes))

    def up(self, begin: int) -> Iterator[float]:
        """The chances of so many and of each larger number."""
        chance = self.chance(begin)
        for count in range(begin, self.most + 1):
            yield chance
            chance *= (self.runs - count) * (self.successes - count)
            chance /= (count + 1) * (self.base_runs - self.successes + count + 1)

    def down(self, begin: int) -> Iterator[float]:
        """The chances of so many and of each smaller number."""
        chance = self.chance(begin)
        for count in range(begin, self.least - 1, -1):
            yield chance
            chance *= count * (self.base_runs - self.successes + count)
            chance /= (self.runs - count + 1) * (self.successes - count + 1)


def fisher(successes: int, runs: int, base_successes: int, base_runs: int, *, sides: Literal[1, 2] = 1) -> float:
    """The p-value of so few successes or fewer than the baseline has, were both rates the same.

    One-sided it asks whether the candidate is worse than the baseline; two-sided, whether it is different (all tables
    that are at most as likely count). It is exact and on the safe side: with few runs, a difference that Barnard's test
    sees (``unpaired_exact.exact_p``) can escape it.
    """
    check_counts(successes, runs)
    check_counts(base_successes, base_runs)
    tables = _Tables(runs, base_runs, successes + base_successes)
    middle = tables.likeliest
    if sides == 1:
        if successes <= middle:
            return min(1.0, _sum(tables.down(successes)))
        return 1.0 - _sum(tables.up(successes + 1)) if successes < tables.most else 1.0
    limit = tables.chance(successes) * _SAME
    ups = tables.up(middle + 1) if middle < tables.most else ()
    return min(1.0, _sum(_up_to(limit, tables.down(middle))) + _sum(_up_to(limit, ups)))


def _up_to(limit: float, chances: Iterable[float]) -> Iterator[float]:
    return (chance for chance in chances if chance <= limit)


def _sum(chances: Iterable[float]) -> float:
    """Of chances that fall; what comes after a negligible one is more so."""
    whole = 0.0
    for chance in chances:
        whole += chance
        if chance < whole * _NEGLIGIBLE:
            break
    return whole


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
