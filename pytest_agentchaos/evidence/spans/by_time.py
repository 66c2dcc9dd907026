"""Joins calls that carry no trace context, or none that helps: by kind, name and time, one to one in order of time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import inf, isfinite
from statistics import median
from typing import Final

from pytest_agentchaos.evidence.conduct.fate import identity, succeeded
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.spans.context import SpanId
from pytest_agentchaos.evidence.spans.conventions import CallKind, requested_model, subject
from pytest_agentchaos.evidence.spans.overlap import Interval, Point, first_to_end
from pytest_agentchaos.evidence.spans.pairs import Pairs, Told, Wish
from pytest_agentchaos.evidence.spans.span import Span

SKEW_S: Final = 0.001
"""Clocks that agree to this agree."""

Key = tuple[str, str, str]
"""Kind, name, and the trace that is known from the call; empty if none is."""


def join_by_time(pairs: Pairs, traces: Mapping[int, str], skews_s: Mapping[str, float]) -> None:
    """Give spans to the calls that have none; ``traces`` are those that calls are known to belong to, by op."""
    calls: dict[Key, list[Exchange]] = {}
    for one in pairs.told.values():
        exchange = one.exchange
        if one.span is None and isfinite(exchange.at_s):
            key = (exchange.call.kind, str(exchange.call.name), traces.get(exchange.index, ""))
            calls.setdefault(key, []).append(exchange)
    if calls:
        _ByTime(pairs, skews_s).join(calls)


class _ByTime:
    def __init__(self, pairs: Pairs, skews_s: Mapping[str, float]) -> None:
        self.pairs = pairs
        self.skews_s = skews_s

    def join(self, calls: Mapping[Key, list[Exchange]]) -> None:
        spans = self._spans_by_key()
        nameless: dict[Key, list[Exchange]] = {}
        for key, wanted in calls.items():
            self._join_alike(wanted, spans.get(key, ()))
            if key[0] == "model":
                nameless.setdefault(("model", "", key[2]), []).extend(wanted)
        for key, wanted in nameless.items():
            self._join_alike([one for one in wanted if self.pairs.is_untold(one)], spans.get(key, ()))
        self._share(one for wanted in calls.values() for one in wanted if self.pairs.is_untold(one))

    def _spans_by_key(self) -> dict[Key, list[SpanId]]:
        """Each span under every key by which a call may look for it."""
        spans: dict[Key, list[SpanId]] = {}
        for span, kind in self.pairs.kinds.items():
            for name in _names(self.pairs.tree.spans[span].span, kind):
                for trace_id in (span.trace_id, ""):
                    spans.setdefault((kind, name, trace_id), []).append(span)
        return spans

    def _join_alike(self, calls: list[Exchange], spans: Sequence[SpanId]) -> None:
        """All attempts together where one span is around them; else each alone, the first of all calls at first."""
        if not spans:
            return
        is_untold = self.pairs.is_untold
        chains = _chains(calls)
        self._around_chains([chain for chain in chains if len(chain) > 1], spans)
        for some in ([chain[0] for chain in chains], [attempt for chain in chains for attempt in chain[1:]]):
            self._around_calls([one for one in some if is_untold(one)], spans)
            self._inside_calls([one for one in some if is_untold(one)], spans)
            self._with_the_one_before(chains)
        self._around_calls([one for one in calls if self.pairs.told[one.index].shared], spans)

    def _around_chains(self, chains: list[list[Exchange]], spans: Iterable[SpanId]) -> None:
        """The span around all attempts: it began before the first of them, and ended after the last."""
        points = [Point(chain[-1].at_s, _ended_s(chain[-1]), chain[-1].index, chain) for chain in chains]
        for chain, key, alone in first_to_end(points, self._free(spans) if points else [], within_s=SKEW_S):
            if self._times_s(key)[0] <= chain[0].at_s + SKEW_S:
                for exchange in chain:
                    self.pairs.give(exchange, key, "name", alone=alone)

    def _with_the_one_before(self, chains: list[list[Exchange]]) -> None:
        """An attempt that ended before the span of the one before it did was made inside of that."""
        for chain in chains:
            for before, attempt in pairwise(chain):
                span = self.pairs.told[before.index].span
                if span is not None and self.pairs.is_untold(attempt) and span.op > (attempt.end or inf):
                    key = SpanId(span.span.trace_id, span.span.span_id)
                    if self._times_s(key)[1] + SKEW_S >= _ended_s(attempt):
                        self.pairs.give(attempt, key, "name")

    def _around_calls(self, calls: list[Exchange], spans: Iterable[SpanId]) -> None:
        """The caller's span: it was open when the call began."""
        points = [Point(one.at_s, _ended_s(one), one.index, one) for one in calls]
        for exchange, key, alone in first_to_end(points, self._free(spans) if points else [], within_s=SKEW_S):
            self.pairs.give(exchange, key, "name", alone=alone)

    def _inside_calls(self, calls: list[Exchange], spans: Iterable[SpanId]) -> None:
        """The callee's span: it began while the call was under way."""
        intervals = [Interval(one.at_s, _ended_s(one), one.index, inf, one) for one in calls]
        free = self._free(spans) if intervals else []
        points = [Point(one.start_s, one.end_s, self.pairs.tree.spans[one.what].op, one.what) for one in free]
        for key, exchange, alone in first_to_end(points, intervals, within_s=SKEW_S):
            self.pairs.give(exchange, key, "name", alone=alone)

    def _share(self, calls: Iterable[Exchange]) -> None:
        """A span around several attempts, of which another one has it: the last that had begun by then."""
        held: dict[Wish, list[Interval[SpanId]]] = {}
        for key, wish in self.pairs.holds.items():
            held.setdefault(wish, []).append(self._interval(key))
        for intervals in held.values():
            intervals.sort(key=_start_s)
        for exchange in calls:
            own = held.get(identity(exchange), [])
            begun = bisect_right(own, exchange.at_s + SKEW_S, key=_start_s)
            if begun and own[begun - 1].end_s >= exchange.at_s - SKEW_S:
                self.pairs.give(exchange, own[begun - 1].what, "name")

    def _free(self, spans: Iterable[SpanId]) -> list[Interval[SpanId]]:
        """Those that tell of no call yet."""
        return [self._interval(key) for key in spans if key not in self.pairs.holds]

    def _interval(self, key: SpanId) -> Interval[SpanId]:
        return Interval(*self._times_s(key), -inf, self.pairs.tree.spans[key].op, key)

    def _times_s(self, key: SpanId) -> tuple[float, float]:
        """On the clock of the history."""
        span = self.pairs.tree.spans[key].span
        skew_s = self.skews_s.get(span.service, 0.0)
        return span.start_s + skew_s, inf if span.end_s is None else span.end_s + skew_s


def skews_of(told: Iterable[Told]) -> dict[str, float]:
    """Service -> what has to be added to its times, so that spans that sent calls were open when these began."""
    wanted: dict[str, list[float]] = {}
    for one in told:
        if one.span is not None and isfinite(one.exchange.at_s):
            span, at_s = one.span.span, one.exchange.at_s
            at_least_s = -inf if span.end_s is None else at_s - span.end_s
            at_most_s = at_s - span.start_s
            wanted.setdefault(span.service, []).append(max(0.0, at_least_s) + min(0.0, at_most_s))
    found = {service: median(each) for service, each in wanted.items()}
    return {service: skew_s for service, skew_s in found.items() if abs(skew_s) > SKEW_S}


def _chains(calls: Iterable[Exchange]) -> list[list[Exchange]]:
    """Each call with its attempts: one that is equal to one that was not answered is another attempt of it."""
    chains: list[list[Exchange]] = []
    unanswered: dict[Wish, list[Exchange]] = {}
    for exchange in calls:
        wish = identity(exchange)
        chain = unanswered.get(wish)
        if chain is None:
            chain = unanswered[wish] = []
            chains.append(chain)
        chain.append(exchange)
        if succeeded(exchange):
            del unanswered[wish]
    return chains


def _names(span: Span, kind: CallKind) -> set[str]:
    """The names under which a call may look for it; the empty one stands for any model."""
    about = subject(span)
    if kind != "model":
        return {about}
    return {about, requested_model(span) or about} if about != span.name else {""}


def _start_s(interval: Interval[SpanId]) -> float:
    return interval.start_s


def _ended_s(exchange: Exchange) -> float:
    ended_s = exchange.ended_s
    return ended_s if ended_s is not None and isfinite(ended_s) else inf
