"""The slow ones, with as many trials as a gate is asked to take."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.measure import Measurement
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.rng import stream
from pytest_agentchaos.statistics.intervals import clopper_pearson
from pytest_agentchaos.statistics.non_inferiority import paired, unpaired
from pytest_agentchaos.statistics.quantiles import quantile_ratio
from pytest_agentchaos.statistics.ratios import mean_ratio


def measurements() -> Iterator[Measurement]:
    """The best of three."""
    drawn = stream(3, "benchmarks", "speed")
    candidate, baseline = ({str(at): [drawn.random() for _ in range(5)] for at in range(20_000)} for _ in range(2))
    values, others = ([one for cluster in side.values() for one in cluster] for side in (candidate, baseline))
    yield _took("bounds of a rate, a million runs", 0.01, lambda: clopper_pearson(950_000, 1_000_000))
    yield _took("non-inferiority, 40 pairs", 1.0, lambda: paired(2, 1, 40, 0.05))
    yield _took("non-inferiority, 100,000 pairs", 5.0, lambda: paired(49, 49, 100_000, 0.01))
    yield _took("non-inferiority, 2 x 100,000 runs", 1.0, lambda: unpaired(99_960, 100_000, 99_960, 100_000, 0.01))
    yield _took("ratio of means, 2 x 100,000 values", 1.0, lambda: mean_ratio(candidate, baseline))
    yield _took("ratio of p95, 2 x 100,000 values", 1.0, lambda: quantile_ratio(values, others, 0.95))


def _took(name: str, limit_s: float, action: Callable[[], object]) -> Measurement:
    times = []
    for _ in range(3):
        begin = wall_s()
        action()
        times.append(wall_s() - begin)
    return Measurement(name, min(times), "s", limit_s, "at_most")
