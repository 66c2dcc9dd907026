"""The exact test of a difference of two rates, of runs that are not pairs (Barnard's, for any difference).

All samples that the score test finds at least as good are added up, under the rates that make them most likely. Of the
baseline's rate only what its own sample leaves plausible is tried (Berger and Boos); what that leaves out is added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp, lgamma, log, log1p

from pytest_agentchaos.statistics.difference import score_z
from pytest_agentchaos.statistics.intervals import clopper_pearson

IMPLAUSIBLE = 1e-5
"""So improbable is what is left out; it is part of every p-value."""
POINTS = 64
"""So many rates are tried, evenly between the ends of what is plausible."""

_NEGLIGIBLE = 1e-12
_SAME = 1e-9


def exact_p(successes: int, runs: int, base_successes: int, base_runs: int, difference: float) -> float:
    """The p-value of a candidate as good as this or better, were it better by no more than this difference."""
    low, high = clopper_pearson(base_successes, base_runs, IMPLAUSIBLE / 4)
    own_low, own_high = clopper_pearson(successes, runs, IMPLAUSIBLE / 4)
    low, high = max(low, own_low - difference, -difference, 0.0), min(high, own_high - difference, 1 - difference, 1.0)
    if low > high:  # no plausible rates differ by so much: the candidate is far better than that, or far worse
        return IMPLAUSIBLE if successes * base_runs - base_successes * runs > difference * runs * base_runs else 1.0
    seen = score_z(successes, runs, base_successes, base_runs, difference)
    cut = _cuts(runs, base_runs, difference, seen)
    worst = max(
        _chance(low + (high - low) * point / POINTS, difference, (runs, base_runs), cut) for point in range(POINTS + 1)
    )
    return min(1.0, worst + IMPLAUSIBLE)


def _cuts(runs: int, base_runs: int, difference: float, seen: float) -> Callable[[int], int]:
    """For each count of the candidate, the most successes of the baseline with which it is as good as seen."""
    known: dict[int, int] = {}

    def cut(successes: int) -> int:
        if successes not in known:
            at = known.get(successes - 1)
            if at is None:
                at = _first(successes, runs, base_runs, difference, seen)
            while at < base_runs and score_z(successes, runs, at + 1, base_runs, difference) >= seen - _SAME:
                at += 1
            known[successes] = at
        return known[successes]

    return cut


def _first(successes: int, runs: int, base_runs: int, difference: float, seen: float) -> int:
    low, high = -1, base_runs + 1
    while high - low > 1:
        middle = (low + high) // 2
        if score_z(successes, runs, middle, base_runs, difference) >= seen - _SAME:
            low = middle
        else:
            high = middle
    return low


def _chance(base: float, difference: float, sizes: tuple[int, int], cut: Callable[[int], int]) -> float:
    """Of a sample that is at least as good, under these rates."""
    below = dict(_cumulated(window(sizes[1], base)))
    first, last = min(below), max(below)
    whole = 0.0
    for successes, chance in window(sizes[0], min(1.0, max(0.0, base + difference))):
        at = cut(successes)
        if at >= first:
            whole += chance * below[min(at, last)]
    return whole


def _cumulated(chances: list[tuple[int, float]]) -> Iterator[tuple[int, float]]:
    whole = 0.0
    for count, chance in chances:
        whole += chance
        yield count, whole


def window(runs: int, rate: float) -> list[tuple[int, float]]:
    """The counts that can be expected of so many runs, in order, with their chances; without the very unlikely ones."""
    if rate <= 0 or rate >= 1:
        return [(runs if rate >= 1 else 0, 1.0)]
    mode = min(runs, int((runs + 1) * rate))
    top = exp(
        lgamma(runs + 1) - lgamma(mode + 1) - lgamma(runs - mode + 1) + mode * log(rate) + (runs - mode) * log1p(-rate)
    )
    odds = rate / (1 - rate)
    down, up = [], [(mode, top)]
    chance = top
    for count in range(mode, 0, -1):
        chance *= count / ((runs - count + 1) * odds)
        if chance < _NEGLIGIBLE:
            break
        down.append((count - 1, chance))
    chance = top
    for count in range(mode, runs):
        chance *= (runs - count) * odds / (count + 1)
        if chance < _NEGLIGIBLE:
            break
        up.append((count + 1, chance))
    return [*reversed(down), *up]
