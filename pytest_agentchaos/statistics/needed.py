"""How many runs are still needed, if things go on as they went so far. None: they could never show it."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log
from statistics import NormalDist

from pytest_agentchaos.statistics.counts import check_counts, check_share
from pytest_agentchaos.statistics.intervals import clopper_pearson
from pytest_agentchaos.statistics.non_inferiority import Test, paired_tests, unpaired_tests

_HAIR = 1e-9
MOST = 10_000_000
"""Whoever would need more needs another question."""


def without_failure(rate: float, alpha: float = 0.05) -> int:
    """The fewest runs, all of them successes, that show a rate: 14, 29, 59, 299 for 80, 90, 95, 99 %."""
    check_share("rate", rate)
    check_share("alpha", alpha)
    return max(1, ceil(log(alpha) / log(rate) - 1e-9))


def for_quantile(q: float, alpha: float = 0.05) -> int:
    """The fewest values that give a quantile an upper bound: 29, 59, 299 for 90, 95, 99 %."""
    return without_failure(q, alpha)


def for_at_least(successes: int, runs: int, limit: float, alpha: float = 0.05) -> int | None:
    """So many more runs until the lower bound of the rate is above a limit; of no run yet: if all succeed."""
    rate = _rate(successes, runs)
    if limit <= 0 or rate <= limit:
        return 0 if limit <= 0 else None
    return _more(runs, lambda n: clopper_pearson(rate * n, n, alpha)[0] >= limit)


def for_at_most(successes: int, runs: int, limit: float, alpha: float = 0.05) -> int | None:
    """So many more runs until the upper bound of the rate is below a limit; of no run yet: if all fail."""
    return for_at_least(runs - successes, runs, 1 - limit, alpha)


def per_arm(rate: float, margin: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Runs of each system that show non-inferiority with this power, if both have this rate and are not paired."""
    check_share("rate", rate)
    check_share("margin", margin)
    z = NormalDist().inv_cdf(1 - alpha) + NormalDist().inv_cdf(power)
    return ceil(2 * rate * (1 - rate) * (z / margin) ** 2 - 1e-9)


def for_unpaired(  # noqa: PLR0913, PLR0917 - two counts of two systems, and what is asked
    successes: int, runs: int, base_successes: int, base_runs: int, margin: float, alpha: float = 0.05
) -> int | None:
    """So many more runs of the candidate, and of the baseline in proportion, until it is decided, either way."""
    if not runs or not base_runs:
        return None
    rate, base = _rate(successes, runs), _rate(base_successes, base_runs)

    def tests(n: int) -> tuple[Test, Test]:
        base_n = max(1, round(n * base_runs / runs))
        return unpaired_tests(round(rate * n), n, round(base * base_n), base_n)

    return _decided(rate - base, runs, margin, tests, alpha)


def for_paired(lost: int, won: int, pairs: int, margin: float, alpha: float = 0.05) -> int | None:
    """So many more pairs until it is decided whether the candidate is worse by more than the margin, either way."""
    if not pairs:
        return None
    check_counts(lost + won, pairs)

    def tests(n: int) -> tuple[Test, Test]:
        lost_then, won_then = round(lost / pairs * n), round(won / pairs * n)
        return paired_tests(lost_then, min(won_then, n - lost_then), n)

    return _decided((won - lost) / pairs, pairs, margin, tests, alpha)


def _decided(
    observed: float, runs: int, margin: float, tests: Callable[[int], tuple[Test, Test]], alpha: float
) -> int | None:
    if abs(observed + margin) < _HAIR:
        return None
    side = 0 if observed > -margin else 1
    return _more(runs, lambda n: tests(n)[side](-margin) <= alpha)


def for_bound(value: float, bound: float, count: int, limit: float) -> int | None:
    """So many more until a bound reaches a limit, if bounds close in with the square root of the count."""
    ahead = limit - value
    if (bound - value) * ahead <= 0:
        return None
    if abs(bound - value) <= abs(ahead):
        return 0
    more = ceil(count * ((bound - value) / ahead) ** 2) - count
    return more if more <= MOST else None


def _rate(successes: int, runs: int) -> float:
    check_counts(successes, runs)
    return successes / runs if runs else 1.0


def _more(runs: int, enough: Callable[[int], bool]) -> int | None:
    """By doubling, then by halves."""
    low, high = runs, max(1, runs)
    if runs and enough(runs):
        return 0
    while not enough(high):
        low, high = high, high * 2
        if high > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle
    return high - runs
