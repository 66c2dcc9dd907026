"""What is wrong with traces as trees, whatever crossed the wires: roots, orphans, circles, ids that stand twice."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import Final

from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import Run, crashed, runs
from pytest_agentchaos.evidence.spans.defects import Defect, Place
from pytest_agentchaos.evidence.spans.join import KINDS, join
from pytest_agentchaos.evidence.spans.span import Seen
from pytest_agentchaos.evidence.spans.tree import SpanTree, span_tree
from pytest_agentchaos.evidence.telling import shown


def shape(history: History, *, roots: int, skew_s: float) -> Iterator[Defect]:
    """All of it; ``roots`` are due in each run, or in each trace of a history that was made from traces."""
    tree = history.view(span_tree)
    yield from _roots_of_traces(tree, roots) if history.mode == "trace" else _roots_of_runs(history, roots)
    yield Defect(
        "span has a parent that is nowhere in the history",
        "spans have a parent that is nowhere in the history",
        [Place(f"{named(one)} under {shown(one.span.parent_id)}", (one.op,)) for one in _orphans(history, tree)],
    )
    circles = [Place(named(one), (one.op,)) for one in tree.circles]
    yield Defect("span is its own ancestor", "spans are their own ancestors", circles)
    unended = [Place(named(one), (one.op,)) for one in tree.spans.values() if one.span.end_s is None]
    yield Defect("span never ended", "spans never ended", unended)
    twice = [
        Place(f"{shown(first.span.span_id)} for {named(first)} and {named(second)}", (first.op, second.op))
        for first, second in tree.twice
    ]
    yield Defect("span id stands twice", "span ids stand twice", twice)
    early = [
        Place(f"{named(one)} by {before_s:.3g} s", (one.op,))
        for one, parent, before_s in _before_parents(tree, skew_s)
        if one.span.service == parent.span.service
    ]
    yield Defect("span began before its parent", "spans began before their parents", early)


def _orphans(history: History, tree: SpanTree) -> list[Seen]:
    """Spans whose parent is missing, but for those of a trace in which it may be a process that is missing."""
    gone = history.view(crashed)
    cut = {one.span.trace_id for one in tree.spans.values() for run in gone if run.began <= one.op < run.op}
    return [one for one in tree.orphans if one.span.trace_id not in cut]


def skewed(history: History, *, skew_s: float) -> list[Place]:
    """Pairs of services whose clocks disagree: a span begins before its parent in the other. No fault of a trace."""
    most: dict[tuple[str, str], tuple[float, int]] = {}
    for one, parent, before_s in _before_parents(history.view(span_tree), skew_s):
        between = (parent.span.service, one.span.service)
        if between[0] != between[1]:
            most[between] = max(most.get(between, (0.0, one.op)), (before_s, one.op))
    return [
        Place(f"that of {shown(above)!r} is {before_s:.3g} s ahead of that of {shown(below)!r}", (op,))
        for (above, below), (before_s, op) in most.items()
    ]


def named(one: Seen) -> str:
    """A span, and where it stands in the history."""
    return f"{shown(one.span.name)} (op {one.op})"


def _before_parents(tree: SpanTree, skew_s: float) -> Iterator[tuple[Seen, Seen, float]]:
    """Spans that began before their parents, their parents, and by how much."""
    for one in tree.spans.values():
        parent = tree.parent(one.span)
        if parent is not None and parent.span.start_s - one.span.start_s > skew_s:
            yield one, parent, parent.span.start_s - one.span.start_s


def _roots_of_runs(history: History, due: int) -> Iterator[Defect]:
    """Each run in which anything was called or told has as many as are due."""
    if not (ended := history.view(runs)):
        return
    periods, tree = Periods(ended), history.view(span_tree)
    found: dict[int, list[Seen]] = {}
    for one in _counted(tree):
        found.setdefault(periods.of(one.op, one.span.start_s), []).append(one)
    calls = (one.exchange for one in history.view(join).told if one.exchange.call.kind in KINDS)
    active = {periods.of(one.op, one.span.start_s) for one in tree.spans.values()}
    active.update(periods.of(one.index, one.at_s) for one in calls)
    for number in sorted(number for number in active if ended[number].ending != "crashed"):
        these = found.get(number, [])
        if len(these) != due:
            where = f"in a run of which {due} {'is' if due == 1 else 'are'} due"
            places = [Place(named(one), (one.op,)) for one in these]
            if places:
                yield Defect(f"root span {where}", f"root spans {where}", places)
            else:
                ending = ended[number]
                yield Defect(
                    "run has no root span",
                    "runs have no root span",
                    [Place(f"the one that {shown(ending.ending)} at {ending.at_s:g} s (op {ending.op})", (ending.op,))],
                )


def _roots_of_traces(tree: SpanTree, due: int) -> Iterator[Defect]:
    count = Counter(one.span.trace_id for one in _counted(tree))
    wrong = [Place(named(one), (one.op,)) for one in _counted(tree) if count[one.span.trace_id] != due]
    where = f"in traces of which each should have {due}"
    yield Defect(f"root span {where}", f"root spans {where}", wrong)


def _counted(tree: SpanTree) -> list[Seen]:
    """Roots, without those of work in the background that says where it came from."""
    ids = {key.span_id for key in tree.spans}
    return [one for one in tree.roots if not any(link[-16:] in ids for link in one.span.links)]


_ROUNDED_S: Final = 2e-6
"""A saved history keeps the moments of its ops to the microsecond, those of spans as they were."""


class Periods:
    """When each run was."""

    def __init__(self, ended: tuple[Run, ...]) -> None:
        self._ops = [run.op for run in ended]
        self._times_s = [run.at_s for run in ended]

    def of(self, op: int, at_s: float) -> int:
        """The number of the run to which an op belongs: by its time, and by its place where two runs meet in time."""
        if len(self._ops) == 1:
            return 0
        place = bisect_left(self._ops, op)
        earliest = bisect_left(self._times_s, at_s - _ROUNDED_S)
        latest = bisect_right(self._times_s, at_s + _ROUNDED_S)
        if place == len(self._ops):  # written after all of them
            place = earliest
        return min(max(place, earliest), latest, len(self._ops) - 1)
