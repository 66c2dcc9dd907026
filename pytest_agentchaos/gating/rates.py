"""Rates as estimates: of one system, and of k trials in a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from pytest_agentchaos.gating.estimate import Method
from pytest_agentchaos.statistics.beta import beta_cdf
from pytest_agentchaos.statistics.eprocess import against_at_most, anytime_bounds
from pytest_agentchaos.statistics.intervals import clopper_pearson, wilson


@dataclass(frozen=True, slots=True)
class Rate:
    """So many successes in so many trials."""

    successes: float
    n: int
    method: Method = "clopper_pearson"
    baseline: float | None = None
    is_sampled: bool = True

    @property
    def value(self) -> float | None:
        """As observed."""
        return self.successes / self.n if self.n else None

    def bounds(self, alpha: float) -> tuple[float | None, float | None]:
        """Of the rate behind them."""
        return _bounds(self.successes, self.n, alpha, self.method)

    def above(self, limit: float, alpha: float) -> bool:
        """Without the bound itself, where that is faster."""
        if limit <= 0:
            return True
        return limit < 1 and self.n > 0 and _refutes(self.successes, self.n, limit, alpha, self.method)

    def below(self, limit: float, alpha: float) -> bool:
        """The same of failures."""
        if limit >= 1:
            return True
        return limit > 0 and self.n > 0 and _refutes(self.n - self.successes, self.n, 1 - limit, alpha, self.method)

    def grown(self, n: int) -> Rate:
        """The same rate; a part of a success does no harm here."""
        return replace(self, successes=self.successes * n / self.n, n=n)


@lru_cache(maxsize=4096)
def _bounds(successes: float, n: int, alpha: float, method: Method) -> tuple[float, float]:
    bounds = {"clopper_pearson": clopper_pearson, "wilson": wilson, "evalue": anytime_bounds}[method]
    return bounds(successes, n, alpha)  # type: ignore[arg-type]  # none of them needs a whole number


def _refutes(successes: float, n: int, rate: float, alpha: float, method: Method) -> bool:
    """That the rate is below this one."""
    if method == "clopper_pearson":
        return successes > 0 and beta_cdf(rate, successes, n - successes + 1) <= alpha
    if method == "evalue":
        return against_at_most(successes, n, rate) >= 1 / alpha  # type: ignore[arg-type]
    return _bounds(successes, n, alpha, method)[0] >= rate


@dataclass(frozen=True, slots=True)
class Repeated:
    """The chance that k trials of one case all pass, or that one of them does, over cases.

    Its bounds are those of the rate, carried over. The average of the k-th powers is never less than the k-th power of
    the average (Jensen), and never more than the average; so they hold whatever the cases' own rates are, and are wide
    where these differ.
    """

    value: float
    rate: Rate
    k: int
    all_pass: bool
    baseline: float | None = None
    is_sampled: bool = True

    @property
    def n(self) -> int:
        """Trials."""
        return self.rate.n

    def bounds(self, alpha: float) -> tuple[float | None, float | None]:
        """Of the average over trials."""
        low, high = self.rate.bounds(alpha)
        low, high = low or 0.0, 1.0 if high is None else high
        return (low**self.k, high) if self.all_pass else (low, 1 - (1 - high) ** self.k)

    def above(self, limit: float, alpha: float) -> bool:
        """By the rate that is as much as to say the same."""
        return self.rate.above(max(limit, 0.0) ** (1 / self.k) if self.all_pass else limit, alpha)

    def below(self, limit: float, alpha: float) -> bool:
        """By the rate that is as much as to say the same."""
        return self.rate.below(limit if self.all_pass else 1 - max(1 - limit, 0.0) ** (1 / self.k), alpha)

    def grown(self, n: int) -> Repeated:
        """The same rate."""
        return replace(self, rate=self.rate.grown(n))
