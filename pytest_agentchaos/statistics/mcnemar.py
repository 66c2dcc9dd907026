"""McNemar's exact test: pairs of runs that differ in nothing but the system. Only those that ended differently tell."""

from __future__ import annotations

from math import exp, lgamma, log
from typing import Literal

from pytest_agentchaos.statistics.beta import beta_cdf
from pytest_agentchaos.statistics.counts import check_counts


def mcnemar(lost: int, won: int, *, sides: Literal[1, 2] = 1, mid_p: bool = False) -> float:
    """The p-value of as many losses or more, were losses and wins equally likely.

    One-sided it asks whether the candidate is worse; two-sided, whether it is different. It is exact: at most
    ``alpha`` of all samples without a difference have p <= alpha. ``mid_p`` counts half of what is as likely as this
    very sample: more power, and no longer a guarantee. At 5 %, five losses and no win are the fewest that show
    anything.
    """
    check_counts(lost, lost + won)
    pairs = lost + won
    if sides == 2:  # noqa: PLR2004 - both of them
        lost = max(lost, pairs - lost)
    tail = 1.0 if lost == 0 else beta_cdf(0.5, lost, pairs - lost + 1)
    if mid_p:
        tail -= _chance(lost, pairs) / 2
    is_middle = sides == 2 and mid_p and 2 * lost == pairs  # noqa: PLR2004
    return 1.0 if is_middle else min(1.0, sides * tail)


def _chance(count: int, pairs: int) -> float:
    return exp(lgamma(pairs + 1) - lgamma(count + 1) - lgamma(pairs - count + 1) - pairs * log(2))
