"""What the travel system does and costs: a trip in sim mode, the journeys' digests, the last seats, the live stack."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Measurement
from benchmarks.reference import last_seats, last_seats_in_trouble, load, repeatability, sim_trip

PARTS = (sim_trip, repeatability, last_seats, last_seats_in_trouble, load)


def measurements() -> Iterator[Measurement]:
    """All figures of the group."""
    for part in PARTS:
        yield from part.measurements()
