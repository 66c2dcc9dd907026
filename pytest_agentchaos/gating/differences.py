"""The difference of two rates as an estimate: the candidate's less the baseline's, of pairs or without."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, inf, log, log1p, nextafter
from statistics import NormalDist
from typing import Final

from pytest_agentchaos.gating.estimate import Method
from pytest_agentchaos.gating.rates import Rate
from pytest_agentchaos.statistics.difference import miettinen_nurminen
from pytest_agentchaos.statistics.non_inferiority import paired_tests, unpaired_tests
from pytest_agentchaos.statistics.paired import tango, tango_z

_BETS: Final = tuple(0.94 * 0.64**step for step in range(12))
"""Shares of the largest bet that cannot ruin: from nearly all of it to half a percent."""
_STEPS: Final = 30


@dataclass(frozen=True, slots=True)
class Paired:
    """Of pairs that differ in nothing but the system: what both pass or both fail says nothing."""

    lost: float
    won: float
    n: int
    method: Method = "clopper_pearson"
    baseline: float | None = None
    limit: float = 0.0
    """The difference that is asked for: there the bounds side with the exact test."""
    is_sampled: bool = True

    @property
    def value(self) -> float | None:
        """As observed."""
        return (self.won - self.lost) / self.n if self.n else None

    def bounds(self, alpha: float) -> tuple[float | None, float | None]:
        """Tango's score bounds; over all looks, what a bet has not refuted."""
        if self.method == "evalue":
            return _lower(self.won, self.lost, self.n, alpha), -_lower(self.lost, self.won, self.n, alpha)
        return _sided(self, tango(self.lost, self.won, self.n, alpha), alpha)  # type: ignore[arg-type]  # a part is fine

    def above(self, limit: float, alpha: float) -> bool:
        """By the exact test; by the score alone for samples that are only imagined."""
        if self.method == "evalue":
            return log_e(self.won, self.lost, self.n, limit) >= -log(alpha)
        if self.n == 0 or limit <= -1:
            return limit <= -1
        if isinstance(self.lost, int) and isinstance(self.won, int):
            return paired_tests(self.lost, self.won, self.n)[0](limit) <= alpha
        return tango_z(self.lost, self.won, self.n, limit) >= NormalDist().inv_cdf(1 - alpha)  # type: ignore[arg-type]

    def below(self, limit: float, alpha: float) -> bool:
        """The same the other way round."""
        return replace(self, lost=self.won, won=self.lost).above(-limit, alpha)

    def grown(self, n: int) -> Paired:
        """The same shares; none of so many more is none."""
        if not self.lost and not self.won:
            return replace(self, n=n)
        return replace(self, lost=self.lost * n / self.n, won=self.won * n / self.n, n=n)


def _sided(one: Paired | Unpaired, rough: tuple[float, float], alpha: float) -> tuple[float, float]:
    """Score bounds that are on that side of the limit on which the exact test sees them."""
    low, high = rough
    low = max(low, one.limit) if one.above(one.limit, alpha) else min(low, nextafter(one.limit, -inf))
    high = min(high, one.limit) if one.below(one.limit, alpha) else max(high, nextafter(one.limit, inf))
    return low, high


@lru_cache(maxsize=4096)
def _lower(won: float, lost: float, n: int, alpha: float) -> float:
    """The largest difference that the bet refutes from below."""
    if n == 0:
        return -1.0
    low, high = -1.0, (won - lost) / n
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if log_e(won, lost, n, middle) >= -log(alpha) else (low, middle)
    return low


def log_e(won: float, lost: float, n: int, difference: float) -> float:
    """The logarithm of the e-value against "the difference is at most this".

    A gambler stakes a fixed share of all that he has on each pair: he gains by how much it is better than the
    difference. If the hypothesis holds, he has on average no more than he began with, so that he is ever worth 1/alpha
    with a chance of at most alpha. His stake is spread over several shares, since nobody knows the best one.
    """
    if difference <= -1:
        return inf  # nothing is lower
    if difference >= 1:
        return -inf
    same, each = n - won - lost, 1 / (1 + difference)  # a larger stake could be lost whole
    logs = []
    for share in _BETS:
        bet = share * each
        gained = won * log1p(bet * (1 - difference)) + lost * log1p(-bet * (1 + difference))
        logs.append(gained + same * log1p(-bet * difference))
    best = max(logs)
    return best + log(sum([exp(one - best) for one in logs]) / len(logs))


@dataclass(frozen=True, slots=True)
class Unpaired:
    """Of runs that are not pairs."""

    candidate: Rate
    other: Rate
    limit: float = 0.0
    is_sampled: bool = True

    @property
    def n(self) -> int:
        """Trials of the candidate."""
        return self.candidate.n

    @property
    def value(self) -> float | None:
        """As observed."""
        one, other = self.candidate.value, self.other.value
        return None if one is None or other is None else one - other

    @property
    def baseline(self) -> float | None:
        """Its rate."""
        return self.other.value

    def bounds(self, alpha: float) -> tuple[float | None, float | None]:
        """Score bounds; over all looks, those of the two rates at half of alpha each."""
        one, other = self.candidate, self.other
        if one.method != "evalue":
            return _sided(self, _score(one.successes, one.n, other.successes, other.n, alpha), alpha)
        (low, high), (base_low, base_high) = one.bounds(alpha / 2), other.bounds(alpha / 2)
        return (low or 0.0) - _or_one(base_high), _or_one(high) - (base_low or 0.0)

    def above(self, limit: float, alpha: float) -> bool:
        """By the exact test; by the score alone for samples that are only imagined."""
        return self._refutes(limit, alpha, 0)

    def below(self, limit: float, alpha: float) -> bool:
        """The same the other way round."""
        return self._refutes(limit, alpha, 1)

    def _refutes(self, limit: float, alpha: float, side: int) -> bool:
        one, other = self.candidate, self.other
        if not one.n or not other.n:
            return False
        if one.method != "evalue" and isinstance(one.successes, int) and isinstance(other.successes, int):
            return unpaired_tests(one.successes, one.n, other.successes, other.n)[side](limit) <= alpha
        rough = _score(one.successes, one.n, other.successes, other.n, alpha)
        low, high = self.bounds(alpha) if one.method == "evalue" else rough
        return low is not None and low >= limit if side == 0 else high is not None and high <= limit

    def grown(self, n: int) -> Unpaired | None:
        """Both, as much."""
        if not self.n or not self.other.n:
            return None
        other = max(1, round(self.other.n * n / self.n))
        return replace(self, candidate=self.candidate.grown(n), other=self.other.grown(other))


@lru_cache(maxsize=4096)
def _score(successes: float, n: int, base_successes: float, base_n: int, alpha: float) -> tuple[float, float]:
    return miettinen_nurminen(successes, n, base_successes, base_n, alpha)  # type: ignore[arg-type]


def _or_one(bound: float | None) -> float:
    return 1.0 if bound is None else bound
