"""Making: gathered results become a report. Nothing is run, and the same results give the same report.

One pass over the lines feeds those that count (``add``); the rest is made of rows, which stand in memory already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from pytest_agentchaos.evidence.decision import Decision
from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.evidence.telling import listed
from pytest_agentchaos.reporting.making.budget import budget
from pytest_agentchaos.reporting.making.calls import Calls
from pytest_agentchaos.reporting.making.clusters import Clusters
from pytest_agentchaos.reporting.making.doubts import Left, doubts, unmet
from pytest_agentchaos.reporting.making.drawn import drawn
from pytest_agentchaos.reporting.making.hiding import hidden
from pytest_agentchaos.reporting.making.judged import Judged
from pytest_agentchaos.reporting.making.matrices import matrices
from pytest_agentchaos.reporting.making.pairs import paired
from pytest_agentchaos.reporting.making.provenance import provenance
from pytest_agentchaos.reporting.making.rates import WORST, tally
from pytest_agentchaos.reporting.making.reasons import Reasons
from pytest_agentchaos.reporting.making.recovery import recoveries
from pytest_agentchaos.reporting.making.tools import Gaps, Tools
from pytest_agentchaos.reporting.making.trend import point
from pytest_agentchaos.reporting.making.trend import trend as with_earlier
from pytest_agentchaos.reporting.making.verdict import judged
from pytest_agentchaos.reporting.report import Point, Report

__all__ = ["make"]

_OFTEN = 1_000


class _Pass:
    """What is counted line by line."""

    def __init__(self, gathered: Gathered, progress: Callable[[int, int], None] | None) -> None:
        self.clusters, self.tools, self.gaps = Clusters(gathered), Tools(), Gaps()
        self.judged, self.left, self.calls, self.reasons = Judged(), Left(), Calls(), Reasons()
        parts = (self.clusters, self.tools, self.gaps, self.judged, self.left, self.calls, self.reasons)
        adds = [part.add for part in parts]
        for place, (row, data) in enumerate(gathered.each()):
            for add in adds:
                add(row, data)
            if progress is not None and place % _OFTEN == 0:
                progress(place, len(gathered))


def make(  # noqa: PLR0913 - each is one thing that a report may be given
    gathered: Gathered,
    *,
    title: str = "",
    baseline: Gathered | None = None,
    decision: Decision | None = None,
    trend: Sequence[Point] = (),
    objective: float | None = None,
    timelines: int = 30,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """All that these results tell: what failed, under what, how surely, and what to doubt."""
    gathered = hidden(gathered)
    rows = gathered.rows
    overall = tally(rows)
    budgeted = budget(objective, overall.rate)
    seen = _Pass(gathered, progress)
    left_out: Counter[str] = Counter()
    clusters, left_out["clusters"] = seen.clusters.clusters()
    tools, left_out["tools"] = seen.tools.tools()
    recovery, left_out["recovery"] = recoveries(rows)
    gaps, left_out["gaps"] = seen.gaps.gaps()
    invariants, left_out["invariants"] = seen.judged.invariants()
    made = [*matrices(rows), *seen.calls.matrices()]
    for one in made:
        left_out[f"rows of {one.matrix.name}"] = one.rows_left_out
        left_out[f"columns of {one.matrix.name}"] = one.columns_left_out
    left_out["reasons"] = seen.reasons.left_out
    pairs, left_out["differences"] = (None, 0) if baseline is None else paired(hidden(baseline).rows, rows)
    lanes = drawn(gathered, clusters, timelines)
    statuses = {status: overall.counts[status] for status in WORST if status in overall.counts}
    said = judged(gathered, statuses, clusters, unmet(gathered), are_all=not left_out["clusters"])
    told = provenance(gathered)
    return Report(
        title=title or _title(rows, told.systems),
        verdict=said.verdict,
        reason=said.reason,
        provenance=told,
        statuses=statuses,
        rate=overall.rate,
        rows=rows,
        calls=sum(row.calls for row in rows),
        virtual_s=round(sum(row.virtual_s for row in rows), 6),
        real_s=round(sum(row.real_s for row in rows), 6),
        decision=decision,
        matrices=tuple(one.matrix for one in made),
        pairs=pairs,
        clusters=clusters,
        timelines=lanes.timelines,
        tools=tools,
        recovery=recovery,
        gaps=gaps,
        traced=seen.gaps.traced,
        explorations=gathered.explorations,
        budget=budgeted,
        trend=with_earlier(trend, point(rows, overall.rate, told, decision)),
        doubts=doubts(gathered, clusters, seen.left, traced=seen.gaps.traced, unread=lanes.unread),
        invariants=invariants,
        reasons=seen.reasons.reasons,
        left_out={name: count for name, count in left_out.items() if count},
    )


def _title(rows: Sequence[Row], systems: Sequence[str]) -> str:
    """What was tried: a system, or files of tests, which name none."""
    files = dict.fromkeys(row.scenario for row in rows if row.scenario)
    return listed(systems, limit=1) or listed(files, limit=2) or ("trials of no system" if rows else "no trials")
