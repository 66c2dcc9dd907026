"""Non-inferiority: whether the candidate is worse by less than a margin. What is not shown is not refuted either.

With few successes, failures, losses or wins the test is exact, since there the score test promises 5 % and errs in up
to 8 %; with thirty of each it is the score test, whose error is then within half a point of what it says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.statistics import paired_exact, unpaired_exact
from pytest_agentchaos.statistics.difference import miettinen_nurminen, score_z
from pytest_agentchaos.statistics.paired import tango, tango_z

MANY = 30
"""Of each kind, from where the score test will do."""

_STEPS = 9
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """The candidate's rate less the baseline's, its one-sided bounds, and what they say of the margin."""

    margin: float
    difference: float | None
    """None if there was nothing to compare."""
    lower: float
    upper: float
    p_value: float
    """Of a candidate as good as this or better, were it worse by the whole margin. At most alpha: ``shown``."""
    p_worse: float
    """Of a candidate as bad as this or worse, were it worse by no more than the margin. At most alpha: ``refuted``."""
    runs: int
    """Pairs, or runs of the candidate."""
    alpha: float = 0.05

    @property
    def shown(self) -> bool:
        """It is worse by less than the margin, or not worse at all."""
        return self.p_value <= self.alpha

    @property
    def refuted(self) -> bool:
        """It is worse by more than the margin."""
        return self.p_worse <= self.alpha


Test = Callable[[float], float]
"""The p-value at a difference: of a sample as good, or as bad, if that were the true one."""


def unpaired(  # noqa: PLR0913, PLR0917 - two counts of two systems, and what is asked
    successes: int, runs: int, base_successes: int, base_runs: int, margin: float, alpha: float = 0.05
) -> NonInferiority:
    """Of runs that are not pairs."""
    _check(margin)
    rough = miettinen_nurminen(successes, runs, base_successes, base_runs, alpha)
    if not runs or not base_runs:
        return NonInferiority(margin, None, -1.0, 1.0, 1.0, 1.0, 0, alpha)
    observed = successes / runs - base_successes / base_runs
    tests = unpaired_tests(successes, runs, base_successes, base_runs)
    return _judged(margin, observed, rough, tests, runs, alpha)


def paired(lost: int, won: int, pairs: int, margin: float, alpha: float = 0.05) -> NonInferiority:
    """Of pairs by journey, schedule and seed: far fewer runs are needed, since what both fail says nothing."""
    _check(margin)
    rough = tango(lost, won, pairs, alpha)
    if not pairs:
        return NonInferiority(margin, None, -1.0, 1.0, 1.0, 1.0, 0, alpha)
    return _judged(margin, (won - lost) / pairs, rough, paired_tests(lost, won, pairs), pairs, alpha)


def unpaired_tests(successes: int, runs: int, base_successes: int, base_runs: int) -> tuple[Test, Test]:
    """Whether the candidate is better than a difference, whether it is worse."""
    counts = (successes, runs, base_successes, base_runs)
    if min(successes, runs - successes, base_successes, base_runs - base_successes) >= MANY:
        return lambda at: _NORMAL.cdf(-score_z(*counts, at)), lambda at: _NORMAL.cdf(score_z(*counts, at))
    swapped = (base_successes, base_runs, successes, runs)
    return lambda at: unpaired_exact.exact_p(*counts, at), lambda at: unpaired_exact.exact_p(*swapped, -at)


def paired_tests(lost: int, won: int, pairs: int) -> tuple[Test, Test]:
    """The same of pairs."""
    if min(lost, won) >= MANY:
        return lambda at: _NORMAL.cdf(-tango_z(lost, won, pairs, at)), lambda at: _NORMAL.cdf(
            tango_z(lost, won, pairs, at)
        )
    return lambda at: paired_exact.exact_p(lost, won, pairs, at), lambda at: paired_exact.exact_p(won, lost, pairs, -at)


def _judged(  # noqa: PLR0913, PLR0917
    margin: float, observed: float, rough: tuple[float, float], tests: tuple[Test, Test], runs: int, alpha: float
) -> NonInferiority:
    """Bounds by inverting the tests. A discrete test can waver by a hair: the bounds side with it at the margin."""
    better, worse = tests
    p_value, p_worse = better(-margin), worse(-margin)
    lower = _bound(better, observed, rough[0], alpha)
    upper = -_bound(lambda at: worse(-at), -observed, -rough[1], alpha)
    lower = max(lower, -margin) if p_value <= alpha else min(lower, -margin)
    upper = min(upper, -margin) if p_worse <= alpha else max(upper, -margin)
    return NonInferiority(margin, observed, lower, upper, p_value, p_worse, runs, alpha)


def _bound(test: Test, observed: float, rough: float, alpha: float) -> float:
    """The largest difference below the observed one that is refuted, to within a thousandth of their distance.

    The score bound is a good guess: it is looked for around it.
    """
    reach = max(observed - rough, 1e-6) / 4
    low = high = rough
    while test(low) > alpha:
        if low <= -1:
            return -1.0
        low, high, reach = max(-1.0, low - reach), low, reach * 2
    while high == low:
        low, high = high, min(observed, high + reach)
        if high < observed and test(high) <= alpha:
            low, reach = high, reach * 2
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if test(middle) <= alpha:
            low = middle
        else:
            high = middle
    return low


def _check(margin: float) -> None:
    if not 0 <= margin < 1:
        msg = f"margin {margin!r}: give how much worse is allowed, from 0 to less than 1; 0.05 is five points"
        raise UsageError(msg)
