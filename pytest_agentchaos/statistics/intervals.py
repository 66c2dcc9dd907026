"""Intervals of a rate: what k successes in n runs say about the rate behind them. Bounds are one-sided.

Both assume that runs do not depend on each other. Where the runs are of several journeys with rates of their own, the
exact bounds hold for the average rate, and are a little wide (Hoeffding: such a sum spreads less than a binomial one).
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from pytest_agentchaos.statistics.beta import beta_quantile
from pytest_agentchaos.statistics.counts import check_counts, check_share


def clopper_pearson(successes: float, runs: float, alpha: float = 0.05) -> tuple[float, float]:
    """Exact bounds: each is wrong in at most ``alpha`` of all samples, whatever the rate. For deciding.

    With fractions of successes they are what lies between those of whole counts: for planning.
    """
    check_counts(successes, runs)
    check_share("alpha", alpha)
    if runs == 0:
        return 0.0, 1.0
    failures = runs - successes
    lower = 0.0 if successes == 0 else beta_quantile(alpha, successes, failures + 1)
    upper = 1.0 if failures == 0 else 1 - beta_quantile(alpha, failures, successes + 1)
    return lower, upper


def wilson(successes: int, runs: int, alpha: float = 0.05) -> tuple[float, float]:
    """Approximate bounds: narrower, for showing rather than for deciding.

    They are wrong more often than they say: of twenty successes in twenty runs the lower one is 88.1 %, and at this
    very rate 7.9 % of samples are as good.
    """
    check_counts(successes, runs)
    check_share("alpha", alpha)
    if runs == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(1 - alpha)
    rate = successes / runs
    middle = rate + z * z / (2 * runs)
    half = z * sqrt(rate * (1 - rate) / runs + z * z / (4 * runs * runs))
    scale = 1 + z * z / runs
    lower = 0.0 if successes == 0 else max(0.0, (middle - half) / scale)
    return lower, 1.0 if successes == runs else min(1.0, (middle + half) / scale)
