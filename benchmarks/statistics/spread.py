"""Figures that vary: ratios of means and of percentiles, and pass^k, of samples without any difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp
from random import Random

from benchmarks.measure import Measurement
from pytest_agentchaos.rng import stream
from pytest_agentchaos.statistics.pass_k import pass_hat_k_bounds
from pytest_agentchaos.statistics.quantiles import quantile_ratio
from pytest_agentchaos.statistics.ratios import Ratio, mean_ratio

_SAMPLES = 2000
_PER_CLUSTER = 4


def measurements() -> Iterator[Measurement]:
    """How often the upper bound is below the truth, or the lower one above it; the worse of both."""
    for clusters, limit in ((5, 5.0), (8, 6.5), (30, 6.5)):
        yield _wrong(f"ratio of means, the same {clusters} clusters", limit, _same(clusters))
    for clusters in (8, 30):
        yield _wrong(f"ratio of means, {clusters} other clusters", 6.5, _others(clusters))
    yield _wrong("ratio of p95, 100 runs each", 6.5, _percentiles)
    drawn = stream(1, "benchmarks", "pass_k")
    rates = (0.99, 0.95, 0.9, 0.6, 0.9)
    truth = sum(rate**3 for rate in rates) / len(rates)
    missed = [0, 0]
    for _ in range(_SAMPLES):
        bounds = pass_hat_k_bounds([(sum(drawn.random() < rate for _ in range(12)), 12) for rate in rates], 3)
        assert bounds is not None
        missed[0] += bounds[0] > truth
        missed[1] += bounds[1] < truth
    yield Measurement("pass^3, 5 journeys of 12 runs", 100 * max(missed) / _SAMPLES, "%", 5.0, "at_most")


def _wrong(name: str, limit: float, sample: Callable[[Random], Ratio]) -> Measurement:
    drawn = stream(2, "benchmarks", name)
    missed = [0, 0]
    for _ in range(_SAMPLES):
        ratio = sample(drawn)
        missed[0] += ratio.lower is not None and ratio.lower > 1
        missed[1] += ratio.upper is not None and ratio.upper < 1
    return Measurement(name, 100 * max(missed) / _SAMPLES, "%", limit, "at_most", f"{_SAMPLES} samples without change")


def _same(clusters: int) -> Callable[[Random], Ratio]:
    def sample(drawn: Random) -> Ratio:
        levels = [drawn.gauss(0, 0.7) for _ in range(clusters)]
        return mean_ratio(_values(drawn, levels), _values(drawn, levels))

    return sample


def _others(clusters: int) -> Callable[[Random], Ratio]:
    def sample(drawn: Random) -> Ratio:
        candidate, baseline = (_values(drawn, [drawn.gauss(0, 0.7) for _ in range(clusters)]) for _ in range(2))
        return mean_ratio(candidate, {f"other {name}": values for name, values in baseline.items()})

    return sample


def _values(drawn: Random, levels: list[float]) -> dict[str, list[float]]:
    return {str(at): [exp(level + drawn.gauss(0, 0.5)) for _ in range(_PER_CLUSTER)] for at, level in enumerate(levels)}


def _percentiles(drawn: Random) -> Ratio:
    candidate, baseline = ([exp(drawn.gauss(0, 0.7)) for _ in range(100)] for _ in range(2))
    return quantile_ratio(candidate, baseline, 0.95)
