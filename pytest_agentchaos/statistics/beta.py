"""The regularised incomplete beta function, of which binomial tails are made, and its inverse."""

from __future__ import annotations

from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist

_TINY = 1e-300
_PRECISION = 1e-15
_ROUNDS = 100_000
_STEPS = 200


def beta_cdf(x: float, a: float, b: float) -> float:
    """The chance that a beta variable with these parameters is at most x."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(_log_front(x, a, b))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1 - x, b, a) / b


def beta_quantile(share: float, a: float, b: float) -> float:
    """The x below which this share of a beta variable lies.

    Newton's method on the logarithm of the distribution function, which is concave and so never jumps over the root
    from the left; a bracket keeps every step inside. Exact for small shares: of a large one, ask for ``1 - quantile(1
    - share, b, a)``.
    """
    low, high = 0.0, 1.0
    x = _guess(share, a, b)
    for _ in range(_STEPS):
        below = beta_cdf(x, a, b)
        if below < share:
            low = x
        else:
            high = x
        step = _newton(x, below, share, a, b) if below > 0 else None
        if step is None or not low < x - step < high:
            step = x - (low + high) / 2
        x -= step
        if abs(step) <= _PRECISION * x or high - low <= _PRECISION * high:
            break
    return x


def binomial_cdf(successes: int, runs: int, rate: float) -> float:
    """The chance of so many successes or fewer."""
    if successes < 0:
        return 0.0
    return 1.0 if successes >= runs else beta_cdf(1 - rate, runs - successes, successes + 1)


def _guess(share: float, a: float, b: float) -> float:
    mean = a / (a + b)
    spread = sqrt(mean * (1 - mean) / (a + b + 1))
    guess = mean + NormalDist().inv_cdf(share) * spread
    return guess if 0 < guess < 1 else mean * share ** (1 / a)


def _newton(x: float, below: float, share: float, a: float, b: float) -> float | None:
    """How far to go back; None where the curve is too flat to say."""
    density = exp(_log_front(x, a, b) - log(x) - log1p(-x)) if 0 < x < 1 else 0.0
    return log(below / share) * below / density if density > 0 else None


def _log_front(x: float, a: float, b: float) -> float:
    return lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)


def _fraction(x: float, a: float, b: float) -> float:
    """Its continued fraction, by Lentz's method."""
    c, d = 1.0, 1.0 / _not_zero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, _ROUNDS):
        end = a + 2 * m
        term = m * (b - m) * x / ((end - 1) * end)
        d = 1.0 / ((1 + term * d) or _TINY)
        c = (1 + term / c) or _TINY
        result *= c * d
        term = -(a + m) * (a + b + m) * x / (end * (end + 1))
        d = 1.0 / ((1 + term * d) or _TINY)
        c = (1 + term / c) or _TINY
        result *= c * d
        if -_PRECISION < c * d - 1 < _PRECISION:
            break
    return result


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
