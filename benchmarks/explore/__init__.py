"""What explorations find, in how many trials and how much time."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.explore import catalogue, reach, speed
from benchmarks.measure import Measurement

PARTS = (reach, speed, catalogue)


def measurements() -> Iterator[Measurement]:
    """All figures of the group."""
    for part in PARTS:
        yield from part.measurements()
