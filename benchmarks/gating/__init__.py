"""Gates: how often the shipped canary policy is wrong, and how long a decision takes."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.gating import errors, families, ratios, speed
from benchmarks.measure import Measurement


def measurements() -> Iterator[Measurement]:
    """All figures of the group."""
    yield from errors.measurements()
    yield from families.measurements()
    yield from ratios.measurements()
    yield from speed.measurements()
