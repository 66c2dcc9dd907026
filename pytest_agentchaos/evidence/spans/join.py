"""Which span tells of which call: what a system says of itself, laid beside what crossed the wires.

By trace context where a call carried one: it names the span that sent it. Else by kind, name and time, one to one in
the order of time. Attempts of one call (equal arguments) may share a span, different calls may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import crashed
from pytest_agentchaos.evidence.spans.by_time import join_by_time, skews_of
from pytest_agentchaos.evidence.spans.context import SpanId, sender
from pytest_agentchaos.evidence.spans.conventions import subject, what
from pytest_agentchaos.evidence.spans.pairs import Pairs, Told
from pytest_agentchaos.evidence.spans.span import Seen, Span
from pytest_agentchaos.evidence.spans.tree import span_tree

KINDS: Final = ("model", "tool", "agent")
"""Kinds of calls that a trace should tell of."""

_PASSED_THROUGH: Final = frozenset({"http", "other"})
"""Spans of transports and of a user's own say nothing of a call: what tells of it stands around them."""


class Joined(NamedTuple):
    """The calls of a history and its spans."""

    told: tuple[Told, ...]
    """Each call of a model, a tool or an agent; of other calls those that a span of the history has sent."""
    silent: tuple[Seen, ...]
    """Spans of models, tools and agents that tell of no call that crossed a wire."""
    tellers: Mapping[SpanId, tuple[Seen, ...]]
    """For each ``outermost`` span all that tell of the same call, itself included."""
    senders: Mapping[int, SpanId]
    """The op of a call -> the span that it says has sent it, in the history or not."""
    skews_s: Mapping[str, float]
    """Service -> what has to be added to its times; of those whose clocks are not that of the history."""
    damaged: tuple[int, ...]
    """Ops of calls whose trace context cannot be read; they are joined as if they had none."""


def join(history: History) -> Joined:
    """Calls and spans of a history; ask by ``history.view(join)``."""
    pairs = Pairs(history.view(span_tree))
    senders: dict[int, SpanId] = {}
    damaged = []
    for exchange in history.calls():
        if traceparent := exchange.call.traceparent:
            if (sent_by := sender(traceparent)) is None:
                damaged.append(exchange.index)
            else:
                senders[exchange.index] = sent_by
    ways = _Ways(pairs)
    for exchange in history.calls():
        _join_by_context(exchange, senders.get(exchange.index), pairs, ways)
    skews_s = skews_of(pairs.told.values())
    known = {key.trace_id for key in pairs.tree.spans}  # any other is no trace of this system's: a vendor's, say
    traces = {index: sent_by.trace_id for index, sent_by in senders.items() if sent_by.trace_id in known}
    join_by_time(pairs, traces, skews_s)
    told = tuple(ways.completed(one) for one in pairs.told.values())
    tellers: dict[SpanId, list[Seen]] = {one.outermost: [] for one in told if one.outermost is not None}
    silent: list[Seen] = []
    for key in pairs.kinds:
        tellers.get(ways.outermost(key), silent).append(pairs.tree.spans[key])
    found = {key: tuple(seen) for key, seen in tellers.items()}
    return Joined(told, tuple(silent), found, senders, skews_s, tuple(damaged))


def due(history: History) -> tuple[Told, ...]:
    """The calls that a span has to tell of; ask by ``history.view(due)``.

    A process that a fault has ended took its open spans with it.
    """
    gone = history.view(crashed)
    return tuple(
        one
        for one in history.view(join).told
        if one.exchange.call.kind in KINDS and not any(run.began <= one.exchange.index < run.op for run in gone)
    )


def _join_by_context(exchange: Exchange, sent_by: SpanId | None, pairs: Pairs, ways: _Ways) -> None:
    """The span that sent the call, or the nearest around it that tells of anything, if it tells of such a call."""
    call = exchange.call
    if call.kind not in KINDS:
        if sent_by is not None and sent_by in pairs.tree.spans:
            pairs.told[exchange.index] = Told(exchange, pairs.tree.spans[sent_by], "context")
        return
    pairs.told[exchange.index] = Told(exchange, None)
    teller = ways.around(sent_by) if sent_by is not None else None
    if teller is not None and pairs.kinds.get(teller) == call.kind and _is_about(pairs.tree.spans[teller].span, call):
        pairs.give(exchange, teller, "context")


def _is_about(span: Span, call: Call) -> bool:
    """A model often has several names. Frameworks put a server's name before that of its tool."""
    if call.kind == "model":
        return True
    about, name = subject(span), str(call.name)
    return about.endswith(name) or name.endswith(about)


class _Ways:
    """Ways up the trees of spans. Each span is passed once, whoever asks."""

    def __init__(self, pairs: Pairs) -> None:
        self._spans = pairs.tree.spans
        self._kinds = pairs.kinds
        self._around: dict[SpanId, SpanId | None] = {}
        self._outermost: dict[SpanId, SpanId] = {}

    def around(self, key: SpanId | None) -> SpanId | None:
        """The span itself, or the nearest around it, that tells of anything: what stands between only carries."""
        way: list[SpanId] = []
        found: SpanId | None = None
        while key is not None and (seen := self._spans.get(key)) is not None:
            if key in self._around:
                found = self._around[key]
                break
            self._around[key] = None  # a span that is its own ancestor stands inside of nothing
            way.append(key)
            if what(seen.span) not in _PASSED_THROUGH:
                found = key
                break
            key = _parent(seen.span)
        for passed in way:
            self._around[passed] = found
        return found

    def outermost(self, key: SpanId) -> SpanId:
        """The last span, going up, of those that tell of one call: of the same kind, and about the same."""
        way: list[SpanId] = []
        while key not in self._outermost:
            self._outermost[key] = key
            way.append(key)
            above = self._same_around(key)
            if above is None:
                break
            key = above
        found = self._outermost[key]
        for passed in way:
            self._outermost[passed] = found
        return found

    def completed(self, told: Told) -> Told:
        """With the outermost span that tells of the same call."""
        if told.span is None:
            return told
        span = told.span.span
        return told._replace(outermost=self.outermost(SpanId(span.trace_id, span.span_id)))

    def _same_around(self, key: SpanId) -> SpanId | None:
        span, kind = self._spans[key].span, self._kinds.get(key)
        above = self.around(_parent(span)) if kind is not None else None
        if above is None or self._kinds.get(above) != kind:
            return None
        return above if kind == "model" or subject(self._spans[above].span) == subject(span) else None


def _parent(span: Span) -> SpanId | None:
    return SpanId(span.trace_id, span.parent_id) if span.parent_id else None
