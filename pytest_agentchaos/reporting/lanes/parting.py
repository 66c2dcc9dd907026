"""Parting: where a trial does something else than the same journey does without faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.reporting.lanes.texts import gist
from pytest_agentchaos.reporting.timeline import Parting

_CALLS = 20_000
_LISTED = 12


def parting(history: History, golden: History) -> Parting | None:
    """None if the same calls are made in the same order."""
    here, there = history.calls()[:_CALLS], golden.calls()[:_CALLS]
    comparable = history.mode == golden.mode == "sim" and history.seed == golden.seed
    ours, theirs = ([_key(one, with_arguments=comparable) for one in calls] for calls in (here, there))
    shorter = min(len(ours), len(theirs))
    same = next((place for place in range(shorter) if ours[place] != theirs[place]), shorter)
    if same == len(ours) == len(theirs):
        return None
    return Parting(
        here[same].index if same < len(here) else None,
        _said(here[same]) if same < len(here) else "",
        _said(there[same]) if same < len(there) else "",
        same,
        _only(here, ours, theirs),
        _only(there, theirs, ours),
    )


def _key(exchange: Exchange, *, with_arguments: bool) -> Hashable:
    site = exchange.site
    return site if with_arguments else site[:4]


def _only(calls: Sequence[Exchange], ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> tuple[str, ...]:
    """The calls that the other does not make, or not as often."""
    left = Counter(theirs)
    found: Counter[str] = Counter()
    for exchange, key in zip(calls, ours, strict=True):
        if left[key]:
            left[key] -= 1
        else:
            found[_said(exchange)] += 1
    told = [f"{said} ({count} times)" if count > 1 else said for said, count in found.items()]
    return tuple(told[:_LISTED] + ([f"… and {len(told) - _LISTED} others"] if len(told) > _LISTED else []))


def _said(exchange: Exchange) -> str:
    call = exchange.call
    by = f"{'/'.join(map(str, call.agent))}: " if call.agent else ""
    return gist(f"{by}{call.kind} {call.name}")
