"""Figures as estimates: means and quantiles of what trials took, and their ratios to the baseline's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, inf, log, sqrt
from statistics import NormalDist
from typing import Final

from pytest_agentchaos.gating.estimate import ByBounds, Method
from pytest_agentchaos.statistics.beta import beta_quantile, binomial_cdf
from pytest_agentchaos.statistics.eprocess import against_at_least

FEWEST: Final = 10
"""Values; a mean of fewer has no bound that anybody should trust."""
_TUNED_N: Final = 100
"""Trials at which the bounds over all looks are narrowest."""
_STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class Mean(ByBounds):
    """A mean, or a ratio of means, by its standard error.

    ``on_log``: bounds are made on the logarithm, since what takes long can take very long.
    """

    center: float
    """The value, or its logarithm."""
    error: float
    n: int
    on_log: bool = False
    method: Method = "clopper_pearson"
    baseline: float | None = None
    is_sampled: bool = True

    @property
    def value(self) -> float | None:
        """As observed."""
        return exp(self.center) if self.on_log else self.center

    def bounds(self, alpha: float) -> tuple[float | None, float | None]:
        """By Student's t, or for all looks together."""
        if self.n < FEWEST:
            return None, None
        half = reach(alpha, self.n, self.method) * self.error
        low, high = self.center - half, self.center + half
        return (exp(low), exp(min(high, 700.0))) if self.on_log else (low, high)

    def grown(self, n: int) -> Mean:
        """The same spread."""
        return replace(self, error=self.error * sqrt(self.n / n), n=n)


@lru_cache(maxsize=4096)
def reach(alpha: float, n: int, method: Method) -> float:
    """How many standard errors a bound is away."""
    if method != "evalue":
        freedom = n - 1
        share = beta_quantile(2 * alpha, freedom / 2, 0.5)
        return sqrt(freedom * (1 / share - 1))
    low, high = 0.0, 100.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if _log_e(middle, n) >= -log(alpha) else (middle, high)
    return high


def _log_e(z: float, n: int) -> float:
    """Of a mean that is so many standard errors on the wrong side: a bet spread over all effects like half a bell."""
    spread = n / _TUNED_N
    share = spread / (1 + spread)
    return log(2) - log(1 + spread) / 2 + z * z * share / 2 + log(NormalDist().cdf(z * sqrt(share)))


@dataclass(frozen=True, slots=True)
class Quantile(ByBounds):
    """A quantile, by nearest rank, with bounds that hold for every distribution."""

    ranked: Sequence[float]
    q: float
    n: int
    """As if there were so many."""
    method: Method = "clopper_pearson"
    baseline: float | None = None
    is_sampled: bool = True

    @property
    def value(self) -> float | None:
        """One of the values."""
        return self.ranked[_nearest(self.q, len(self.ranked))] if self.ranked else None

    def bounds(self, alpha: float) -> tuple[float | None, float | None]:
        """Two of the values; None where so few cannot have one."""
        return self._at(rank(self.n, self.q, alpha, self.method)), self._at(
            _mirrored(self.n, rank(self.n, 1 - self.q, alpha, self.method))
        )

    def _at(self, place: int | None) -> float | None:
        return None if place is None else self.ranked[place * len(self.ranked) // self.n]

    def grown(self, n: int) -> Quantile:
        """The same distribution."""
        return replace(self, n=n)


def _nearest(q: float, count: int) -> int:
    return max(0, -int(-q * count // 1) - 1)


def _mirrored(n: int, place: int | None) -> int | None:
    return None if place is None else n - 1 - place


@lru_cache(maxsize=16_384)
def rank(n: int, q: float, alpha: float, method: Method) -> int | None:
    """The place, from 0, of the value of n that is a lower bound of the q-quantile; None if none of them is."""
    low, high = -1, n  # the value at ``low`` is one: so few below it would be too rare, were the quantile lower
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _is_bound(middle, n, q, alpha, method) else (low, middle)
    return None if low < 0 else low


def _is_bound(place: int, n: int, q: float, alpha: float, method: Method) -> bool:
    if place >= n * q:
        return False
    if method == "evalue":
        return against_at_least(place, n, q) >= 1 / alpha
    return binomial_cdf(place, n, q) <= alpha


@dataclass(frozen=True, slots=True)
class QuantileRatio(ByBounds):
    """The candidate's quantile by the baseline's.

    The bounds of the two are put together by the method of variance estimates recovery: as if they were the legs of a
    triangle, which lean towards each other as far as trials of one pair exceed their quantile together. Over all looks
    they are added up, at half of alpha each.
    """

    candidate: Quantile
    other: Quantile
    together: float = 0.0
    """Correlation of exceeding, in pairs."""
    is_sampled: bool = True

    @property
    def n(self) -> int:
        """Trials of the candidate."""
        return self.candidate.n

    @property
    def value(self) -> float | None:
        """As observed; the baseline's is above zero."""
        one, other = self.candidate.value, self.other.value
        return one / other if one is not None and other else None

    @property
    def baseline(self) -> float | None:
        """The baseline's quantile."""
        return self.other.value

    def bounds(self, alpha: float) -> tuple[float | None, float | None]:
        """Of the ratio."""
        each = alpha / 2 if self.candidate.method == "evalue" else alpha
        (low, high), (base_low, base_high) = self.candidate.bounds(each), self.other.bounds(each)
        value = self.value
        if value is None:
            return None, None
        down = self._leg(_log_of(self.candidate.value, low), _log_of(base_high, self.other.value))
        up = self._leg(_log_of(high, self.candidate.value), _log_of(self.other.value, base_low))
        return None if down is None else value * exp(-down), None if up is None else value * exp(up)

    def _leg(self, one: float | None, other: float | None) -> float | None:
        if one is None or other is None or max(one, other) == inf:
            return None
        if self.candidate.method == "evalue":
            return one + other
        return sqrt(max(0.0, one * one + other * other - 2 * self.together * one * other))

    def grown(self, n: int) -> QuantileRatio:
        """Both, as much."""
        other = max(1, round(self.other.n * n / self.candidate.n))
        return replace(self, candidate=self.candidate.grown(n), other=self.other.grown(other))


def _log_of(more: float | None, less: float | None) -> float | None:
    """How much larger the one is, as a logarithm."""
    if more is None or less is None:
        return None
    if less <= 0:
        return 0.0 if more <= 0 else inf
    return log(more / less)
