"""How often each method of ``statistics`` is wrong, and how fast the slow ones are: ``make bench GROUP=statistics``.

Where all samples can be listed, their chances are added up; else 2,000 are drawn. A bound that promises 5 % may be
wrong in 5 %, and in 6.5 % of 2,000 drawn samples (three standard errors).
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Measurement
from benchmarks.statistics import differences, looks, speed, spread


def measurements() -> Iterator[Measurement]:
    """Errors first."""
    for part in (differences, looks, spread, speed):
        yield from part.measurements()
