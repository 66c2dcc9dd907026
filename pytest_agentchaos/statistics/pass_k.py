"""pass^k and pass@k: that k runs in a row all succeed, that one of k does; of journeys that were run n times each."""

from __future__ import annotations

from collections.abc import Iterable
from math import comb, log

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.statistics.counts import check_counts, check_share

_STEPS = 60


def pass_hat_k(successes: int, runs: int, k: int) -> float | None:
    """The chance that k runs all succeed, without bias; None if there are fewer than k runs.

    ``rate ** k`` would be too good on average: of two runs with one success it says 25 % for k = 2, where nothing is
    known.
    """
    _check(successes, runs, k)
    return None if runs < k else comb(successes, k) / comb(runs, k)


def pass_at_k(successes: int, runs: int, k: int) -> float | None:
    """The chance that at least one of k runs succeeds, without bias; None if there are fewer than k runs."""
    failing = pass_hat_k(runs - successes, runs, k)
    return None if failing is None else 1 - failing


def mean_pass_hat_k(counts: Iterable[tuple[int, int]], k: int) -> float | None:
    """The average over journeys, each given as successes and runs; None if any of them has fewer than k runs."""
    values = [pass_hat_k(successes, runs, k) for successes, runs in counts]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def pass_hat_k_bounds(counts: Iterable[tuple[int, int]], k: int, alpha: float = 0.05) -> tuple[float, float] | None:
    """One-sided bounds of that average; None where it is None.

    They hold for every number of runs: each is wrong in at most ``alpha`` of all samples, whatever the rates of the
    journeys (Hoeffding's bound of a U-statistic, by the relative entropy). For that they are wide; if every run
    succeeds they are exact.
    """
    check_share("alpha", alpha)
    given = list(counts)
    value = mean_pass_hat_k(given, k)
    if value is None:
        return None
    blocks = len(given) * min(runs // k for _, runs in given)
    return _lower(value, blocks, alpha), 1 - _lower(1 - value, blocks, alpha)


def _lower(value: float, blocks: int, alpha: float) -> float:
    """The least average under which so good a sample is no rarer than alpha."""
    low, high = 0.0, value
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if blocks * _entropy(value, middle) > -log(alpha):
            low = middle
        else:
            high = middle
    return low


def _entropy(value: float, other: float) -> float:
    """Of one rate relative to another, which is smaller."""
    if other <= 0:
        return 0.0 if value <= 0 else float("inf")
    hits = value * log(value / other) if value > 0 else 0.0
    return hits + ((1 - value) * log((1 - value) / (1 - other)) if value < 1 else 0.0)


def _check(successes: int, runs: int, k: int) -> None:
    check_counts(successes, runs)
    if k < 1:
        msg = f"k {k!r}: give a whole number from 1"
        raise UsageError(msg)
