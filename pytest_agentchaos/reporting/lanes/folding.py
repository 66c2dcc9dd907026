"""Folding: of a long trial those calls are drawn at which something happened, and those around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from pytest_agentchaos.evidence.telling import listed
from pytest_agentchaos.reporting.timeline import Bar, Fold

LIMIT = 80
"""So many calls are drawn one by one."""
_AROUND = (8, 3, 1, 0)
_ENDS = 3
_ATTEMPTS = 3
"""Of a call that was made again and again the first and the last attempts are enough."""
_FEWEST = 3
"""A fold of fewer calls would be no shorter than they are."""


def folded(bars: Sequence[Bar], marked: Collection[int], limit: int = LIMIT) -> tuple[list[Bar], tuple[Fold, ...]]:
    """What is drawn, and what is told of the rest. ``marked``: calls that did something to the world, by their ops."""
    if len(bars) <= limit:
        return list(bars), ()
    kept = _kept(bars, marked, limit)
    kept |= {place for run in _runs(kept, len(bars)) if len(run) < _FEWEST for place in run}
    folds = [_fold([bars[place] for place in run]) for run in _runs(kept, len(bars))]
    return [bars[place] for place in sorted(kept)], tuple(folds)


def _kept(bars: Sequence[Bar], marked: Collection[int], limit: int) -> set[int]:
    ends = {*range(min(_ENDS, len(bars))), *range(max(0, len(bars) - _ENDS), len(bars))}
    events = [place for place, bar in enumerate(bars) if _is_event(bar) or bar.op in marked]
    for around in _AROUND:
        near = (place + step for place in events for step in range(-around, around + 1))
        kept = ends | {place for place in near if 0 <= place < len(bars)}
        if len(kept) <= limit:
            return kept
    evidence = [place for place in events if bars[place].evidence]
    others = [place for place in events if not bars[place].evidence]
    room = max(0, limit - len(ends) - len(evidence))
    half = room // 2
    return ends | set(evidence[:limit]) | set(others[: room - half]) | set(others[len(others) - half :])


def _is_event(bar: Bar) -> bool:
    if bar.evidence:
        return True
    if _ATTEMPTS < bar.attempt <= bar.attempts - _ATTEMPTS + 1:
        return False
    return bool(bar.strikes) or bar.wrong or bar.attempts > 1 or bar.ending == "open"


def _runs(kept: Collection[int], length: int) -> Iterator[list[int]]:
    """What lies between those that are kept."""
    run: list[int] = []
    for place in range(length + 1):
        if place < length and place not in kept:
            run.append(place)
        elif run:
            yield run
            run = []


def _fold(bars: Sequence[Bar]) -> Fold:
    alike = Counter(f"{bar.kind} {bar.name}" for bar in bars)
    names = listed([f"{name} ({count})" for name, count in alike.most_common()], limit=5)
    failed = sum(bar.wrong for bar in bars)
    struck = _struck(bars)
    told = f"{len(bars)} calls like these: {names}"
    told += f"; {failed} of them failed" if failed else "; all answered"
    told += f"; under {struck}" if struck else ""
    ways = tuple(sorted({(bar.caller, bar.callee) for bar in bars}))
    return Fold(bars[0].begin, bars[0].op, len(bars), told, ways)


def _struck(bars: Iterable[Bar]) -> str:
    return listed(list(dict.fromkeys(strike.fault for bar in bars for strike in bar.strikes)), limit=3)
