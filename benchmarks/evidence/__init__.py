"""What evidence costs: spans received, histories judged, traces checked."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.evidence import receiver
from benchmarks.measure import Measurement

PARTS = (receiver,)


def measurements() -> Iterator[Measurement]:
    """All figures of the group."""
    for part in PARTS:
        yield from part.measurements()
