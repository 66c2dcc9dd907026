"""Which trials are drawn: examples of causes, what they would have been without faults, then some that hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.reporting.making.recovery import Clean
from pytest_agentchaos.reporting.making.replays import replay
from pytest_agentchaos.reporting.report import Cluster
from pytest_agentchaos.reporting.timeline import Timeline

_PASSING = 5
"""So many trials that hold are drawn besides, if there is room."""


class Drawn(NamedTuple):
    """Timelines, and how many histories could not be read."""

    timelines: tuple[Timeline, ...]
    unread: int


def drawn(gathered: Gathered, clusters: Iterable[Cluster], limit: int) -> Drawn:
    """At most so many timelines."""
    from pytest_agentchaos.reporting.lanes import timeline

    chosen, golden = _chosen(gathered.rows, clusters, limit)
    clean = {row.trial: _history(gathered, row) for row in chosen if row.trial in golden.values()}
    timelines: list[Timeline] = []
    unread = 0
    for row in chosen:
        if (history := clean.get(row.trial) or _history(gathered, row)) is None:
            unread += 1
            continue
        same = golden.get(row.trial, "")
        result = gathered.result(row)
        line = replay(gathered, row, result)
        timelines.append(timeline(history, result, replay=line, golden=clean.get(same), golden_trial=same))
    return Drawn(tuple(timelines), unread)


def _chosen(rows: tuple[Row, ...], clusters: Iterable[Cluster], limit: int) -> tuple[list[Row], dict[str, str]]:
    """Rows in order, and for some of them the trial that shows the journey without faults."""
    if limit <= 0:
        return [], {}
    kept = {row.trial: row for row in rows if row.history}
    shown = list(clusters)
    wanted = [one.example for one in shown] + [trial for one in shown for trial in one.others]
    failing = [kept[trial] for trial in dict.fromkeys(wanted) if trial in kept]
    clean = Clean(kept.values())
    examples = failing[: max(1, limit - 1 - min(_PASSING, limit // 4))] if limit > 1 else failing[:1]
    golden: dict[str, str] = {}
    chosen = {row.trial: row for row in examples}
    for row in examples:
        same = clean.same(row) if row.faults else None
        if same is not None and (same.trial in chosen or len(chosen) < limit):
            chosen[same.trial] = same
            golden[row.trial] = same.trial
    for row in _one_of_each_fault(row for row in kept.values() if row.success and row.trial not in chosen):
        if len(chosen) < limit and sum(one.success for one in chosen.values()) < max(_PASSING, limit - len(examples)):
            chosen[row.trial] = row
    return list(chosen.values()), golden


def _one_of_each_fault(rows: Iterable[Row]) -> list[Row]:
    """Those of different faults first."""
    first: dict[tuple[str, ...], Row] = {}
    rest: list[Row] = []
    for row in rows:
        if row.faults in first:
            rest.append(row)
        else:
            first[row.faults] = row
    return [*first.values(), *rest]


def _history(gathered: Gathered, row: Row) -> History | None:
    try:
        return gathered.history(row)
    except UsageError:
        return None
