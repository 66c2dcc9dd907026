"""The difference of two rates, of pairs of runs that differ in nothing but the system. Bounds are one-sided."""

from __future__ import annotations

from math import inf, sqrt
from statistics import NormalDist

from pytest_agentchaos.statistics.counts import check_counts, check_share
from pytest_agentchaos.statistics.difference import crossing


def tango(lost: int, won: int, pairs: int, alpha: float = 0.05) -> tuple[float, float]:
    """Tango's score bounds of the candidate's rate less the baseline's."""
    check_counts(lost + won, pairs)
    check_share("alpha", alpha)
    if not pairs:
        return -1.0, 1.0
    z = NormalDist().inv_cdf(1 - alpha)
    observed = (won - lost) / pairs
    lower = -1.0 if observed <= -1 else crossing(lambda at: tango_z(lost, won, pairs, at) - z, -1.0, observed)
    upper = 1.0 if observed >= 1 else crossing(lambda at: tango_z(lost, won, pairs, at) + z, observed, 1.0)
    return lower, upper


def tango_z(lost: int, won: int, pairs: int, difference: float) -> float:
    """How many standard errors better than this difference the sample is, with the chances that fit it best."""
    distance = won - lost - pairs * difference
    b = -won - lost + (2 * pairs - won + lost) * difference
    c = -lost * difference * (1 - difference)
    fitted = (sqrt(max(0.0, b * b - 8 * pairs * c)) - b) / (4 * pairs)
    variance = pairs * (2 * fitted + difference * (1 - difference))
    if variance <= 1e-12:  # noqa: PLR2004 - no loss and no win at no difference
        return 0.0 if abs(distance) < 1e-9 else inf if distance > 0 else -inf  # noqa: PLR2004
    return distance / sqrt(variance)
