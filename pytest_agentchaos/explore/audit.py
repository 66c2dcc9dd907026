"""The audit: some of what was left out is run after all, and the chance of a miss is told beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, lgamma
from typing import TypeVar

from pytest_agentchaos import rng

T = TypeVar("T")

ASKED = (1, 5, 20)
"""Had so many of those that were left out been failing ones: the chance that the audit would have met one."""
_SURE = 0.95


def sample(pruned: Sequence[T], share: float, most: int, *names: object, seed: int) -> list[T]:
    """A seeded share of them, in their order; at most so many."""
    count = min(ceil(len(pruned) * share), most, len(pruned))
    chosen = rng.stream(seed, "audit", *names).sample(range(len(pruned)), count)
    return [pruned[at] for at in sorted(chosen)]


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found."""

    run: int
    of: int
    """So many were left out."""
    misses: int = 0
    """Failing ones at calls where nothing else failed in this way."""
    variants: int = 0
    """Failing ones whose sites and cause are known from others: what the fault classes leave out on purpose."""

    def chance(self, misses: int) -> float:
        """That a sample of this size meets at least one of so many misses (without replacement, so exactly)."""
        return 1 - self._chance_to_meet(0, min(misses, self.of))

    @property
    def bound(self) -> int:
        """With more misses than this among all, an audit would have met more than this one did, in 95 % of cases."""
        low, high = self.misses, self.of
        while low < high:
            middle = (low + high + 1) // 2
            if sum(self._chance_to_meet(met, middle) for met in range(self.misses + 1)) >= 1 - _SURE:
                low = middle
            else:
                high = middle - 1
        return low

    def _chance_to_meet(self, met: int, misses: int) -> float:
        """Exactly so many, had there been so many misses."""
        if met > misses or self.run - met > self.of - misses:
            return 0.0
        ways = _log_ways(misses, met) + _log_ways(self.of - misses, self.run - met)
        return exp(ways - _log_ways(self.of, self.run))

    def to_data(self) -> dict[str, object]:
        """As JSON."""
        return {
            "run": self.run,
            "of": self.of,
            "misses": self.misses,
            "variants": self.variants,
            "bound_95": self.bound,
            "chance_to_meet_one_of": {str(misses): round(self.chance(misses), 4) for misses in ASKED},
        }


def _log_ways(of: int, chosen: int) -> float:
    """The logarithm of how many ways there are to choose; the numbers themselves have thousands of digits."""
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)
