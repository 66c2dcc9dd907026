"""100 s of virtual waiting against none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from benchmarks.measure import Measurement, compare
from pytest_agentchaos.trial import Trial

WAITS = 100


async def wait(seconds: float) -> None:
    """An agent that only waits."""
    for _ in range(WAITS):
        await asyncio.sleep(seconds)


def measurements() -> Iterator[Measurement]:
    """100 waits of a second against 100 of none."""
    taken = compare(lambda: Trial().run(wait, 1.0), lambda: Trial().run(wait, 0.0), rounds=51, repeat=5)
    yield Measurement("100 s of waiting", taken.difference_s * 1e3, "ms more", 1, "at_most", taken.detail)
