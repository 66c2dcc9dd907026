"""Intervals of a rate: what k successes in n runs say about the rate behind them. Bounds are one-sided."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from pytest_agentchaos.statistics.beta import beta_quantile


def clopper_pearson(successes: int, runs: int, alpha: float = 0.05) -> tuple[float, float]:
    """Exact bounds: each is wrong in at most ``alpha`` of all samples, whatever the rate."""
    if runs == 0:
        return 0.0, 1.0
    lower = 0.0 if successes == 0 else beta_quantile(alpha, successes, runs - successes + 1)
    upper = 1.0 if successes == runs else beta_quantile(1 - alpha, successes + 1, runs - successes)
    return lower, upper


def wilson(successes: int, runs: int, alpha: float = 0.05) -> tuple[float, float]:
    """Approximate bounds: narrower, for showing rather than for deciding."""
    if runs == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(1 - alpha)
    rate = successes / runs
    middle = rate + z * z / (2 * runs)
    half = z * sqrt(rate * (1 - rate) / runs + z * z / (4 * runs * runs))
    scale = 1 + z * z / runs
    lower = 0.0 if successes == 0 else max(0.0, (middle - half) / scale)
    return lower, 1.0 if successes == runs else min(1.0, (middle + half) / scale)
