"""One intercepted call without a fault, against the bare call on the same mock transport."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import httpx2

from benchmarks.measure import Comparison, Measurement, garbage_waits, seconds
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.trial import Trial

CALLS = 200
ROUNDS = 41
URL = "https://airline.example/book"


def answer(request: httpx2.Request) -> httpx2.Response:
    """What the mock transport answers."""
    del request
    return httpx2.Response(200, json={"booking": "B1"})


def measurements() -> Iterator[Measurement]:
    """Sync and async; entering the trial is not timed."""
    pairs = (("sync", _bare_sync, _intercepted_sync), ("async", _bare_async, _intercepted_async))
    for name, bare, intercepted in pairs:
        taken = _alternated(intercepted, bare)
        yield Measurement(f"an intercepted {name} call", taken.ratio, "x the bare call", 1.15, "at_most", taken.detail)


def _alternated(subject: Callable[[], float], bare: Callable[[], float]) -> Comparison:
    """Like ``compare``, for rounds that time themselves: what surrounds the calls does not count."""
    subject_s: list[float] = []
    bare_s: list[float] = []
    for index in range(-2, ROUNDS):
        turns = ((subject, subject_s), (bare, bare_s))
        for measure, taken_s in turns if index % 2 else turns[::-1]:
            taken = measure()
            if index >= 0:
                taken_s.append(taken)
    return Comparison(tuple(subject_s), tuple(bare_s))


def _sync_calls() -> float:
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        return seconds(lambda: client.post(URL, json={"flight": "LX1"}), repeat=CALLS)


def _bare_sync() -> float:
    return _sync_calls()


def _intercepted_sync() -> float:
    return float(Trial().run(_sync_calls))


async def _async_calls() -> float:
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        with garbage_waits():
            begin = wall_s()
            for _ in range(CALLS):
                await client.post(URL, json={"flight": "LX1"})
            return (wall_s() - begin) / CALLS


def _bare_async() -> float:
    return asyncio.run(_async_calls())


def _intercepted_async() -> float:
    return float(Trial().run(_async_calls))
