"""The exact test of a difference of two rates, of pairs.

As ``unpaired_exact`` does it: all samples that the score test finds at least as good, under the chances of a loss and
of a win that make them most likely.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, lgamma, log, log1p

from pytest_agentchaos.statistics.intervals import clopper_pearson
from pytest_agentchaos.statistics.paired import tango_z
from pytest_agentchaos.statistics.unpaired_exact import IMPLAUSIBLE, POINTS, window

_NEGLIGIBLE = 1e-14
_SAME = 1e-9


def exact_p(lost: int, won: int, pairs: int, difference: float) -> float:
    """The p-value of a candidate as good as this or better, were it better by no more than this difference."""
    low, high = clopper_pearson(won, pairs, IMPLAUSIBLE / 4)
    lost_low, lost_high = clopper_pearson(lost, pairs, IMPLAUSIBLE / 4)
    low = max(low, lost_low + difference, difference, 0.0)
    high = min(high, lost_high + difference, (1 + difference) / 2)
    if low > high:  # no plausible chances differ by so much: the candidate is far better than that, or far worse
        return IMPLAUSIBLE if won - lost > difference * pairs else 1.0
    cut = _cuts(pairs, difference, tango_z(lost, won, pairs, difference))
    rates = [low + (high - low) * point / POINTS for point in range(POINTS + 1)]
    return min(1.0, IMPLAUSIBLE + max(_chance(rate, rate - difference, pairs, cut) for rate in rates))


def _cuts(pairs: int, difference: float, seen: float) -> Callable[[int], int]:
    """For each number of losses, the fewest wins at which the sample is as good as the one seen."""
    known: dict[int, int] = {}

    def cut(lost: int) -> int:
        if lost not in known:
            low, high = known.get(lost - 1, 0) - 1, pairs - lost + 1
            while high - low > 1:
                middle = (low + high) // 2
                if tango_z(lost, middle, pairs, difference) >= seen - _SAME:
                    high = middle
                else:
                    low = middle
            known[lost] = high
        return known[lost]

    return cut


def _chance(win: float, loss: float, pairs: int, cut: Callable[[int], int]) -> float:
    """Of a sample that is at least as good, under these chances of a win and a loss."""
    loss = min(1.0, max(0.0, loss))
    share = min(1.0, max(0.0, win / (1 - loss))) if loss < 1 else 0.0
    whole = 0.0
    for lost, chance in window(pairs, loss):
        whole += chance * _at_least(cut(lost), pairs - lost, share)
    return whole


def _at_least(count: int, runs: int, rate: float) -> float:
    """The chance of so many or more; summed from there outwards, on the shorter side of the middle."""
    if count <= 0:
        return 1.0
    if count > runs or rate <= 0:
        return 0.0
    if rate >= 1:
        return 1.0
    if count <= runs * rate:
        return 1.0 - _at_least(runs - count + 1, runs, 1 - rate)
    chance = exp(
        lgamma(runs + 1)
        - lgamma(count + 1)
        - lgamma(runs - count + 1)
        + count * log(rate)
        + (runs - count) * log1p(-rate)
    )
    odds = rate / (1 - rate)
    whole = 0.0
    while chance > _NEGLIGIBLE * whole and chance > 0:
        whole += chance
        if count == runs:
            break
        chance *= (runs - count) * odds / (count + 1)
        count += 1
    return whole
