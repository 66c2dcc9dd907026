"""Quantiles, such as the 95th percentile of a latency, and their bounds by order statistics. Bounds are one-sided.

The bounds hold for every distribution. Values must not depend on each other; where they are of several journeys in
fixed shares, the bounds are of the mixture and a little wide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, exp, hypot, log

from pytest_agentchaos.statistics.beta import binomial_cdf
from pytest_agentchaos.statistics.counts import check_share
from pytest_agentchaos.statistics.ratios import Ratio


def quantile(values: Sequence[float], q: float) -> float | None:
    """By nearest rank: one of the values; None if there are none."""
    check_share("q", q)
    ranked = sorted(values)
    return ranked[ceil(len(ranked) * q - 1e-9) - 1] if ranked else None


def quantile_bounds(values: Sequence[float], q: float, alpha: float = 0.05) -> tuple[float | None, float | None]:
    """Each is wrong in at most ``alpha`` of all samples; None where so few values cannot have one.

    An upper bound of the 90th, 95th, 99th percentile needs 29, 59, 299 values.
    """
    check_share("q", q)
    check_share("alpha", alpha)
    ranked = sorted(values)
    low, high = _ranks(len(ranked), q, alpha)
    return None if low is None else ranked[low], None if high is None else ranked[high]


def quantile_ratio(candidate: Sequence[float], baseline: Sequence[float], q: float, alpha: float = 0.05) -> Ratio:
    """The candidate's quantile by the baseline's.

    The bounds of both are put together as those of a difference of logarithms (MOVER): right in the middle of their
    range and a little wide elsewhere. Where one of them cannot be had, neither can this.
    """
    value, base = quantile(candidate, q), quantile(baseline, q)
    fewer = min(len(candidate), len(baseline))
    if not value or not base or value <= 0 or base <= 0:
        return Ratio(None, None, None, fewer)
    (low, high), (base_low, base_high) = (quantile_bounds(side, q, alpha) for side in (candidate, baseline))
    upper = lower = None
    if high is not None and base_low is not None and base_low > 0:
        upper = value / base * exp(hypot(log(high / value), log(base / base_low)))
    if low is not None and base_high is not None and low > 0:
        lower = value / base * exp(-hypot(log(value / low), log(base_high / base)))
    return Ratio(value / base, lower, upper, fewer)


def _ranks(count: int, q: float, alpha: float) -> tuple[int | None, int | None]:
    """Which of so many values in order, from 0, are the bounds."""
    low = _last(count, lambda rank: binomial_cdf(rank, count, q) <= alpha)
    high = _last(count, lambda rank: binomial_cdf(rank, count, 1 - q) <= alpha)
    return (None if low < 0 else low), (None if high < 0 else count - 1 - high)


def _last(count: int, holds: Callable[[int], bool]) -> int:
    """The last of so many for which it holds, -1 if for none; it holds for those before."""
    low, high = -1, count
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low
