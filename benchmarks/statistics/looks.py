"""Looking after every run: false alarms, and how soon a fall is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from statistics import median

from benchmarks.measure import Measurement
from pytest_agentchaos.rng import stream
from pytest_agentchaos.statistics.eprocess import against_at_least
from pytest_agentchaos.statistics.intervals import wilson

_SERIES = 2000
_LIMIT = 0.9


def measurements() -> Iterator[Measurement]:
    """Against "the rate is at least 90 %"."""
    drawn = stream(1, "benchmarks", "looks")
    false, naive = 0, 0
    for _ in range(_SERIES):
        outcomes = [drawn.random() < _LIMIT for _ in range(100)]
        false += _first(outcomes, _evidence) is not None
        naive += _first(outcomes, _interval) is not None
    detail = f"100 looks, {_SERIES} series at exactly 90 %; Wilson at each look from the tenth: {naive / _SERIES:.1%}"
    yield Measurement("false alarms of the e-process", 100 * false / _SERIES, "%", 2.8, "at_most", detail)
    seen = [_first([drawn.random() < 0.7 for _ in range(400)], _evidence) or 400 for _ in range(_SERIES)]  # noqa: PLR2004
    yield Measurement("runs until 70 % is seen, median", median(seen), "runs", 22, "at_most", f"{_SERIES} series")


def _first(outcomes: list[bool], refutes: Callable[[int, int], bool]) -> int | None:
    successes = 0
    for runs, outcome in enumerate(outcomes, 1):
        successes += outcome
        if refutes(successes, runs):
            return runs
    return None


@cache
def _evidence(successes: int, runs: int) -> bool:
    return against_at_least(successes, runs, _LIMIT) >= 20  # noqa: PLR2004 - one by alpha


@cache
def _interval(successes: int, runs: int) -> bool:
    return runs >= 10 and wilson(successes, runs)[1] < _LIMIT  # noqa: PLR2004 - the first look
