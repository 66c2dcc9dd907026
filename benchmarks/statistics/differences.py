"""Rates and their differences: wrong decisions, added up over all samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from benchmarks.measure import Measurement
from pytest_agentchaos.statistics.difference import score_z
from pytest_agentchaos.statistics.intervals import clopper_pearson, wilson
from pytest_agentchaos.statistics.non_inferiority import paired_tests, unpaired_tests
from pytest_agentchaos.statistics.paired import tango_z
from pytest_agentchaos.statistics.unpaired_exact import window

_Z = 1.6448536269514722
_RATES = (0.99, 0.98, 0.95, 0.9, 0.8, 0.65, 0.5)
_PAIRS = 40
_RUNS = 30


def measurements() -> Iterator[Measurement]:
    """The worst over rates from 50 to 99 %."""
    yield _share("lower bound of a rate wrong (Clopper-Pearson)", _rate(clopper_pearson), 5.0, "20 and 59 runs")
    yield _share("the same by Wilson, for showing only", _rate(wilson), 15.0, "20 and 59 runs")
    for margin in (0.05, 0.1):
        cases = [rate for rate in _RATES if rate > margin]
        detail = f"{_RUNS} runs each, truly worse by the margin"
        score = max(_unpaired(rate, margin, _by_score) for rate in cases)
        exact = max(_unpaired(rate, margin, _exactly) for rate in cases)
        yield _share(f"passed at margin {margin}, unpaired", exact, 5.0, f"{detail}; score test {100 * score:.1f} %")
        wins = (0.0, 0.01, 0.03, 0.1, 0.2)
        score = max(_paired(win, margin, _pairs_by_score) for win in wins)
        exact = max(_paired(win, margin, _pairs_exactly) for win in wins)
        detail = f"{_PAIRS} pairs, truly worse by the margin"
        yield _share(f"passed at margin {margin}, paired", exact, 5.0, f"{detail}; score test {100 * score:.1f} %")
    yield _share("refuted at margin 0.1 though no worse, paired", _refuted(), 1.0, "40 pairs, 5 % lost, 5 % won")


def _share(name: str, value: float, limit: float, detail: str) -> Measurement:
    return Measurement(name, 100 * value, "%", limit, "at_most", detail)


def _rate(bounds: Callable[[int, int], tuple[float, float]]) -> float:
    worst = 0.0
    for runs in (20, 59):
        lowers = [bounds(count, runs)[0] for count in range(runs + 1)]
        for step in range(1, 200):
            rate = 0.5 + step / 400
            worst = max(worst, sum(chance for count, chance in window(runs, rate) if lowers[count] > rate))
    return worst


@cache
def _exactly(one: int, other: int, margin: float) -> bool:
    return unpaired_tests(one, _RUNS, other, _RUNS)[0](-margin) <= 0.05  # noqa: PLR2004 - alpha


def _by_score(one: int, other: int, margin: float) -> bool:
    return score_z(one, _RUNS, other, _RUNS, -margin) >= _Z


def _unpaired(rate: float, margin: float, passes: Callable[[int, int, float], bool]) -> float:
    """How often a candidate that is worse by the whole margin passes."""
    return sum(
        own * base
        for one, own in window(_RUNS, rate - margin)
        for other, base in window(_RUNS, rate)
        if own * base > 1e-7 and passes(one, other, margin)  # noqa: PLR2004 - the rest adds up to nothing
    )


@cache
def _pairs_exactly(lost: int, won: int, margin: float) -> bool:
    return paired_tests(lost, won, _PAIRS)[0](-margin) <= 0.05  # noqa: PLR2004 - alpha


def _pairs_by_score(lost: int, won: int, margin: float) -> bool:
    return tango_z(lost, won, _PAIRS, -margin) >= _Z


def _paired(win: float, margin: float, passes: Callable[[int, int, float], bool]) -> float:
    loss = win + margin
    return sum(
        first * second
        for lost, first in window(_PAIRS, loss)
        for won, second in window(_PAIRS - lost, win / (1 - loss))
        if first * second > 1e-7 and passes(lost, won, margin)  # noqa: PLR2004 - the rest adds up to nothing
    )


def _refuted() -> float:
    return sum(
        first * second
        for lost, first in window(_PAIRS, 0.05)
        for won, second in window(_PAIRS - lost, 0.05 / 0.95)
        if first * second > 1e-6 and paired_tests(lost, won, _PAIRS)[1](-0.1) <= 0.05  # noqa: PLR2004 - the same
    )
