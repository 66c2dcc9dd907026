"""Points of time and the intervals in which they fall, one to one, in n log n."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Generic, NamedTuple, TypeVar

P = TypeVar("P")
W = TypeVar("W")


class Point(NamedTuple, Generic[P]):
    """Something that began."""

    at_s: float
    end_s: float
    """Of those that began together, the one that ended first goes first."""
    written_as: int
    what: P


class Interval(NamedTuple, Generic[W]):
    """Something that was open for a time."""

    start_s: float
    end_s: float
    began_as: float
    """What was written down before this cannot have happened inside."""
    ended_as: float
    """And neither can what was written after this."""
    what: W


def first_to_end(
    points: Sequence[Point[P]], intervals: Sequence[Interval[W]], *, within_s: float
) -> Iterator[tuple[P, W, bool]]:
    """For each point, in order, that of the intervals open then which ends first; and whether it can be no other.

    No interval is given twice. To take the first to end leaves those for later points that can serve them.
    """
    waiting = sorted(intervals, key=lambda interval: interval.start_s, reverse=True)
    is_open: list[tuple[float, float, int, Interval[W]]] = []
    in_doubt = False  # from a choice on, until none is open of those that there were
    for point in sorted(points, key=lambda point: point[:3]):
        _drop_ended(is_open, point, within_s)
        in_doubt = in_doubt and bool(is_open)
        while waiting and waiting[-1].start_s <= point.at_s + within_s:
            interval = waiting.pop()
            heappush(is_open, (interval.end_s, interval.ended_as, len(waiting), interval))
        _drop_ended(is_open, point, within_s)
        if is_open and is_open[0][3].began_as <= point.written_as:
            interval = heappop(is_open)[3]
            in_doubt = in_doubt or bool(is_open)
            yield point.what, interval.what, not in_doubt


def _drop_ended(is_open: list[tuple[float, float, int, Interval[W]]], point: Point[P], within_s: float) -> None:
    while is_open and (is_open[0][0] < point.at_s - within_s or is_open[0][1] < point.written_as):
        heappop(is_open)
