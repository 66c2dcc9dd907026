"""The ratio of two means, the candidate's by the baseline's, of runs that come in clusters. Bounds are one-sided.

Runs of one cluster (a journey under a schedule) resemble each other: twenty runs of one are not twenty witnesses, and
what varies is the cluster. Means and sums alone are looked at; for percentiles see ``quantiles``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from math import exp, floor, inf, isfinite, log, sqrt
from typing import Final

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.rng import stream
from pytest_agentchaos.statistics.beta import beta_quantile
from pytest_agentchaos.statistics.counts import check_share

FEWEST: Final = 5
"""Clusters: with fewer, nothing can be said at 5 %."""
DRAWN: Final = 1999
MATCHED: Final = 200
"""With more clusters than this, the jackknife is as good and faster."""

_ENUMERATED = 10


@dataclass(frozen=True, slots=True)
class Ratio:
    """The candidate's figure by the baseline's."""

    value: float | None
    """None if one side has nothing, or its figure is not above zero."""
    lower: float | None
    upper: float | None
    """None if so few runs cannot tell."""
    clusters: int
    """Different ones; for a quantile, the runs of the side that has fewer."""


@dataclass(frozen=True, slots=True)
class _Sums:
    """One cluster: what was spent and for how much of it, on each side."""

    spent: float
    units: float
    base_spent: float
    base_units: float


def mean_ratio(
    candidate: Mapping[str, Sequence[float]],
    baseline: Mapping[str, Sequence[float]],
    alpha: float = 0.05,
    seed: int = 0,
) -> Ratio:
    """Of values by cluster: how long runs took, how many steps.

    If both sides have the same clusters, no more than 200, the bounds are those of random halves (Hartigan's typical
    values): exact if a candidate that is no different would have swapped values with the baseline as likely as not.
    Else they are the jackknife's, about right from eight clusters. One enormous value in few clusters makes every such
    bound too narrow.
    """
    return weighted_ratio(_summed(candidate), _summed(baseline), alpha, seed)


def weighted_ratio(
    candidate: Mapping[str, tuple[float, float]],
    baseline: Mapping[str, tuple[float, float]],
    alpha: float = 0.05,
    seed: int = 0,
) -> Ratio:
    """The same of sums by cluster, each with that by which it is divided: all that was paid, and all successes."""
    check_share("alpha", alpha)
    nothing = (0.0, 0.0)
    names = sorted(
        name
        for name in {*candidate, *baseline}
        if candidate.get(name, nothing) != nothing or baseline.get(name, nothing) != nothing
    )
    clusters = [_Sums(*candidate.get(name, nothing), *baseline.get(name, nothing)) for name in names]
    if any(not (0 <= one < inf) for sums in clusters for one in _numbers(sums)):
        msg = "a ratio of means needs numbers from 0 on; one of them is negative, infinite or no number"
        raise UsageError(msg)
    value = _ratio(_total(clusters))
    if value is None or value <= 0 or not isfinite(value):
        return Ratio(None, None, None, len(clusters))
    are_matched = all(one.units > 0 and one.base_units > 0 for one in clusters)
    bounds = _halves if are_matched and len(clusters) <= MATCHED else _jackknife
    return Ratio(value, *bounds(clusters, alpha, seed), len(clusters))


def _summed(side: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, float]]:
    return {name: (sum(values), len(values)) for name, values in side.items()}


def typical(
    candidate: Sequence[tuple[float, float]], baseline: Sequence[tuple[float, float]], seed: int = 0
) -> list[float]:
    """The ratios of random halves of matched clusters, in order: the true one falls into each gap with the same chance.

    Each cluster is what was spent, and for how much of it. A pair of runs may be a cluster, too.
    """
    (spent, units), (base_spent, base_units) = _columns(candidate), _columns(baseline)
    is_even = units == base_units  # then they cancel out in every half
    found = []
    for half in _half(len(spent), seed):
        below = sum(compress(base_spent, half))
        above = sum(compress(spent, half))
        if not is_even:
            below *= sum(compress(units, half))
            above *= sum(compress(base_units, half))
        found.append(above / below if below > 0 else inf)
    return sorted(found)


def _columns(clusters: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [one for one, _ in clusters], [one for _, one in clusters]


def place(count: int, alpha: float) -> int:
    """Which of so many in order is the lower bound, from 1, and from behind the upper one; 0: so few cannot tell."""
    return floor(alpha * (count + 1) + 1e-9)


def _halves(clusters: Sequence[_Sums], alpha: float, seed: int) -> tuple[float | None, float | None]:
    found = typical(
        [(one.spent, one.units) for one in clusters], [(one.base_spent, one.base_units) for one in clusters], seed
    )
    at = place(len(found), alpha)
    if at < 1:
        return None, None
    return found[at - 1], found[-at] if isfinite(found[-at]) else None


@lru_cache(maxsize=8)
def _half(clusters: int, seed: int) -> tuple[bytes, ...]:
    """Every part, if there are few; else so many, each cluster being in it or not by chance."""
    if clusters <= _ENUMERATED:
        masks: Iterable[int] = range(1, 2**clusters)
    else:
        drawn = stream(seed, "statistics", "halves", clusters)
        masks = (drawn.getrandbits(clusters) or 1 for _ in range(DRAWN))
    return tuple(format(mask, "b")[::-1].encode().translate(_BITS) for mask in masks)


_BITS: Final = bytes.maketrans(b"01", b"\0\1")


def _jackknife(clusters: Sequence[_Sums], alpha: float, seed: int) -> tuple[float | None, float | None]:
    """Each cluster left out once; what that changes says how far the ratio can be trusted."""
    del seed
    fewest = min(sum(one.units > 0 for one in clusters), sum(one.base_units > 0 for one in clusters))
    whole = _total(clusters)
    without = [_ratio(_less(whole, one)) for one in clusters]
    if fewest < FEWEST or any(one is None or one <= 0 for one in without):
        return None, None
    logs = [log(one) for one in without if one]
    middle = sum(logs) / len(logs)
    spread = sqrt((len(logs) - 1) / len(logs) * sum((one - middle) ** 2 for one in logs))
    value = _ratio(whole)
    reach = _student(alpha, fewest - 1) * spread
    return (value or 0.0) * exp(-reach), (value or 0.0) * exp(reach)


def _student(alpha: float, freedom: int) -> float:
    """What a t variable exceeds with this chance."""
    if alpha > 0.5:  # noqa: PLR2004 - the other half
        return -_student(1 - alpha, freedom)
    x = beta_quantile(2 * alpha, freedom / 2, 0.5) if alpha < 0.5 else 1.0  # noqa: PLR2004
    return sqrt(freedom * (1 - x) / x)


def _total(clusters: Sequence[_Sums]) -> _Sums:
    return _Sums(
        sum(one.spent for one in clusters),
        sum(one.units for one in clusters),
        sum(one.base_spent for one in clusters),
        sum(one.base_units for one in clusters),
    )


def _less(whole: _Sums, one: _Sums) -> _Sums:
    return _Sums(*(a - b for a, b in zip(_numbers(whole), _numbers(one), strict=True)))


def _numbers(one: _Sums) -> tuple[float, float, float, float]:
    return one.spent, one.units, one.base_spent, one.base_units


def _ratio(sums: _Sums) -> float | None:
    if sums.units <= 0 or sums.base_units <= 0 or sums.base_spent <= 0:
        return None
    return sums.spent / sums.units * sums.base_units / sums.base_spent
