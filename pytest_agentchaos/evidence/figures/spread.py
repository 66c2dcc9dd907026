"""A spread: how long things took, counted in fixed classes, so that those of many trials can be added up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

BOUNDS_S: Final = (
    0.0,
    *(round(step * 10.0**power, 6) for power in range(-3, 3) for step in (1, 2, 5)),
    1000.0,
)
"""The largest time of each class: none at all, 1 ms, 2 ms, 5 ms ... 500 s, 1000 s; one more class is for the rest."""


def spread(times_s: Iterable[float]) -> tuple[int, ...]:
    """How many times fall into each class; without those after the last that has any."""
    counts = [0] * (len(BOUNDS_S) + 1)
    for time_s in times_s:
        counts[bisect_left(BOUNDS_S, time_s)] += 1
    while counts and not counts[-1]:
        counts.pop()
    return tuple(counts)
