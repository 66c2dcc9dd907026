"""The spans of a history as the trees that they should form, and where they form none."""

from __future__ import annotations

from typing import NamedTuple

from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.spans.context import SpanId
from pytest_agentchaos.evidence.spans.span import Seen, Span, spans


class Twice(NamedTuple):
    """Two spans with one id."""

    first: Seen
    second: Seen

    @property
    def same(self) -> bool:
        """Whether it is one span, written down twice."""
        return self.first.span == self.second.span


class SpanTree(NamedTuple):
    """All traces of a history."""

    spans: dict[SpanId, Seen]
    """By id. Of a span that was written before it ended, and again when it had, the latter."""
    roots: tuple[Seen, ...]
    orphans: tuple[Seen, ...]
    """Their parent is nowhere in the history."""
    circles: tuple[Seen, ...]
    """One span of each circle: it is its own ancestor."""
    twice: tuple[Twice, ...]

    def parent(self, span: Span) -> Seen | None:
        """The span above; None above a root and an orphan."""
        return self.spans.get(SpanId(span.trace_id, span.parent_id)) if span.parent_id else None


def span_tree(history: History) -> SpanTree:
    """The traces of a history; ask by ``history.view(span_tree)``."""
    by_id: dict[SpanId, Seen] = {}
    twice: list[Twice] = []
    for seen in history.view(spans).seen:
        key = SpanId(seen.span.trace_id, seen.span.span_id)
        known = by_id.setdefault(key, seen)
        if known is seen:
            continue
        if _has_ended_since(known.span, seen.span):
            by_id[key] = seen
        else:
            twice.append(Twice(known, seen))
    roots = tuple(seen for seen in by_id.values() if not seen.span.parent_id)
    orphans = tuple(
        seen
        for seen in by_id.values()
        if seen.span.parent_id and SpanId(seen.span.trace_id, seen.span.parent_id) not in by_id
    )
    return SpanTree(by_id, roots, orphans, _circles(by_id), tuple(twice))


def _has_ended_since(before: Span, after: Span) -> bool:
    """Whether the second is the first, which was still open when it was written."""
    same = (before.name, before.parent_id, before.start_s) == (after.name, after.parent_id, after.start_s)
    return same and before.end_s is None and after.end_s is not None


def _circles(by_id: dict[SpanId, Seen]) -> tuple[Seen, ...]:
    """Each span is walked over once: a walk ends where an earlier one has been."""
    found: list[Seen] = []
    walked: dict[SpanId, SpanId] = {}
    for begin in by_id:
        here = begin
        while here in by_id and here not in walked:
            walked[here] = begin
            here = SpanId(here.trace_id, by_id[here].span.parent_id)
        if walked.get(here) == begin:
            found.append(by_id[here])
    return tuple(found)
