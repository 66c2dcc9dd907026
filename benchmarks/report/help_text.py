"""How long somebody waits who asks the command what it can do."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.measure import Measurement
from benchmarks.report.command import run

ROUNDS = 10


def measurements() -> Iterator[Measurement]:
    """The whole process, from its start to its end."""
    run("--help")  # so that everything is compiled
    ran = [run("--help") for _ in range(ROUNDS)]
    times_ms = [one.took_s * 1e3 for one in ran]
    cpu_ms = median(one.cpu_s for one in ran) * 1e3
    detail = (
        f"median of {ROUNDS} processes, {min(times_ms):.0f} to {max(times_ms):.0f} ms, {cpu_ms:.0f} ms of computing"
    )
    yield Measurement("agentchaos --help", median(times_ms), "ms", 150, "at_most", detail)
