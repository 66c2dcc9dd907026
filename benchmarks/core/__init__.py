"""What the core costs: pytest's start, a test, a call, a workflow, waiting, memory - and whether it repeats itself."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.core import memory, per_test, repeatability, startup, waiting, wire, workflow
from benchmarks.measure import Measurement

PARTS = (startup, per_test, wire, workflow, waiting, memory, repeatability)


def measurements() -> Iterator[Measurement]:
    """All figures of the group."""
    for part in PARTS:
        yield from part.measurements()
