"""An e-process: looking after every run, as often as one likes, without more false alarms.

An e-value is what a fair bet against the hypothesis has won so far; under the hypothesis it reaches 1/alpha at any
time with a chance of at most alpha (Ville). The bet here is spread over all rates on the other side, evenly: a
truncated beta mixture. It depends on the counts alone, so that nothing has to be remembered between looks.
"""

from __future__ import annotations

from math import exp, inf, lgamma, log, log1p

from pytest_agentchaos.statistics.beta import beta_cdf
from pytest_agentchaos.statistics.counts import check_counts, check_share

_LARGEST = 700.0
_STEPS = 40


def against_at_least(successes: int, runs: int, rate: float) -> float:
    """The e-value against "the rate is at least this": 1/alpha or more, and it is not."""
    check_counts(successes, runs)
    check_share("rate", rate)
    logarithm = _log_e(successes, runs - successes, rate)
    return exp(logarithm) if logarithm < _LARGEST else inf


def against_at_most(successes: int, runs: int, rate: float) -> float:
    """The e-value against "the rate is at most this": 1/alpha or more, and it is better."""
    check_counts(successes, runs)
    return against_at_least(runs - successes, runs, 1 - rate)


def anytime_bounds(successes: int, runs: int, alpha: float = 0.05) -> tuple[float, float]:
    """One-sided bounds of a rate for all looks together: each is ever wrong with a chance of at most ``alpha``.

    They are wider than Clopper-Pearson's, which hold for one look only.
    """
    check_counts(successes, runs)
    check_share("alpha", alpha)
    return 1 - _upper(runs - successes, successes, alpha), _upper(successes, runs - successes, alpha)


def _upper(successes: int, failures: int, alpha: float) -> float:
    """The least rate that is refuted from above; 1 if none is."""
    if failures == 0:
        return 1.0
    low, high = successes / (successes + failures), 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle < 1 and _log_e(successes, failures, middle) < -log(alpha):
            low = middle
        else:
            high = middle
    return high


def _log_e(successes: int, failures: int, rate: float) -> float:
    """Of the mixture over all rates below this one, against this one."""
    below = beta_cdf(rate, successes + 1, failures + 1)
    if below <= 0:  # far below what was seen: nothing speaks against it
        return -inf
    whole = lgamma(successes + 1) + lgamma(failures + 1) - lgamma(successes + failures + 2)
    return whole + log(below) - log(rate) - successes * log(rate) - failures * log1p(-rate)
