"""Measuring: one figure with its limit, and two things timed in turns.

Machines differ and drift, so a figure is a ratio or a difference against a bare counterpart of the same run.
The two are timed in alternating order, and the median over the rounds is quoted.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from pytest_agentchaos.clock import wall_s

Direction = Literal["at_most", "at_least"]
Action = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure, and the limit that it has to keep."""

    name: str
    value: float
    unit: str
    limit: float
    direction: Direction
    detail: str = ""
    """What was taken against what, for the reader of the table."""

    @property
    def holds(self) -> bool:
        """Whether the limit is kept; what is not a number keeps no limit."""
        if self.direction == "at_most":
            return self.value <= self.limit
        return self.value >= self.limit

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON has words for it: NaN and infinity become null."""
        return {
            "name": self.name,
            "value": self.value if math.isfinite(self.value) else None,
            "unit": self.unit,
            "limit": self.limit,
            "direction": self.direction,
            "holds": self.holds,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Seconds of a subject and of its bare counterpart, pair by pair."""

    subject_s: tuple[float, ...]
    bare_s: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times longer the subject takes."""
        return median(subject / bare for subject, bare in self._pairs())

    @property
    def speed(self) -> float:
        """How many times faster the subject is."""
        return median(bare / subject for subject, bare in self._pairs())

    @property
    def difference_s(self) -> float:
        """How many seconds longer the subject takes."""
        return median(subject - bare for subject, bare in self._pairs())

    @property
    def detail(self) -> str:
        """Both medians, so that a reader can see what the ratio is made of."""
        return (
            f"{_in_words(median(self.subject_s))} against {_in_words(median(self.bare_s))} bare, "
            f"median of {len(self.subject_s)} rounds"
        )

    def _pairs(self) -> Iterator[tuple[float, float]]:
        return zip(self.subject_s, self.bare_s, strict=True)


def compare(  # noqa: PLR0913 - two actions, the rest by keyword and seldom given
    subject: Action,
    bare: Action,
    *,
    rounds: int = 15,
    warm_up: int = 2,
    repeat: int = 1,
    timer: Callable[[], float] = wall_s,
) -> Comparison:
    """Time two actions in turns; the seconds are those of one call out of ``repeat`` in a round."""
    for _ in range(warm_up):
        subject()
        bare()
    subject_s: list[float] = []
    bare_s: list[float] = []
    turns = ((subject, subject_s), (bare, bare_s))
    for index in range(rounds):
        # Who goes first changes each round: what the machine does meanwhile meets both alike.
        for action, taken_s in turns if index % 2 == 0 else turns[::-1]:
            taken_s.append(seconds(action, repeat=repeat, timer=timer))
    return Comparison(tuple(subject_s), tuple(bare_s))


def seconds(action: Action, *, repeat: int = 1, timer: Callable[[], float] = wall_s) -> float:
    """Seconds of one call, as the mean of ``repeat`` calls in a row."""
    with garbage_waits():
        begin = timer()
        for _ in range(repeat):
            action()
        return (timer() - begin) / repeat


def resident_mb() -> float:
    """Megabytes of memory that this process holds, after a collection."""
    import psutil

    gc.collect()
    return float(psutil.Process().memory_info().rss) / 1e6


@contextmanager
def garbage_waits() -> Iterator[None]:
    """No collection inside: it would be charged to whoever happens to run."""
    gc.collect()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _in_words(duration_s: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if abs(duration_s) * factor >= 1:
            return f"{duration_s * factor:.3g} {unit}"
    return f"{duration_s * 1e6:.3g} us"
