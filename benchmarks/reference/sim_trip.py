"""A clean weekend trip in sim mode: all layers, the real SDKs, everything built anew."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from functools import partial
from statistics import median
from typing import Any, Final

from benchmarks.measure import Measurement, compare, seconds
from benchmarks.reference.bare_calls import BareCalls
from pytest_agentchaos.trial import Trial
from reference_system.contracts.trip import TripRequest
from reference_system.journeys import Journey, find, judge
from reference_system.system import Taken, TravelSystem

JOURNEY: Final = "weekend-in-lisbon"
LIMIT_MS: Final = 80.0
ROUNDS: Final = 25


def measurements() -> Iterator[Measurement]:
    """Beside it the same calls by the SDKs' ordinary methods, with no system around them."""
    logging.disable(logging.WARNING)
    journey = find(JOURNEY)
    calls = BareCalls.of(journey)
    taken = compare(partial(_take, journey), calls.make, rounds=ROUNDS, timer=time.process_time)
    logging.disable(logging.NOTSET)
    bare_ms = median(taken.bare_s) * 1e3
    detail = f"{calls}; by the SDKs' ordinary methods, with no system, {bare_ms:.0f} ms; median of {ROUNDS} rounds"
    yield Measurement(
        "a weekend trip in sim mode", median(taken.subject_s) * 1e3, "ms CPU", LIMIT_MS, "at_most", detail
    )


def cpu_s(requests: Sequence[TripRequest]) -> float:
    """CPU seconds of such a trip, each in a fresh system; the median."""
    logging.disable(logging.WARNING)
    _complete(requests[0])
    spent_s = [seconds(partial(_complete, request), timer=time.process_time) for request in requests]
    logging.disable(logging.NOTSET)
    return median(spent_s)


def take(journey: Journey) -> tuple[TravelSystem, Trial]:
    """The journey in a fresh system, as a test would take it; it ends as it should."""
    system, trial = _fresh()
    taken: Taken = trial.run(system.take, journey)
    assert judge(journey, taken.answers, taken.use) == ()
    return system, trial


def _take(journey: Journey) -> None:
    system, _ = take(journey)
    system.close()


def _fresh() -> tuple[TravelSystem, Trial]:
    system, trial = TravelSystem(), Trial()
    for url, thing in system.upstreams.items():
        trial.upstreams.declare(url, thing)
    return system, trial


def _complete(request: TripRequest) -> None:
    system, trial = _fresh()
    answer = trial.run(_asked, system, request)
    system.close()
    assert answer.reason == "completed", answer


async def _asked(system: TravelSystem, request: TripRequest) -> Any:
    async with system.service() as service:
        return await service.ask(request, key="one")
