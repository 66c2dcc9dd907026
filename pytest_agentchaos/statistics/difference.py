"""The difference of two rates, the candidate's less the baseline's, by a score test. Bounds are one-sided.

Of runs that are not pairs. The test errs a little more often than it says where there are few successes or failures.
"""

from __future__ import annotations

from collections.abc import Callable
from math import acos, cos, inf, pi, sqrt
from statistics import NormalDist

from pytest_agentchaos.statistics.counts import check_counts, check_share

_STEPS = 50


def miettinen_nurminen(
    successes: int, runs: int, base_successes: int, base_runs: int, alpha: float = 0.05
) -> tuple[float, float]:
    """Score bounds: the differences that a score test does not refute."""
    check_counts(successes, runs)
    check_counts(base_successes, base_runs)
    check_share("alpha", alpha)
    if not runs or not base_runs:
        return -1.0, 1.0
    z = NormalDist().inv_cdf(1 - alpha)

    def score(difference: float) -> float:
        return score_z(successes, runs, base_successes, base_runs, difference)

    observed = successes / runs - base_successes / base_runs
    lower = -1.0 if observed <= -1 else crossing(lambda at: score(at) - z, -1.0, observed)
    upper = 1.0 if observed >= 1 else crossing(lambda at: score(at) + z, observed, 1.0)
    return lower, upper


def score_z(successes: int, runs: int, base_successes: int, base_runs: int, difference: float) -> float:
    """How many standard errors better than this difference the sample is, under the rates that fit it best."""
    rate, base = successes / runs, base_successes / base_runs
    fitted = _fitted(successes, runs, base_successes, base_runs, difference)
    total = runs + base_runs
    variance = ((fitted + difference) * (1 - fitted - difference) / runs + fitted * (1 - fitted) / base_runs) * (
        total / (total - 1)
    )
    distance = rate - base - difference
    if variance <= 1e-15:  # noqa: PLR2004 - the rates are 0 or 1: any other sample is impossible
        return 0.0 if abs(distance) < 1e-12 else inf if distance > 0 else -inf  # noqa: PLR2004
    return distance / sqrt(variance)


def crossing(height: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling curve passes zero."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if height(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _fitted(successes: int, runs: int, base_successes: int, base_runs: int, difference: float) -> float:
    """The baseline's most likely rate if the candidate's is by this difference larger: a root of a cubic."""
    total = runs + base_runs
    a = total
    b = (runs + 2 * base_runs) * difference - total - successes - base_successes
    c = (base_runs * difference - total - 2 * base_successes) * difference + successes + base_successes
    d = base_successes * difference * (1 - difference)
    third = b / (3 * a)
    v = third**3 - b * c / (6 * a * a) + d / (2 * a)
    inside = third * third - c / (3 * a)
    u = sqrt(max(0.0, inside)) * (1 if v >= 0 else -1)
    angle = (pi + acos(max(-1.0, min(1.0, v / u**3)))) / 3 if u else 0.0
    root = 2 * u * cos(angle) - third
    return min(max(root, 0.0, -difference), 1.0, 1.0 - difference)
