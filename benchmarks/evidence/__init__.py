"""What evidence costs: spans received, histories judged, traces checked."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.evidence import check_trace, judging, receiver
from benchmarks.measure import Measurement

PARTS = (judging, receiver, check_trace)


def measurements() -> Iterator[Measurement]:
    """All figures of the group."""
    for part in PARTS:
        yield from part.measurements()
