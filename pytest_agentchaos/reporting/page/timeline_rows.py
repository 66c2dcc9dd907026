"""Rows of a timeline, from top to bottom: a call on one line if nothing happens to it, on several if something does."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite
from typing import Literal

from pytest_agentchaos.reporting.timeline import Bar, Delivery, Fold, Mark, Strike, Timeline

Kind = Literal["call", "strike", "delivery", "reply", "mark", "fold", "gap"]

_OF_PROCESSES = frozenset({"crash", "pause"})
"""Faults whose consequences do not show on the call itself."""
_GAP_S = 1.0
_GAPS = 25
_GAP_SHARE = 0.04
"""Where the clock moves all the time, as in live mode, only the longer pauses are told."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line."""

    kind: Kind
    place: int
    """The op that it tells of."""
    at_s: float
    until_s: float
    """When what it tells of is over; later than ``at_s`` only where a whole call is told on one line."""
    bar: Bar | None = None
    marks: tuple[Mark, ...] = ()
    whole: bool = False
    """Of a call: whether its answer is on the same line."""
    strike: Strike | None = None
    last: bool = False
    """Of a strike: the last on its call, where what became of it is told."""
    delivery: Delivery | None = None
    fold: Fold | None = None
    seconds: float = 0.0
    """Of a gap."""
    open: tuple[int, ...] = ()
    """Lanes that are at work on a call while this happens."""


def rows(timeline: Timeline) -> list[Row]:
    """All of them."""
    busy = _busy(timeline)
    found = [
        *(row for bar in timeline.bars for row in _of(bar, busy)),
        *(Row("fold", fold.place, *_times(timeline, fold.place), fold=fold) for fold in timeline.folds),
    ]
    found.sort(key=lambda row: row.place)
    found = _with_marks(found, timeline.marks)
    return list(_with_gaps(_with_open(found), timeline.duration_s))


def _busy(timeline: Timeline) -> list[int]:
    """Places at which something is to be seen."""
    places = {place for bar in timeline.bars for place in (bar.begin, bar.end) if place is not None}
    places |= {strike.op for bar in timeline.bars for strike in bar.strikes}
    places |= {delivery.op for bar in timeline.bars for delivery in bar.deliveries}
    places |= {mark.place for mark in timeline.marks if mark.of is None}
    return sorted(places | {fold.place for fold in timeline.folds})


def is_told_at_length(bar: Bar) -> bool:
    """Whether what faults made of a call needs several lines: the callee knows something else than the caller.

    One that took longer and was well does not, nor one that was refused and never arrived.
    """
    if not bar.strikes:
        return False
    if any(strike.fault in _OF_PROCESSES for strike in bar.strikes) and bar.deliveries:
        return True
    is_known = len(bar.deliveries) == 1 and bar.ending == "ok" and not bar.delivered
    return not is_known and bool(bar.deliveries or bar.ending in {"info", "open"})


def _of(bar: Bar, busy: Sequence[int]) -> Iterator[Row]:
    ended_s = bar.at_s if bar.ended_s is None else bar.ended_s
    at_length = is_told_at_length(bar)
    own = {strike.op for strike in bar.strikes} | {delivery.op for delivery in bar.deliveries}
    end = bar.end
    inside = () if end is None else busy[bisect_right(busy, bar.begin) : bisect_left(busy, end)]
    between = any(place not in own for place in inside)
    whole = end is not None and not at_length and not between
    yield Row("call", bar.begin, bar.at_s, ended_s if whole else bar.at_s, bar, whole=whole)
    if at_length:
        for strike in bar.strikes:
            is_last = strike is bar.strikes[-1]
            yield Row("strike", strike.op, strike.at_s, strike.at_s, bar, strike=strike, last=is_last)
        for delivery in bar.deliveries:
            yield Row("delivery", delivery.op, delivery.at_s, delivery.at_s, bar, delivery=delivery)
    if end is not None and not whole:
        yield Row("reply", end, ended_s, ended_s, bar)


def _with_marks(found: list[Row], marks: Sequence[Mark]) -> list[Row]:
    """What a call did stands on the line that shows it; all else has a line of its own."""
    home: dict[int, int] = {}
    for position, row in enumerate(found):
        home.setdefault(row.place, position)
        if row.whole and row.bar is not None:
            for place in (row.bar.end, *(one.op for one in row.bar.deliveries)):
                if place is not None:
                    home.setdefault(place, position)
    alone: list[Row] = []
    for mark in marks:
        position = home.get(mark.place, -1)
        bar = found[position].bar if position >= 0 else None
        if mark.of is not None and bar is not None and bar.op == mark.of:
            found[position] = replace(found[position], marks=(*found[position].marks, mark))
        else:
            alone.append(Row("mark", mark.place, mark.at_s, mark.at_s, marks=(mark,)))
    return sorted([*found, *alone], key=lambda row: row.place)


def _with_open(found: Sequence[Row]) -> Iterator[Row]:
    under_way: dict[int, int] = {}
    for row in found:
        bar = row.bar
        if row.kind == "call" and bar is not None and not row.whole:
            yield replace(row, open=tuple(sorted(set(under_way.values()))))
            under_way[bar.op] = bar.callee
        elif row.kind == "reply" and bar is not None:
            under_way.pop(bar.op, None)
            yield replace(row, open=tuple(sorted(set(under_way.values()))))
        else:
            yield replace(row, open=tuple(sorted(set(under_way.values()))))


def _with_gaps(found: Iterator[Row], duration_s: float) -> Iterator[Row]:
    listed = list(found)
    pauses = [row.at_s - max(before.at_s, before.until_s) for before, row in pairwise(listed)]
    many = sum(pause_s >= _GAP_S for pause_s in pauses) > _GAPS and isfinite(duration_s)
    least_s = max(_GAP_S, duration_s * _GAP_SHARE) if many else _GAP_S
    if listed:
        yield listed[0]
    for (before, row), pause_s in zip(pairwise(listed), pauses, strict=True):
        if isfinite(pause_s) and pause_s >= least_s:
            yield Row("gap", row.place, row.at_s, row.at_s, seconds=pause_s, open=_still(before, row))
        yield row


def _still(before: Row, after: Row) -> tuple[int, ...]:
    """What is at work on both sides of a pause is at work in it; so is a call that begins before or ends after."""
    begun, ended = set(before.open), set(after.open)
    if before.kind == "call" and before.bar is not None and not before.whole:
        begun.add(before.bar.callee)
    if after.kind == "reply" and after.bar is not None:
        ended.add(after.bar.callee)
    return tuple(sorted(begun & ended))


def _times(timeline: Timeline, place: int) -> tuple[float, float]:
    """When the calls of a fold were made: between those that are drawn before and after it."""
    before = [bar.at_s for bar in timeline.bars if bar.begin < place]
    after = [bar.at_s for bar in timeline.bars if bar.begin > place]
    began_s = before[-1] if before else 0.0
    return began_s, after[0] if after else began_s
