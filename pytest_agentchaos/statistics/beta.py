"""The regularised incomplete beta function, of which binomial tails are made, and its inverse."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

_TINY = 1e-300
_PRECISION = 1e-15
_ROUNDS = 100_000


def beta_cdf(x: float, a: float, b: float) -> float:
    """The chance that a beta variable with these parameters is at most x."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1 - x, b, a) / b


def beta_quantile(share: float, a: float, b: float) -> float:
    """The x below which this share of a beta variable lies, by bisection."""
    low, high = 0.0, 1.0
    while high - low > _PRECISION * max(high, _TINY):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        if beta_cdf(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _fraction(x: float, a: float, b: float) -> float:
    """Its continued fraction, by Lentz's method."""
    c, d = 1.0, 1.0 / _not_zero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, _ROUNDS):
        for term in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), _odd(m, x, a, b)):
            d = 1.0 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            result *= c * d
        if abs(c * d - 1) < _PRECISION:
            return result
    return result


def _odd(m: int, x: float, a: float, b: float) -> float:
    return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
