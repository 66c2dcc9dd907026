"""Pairs: the candidate's trials beside the baseline's that differ in nothing but the system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.evidence.telling import listed
from pytest_agentchaos.reporting.making.provenance import systems
from pytest_agentchaos.reporting.report import Difference, Pairs
from pytest_agentchaos.statistics.mcnemar import mcnemar

SHOWN: Final = 300


def paired(baseline: Sequence[Row], candidate: Sequence[Row]) -> tuple[Pairs, int]:
    """Baseline against candidate, and how many differences are not listed."""
    waiting: dict[str, list[Row]] = defaultdict(list)
    for row in reversed(baseline):
        waiting[row.pair].append(row)
    met = [(waiting[row.pair].pop() if waiting.get(row.pair) else None, row) for row in candidate]
    alone = {id(row) for rows in waiting.values() for row in rows}
    both = [*met, *((row, None) for row in baseline if id(row) in alone)]
    counts = {"both_pass": 0, "both_fail": 0, "lost": 0, "won": 0, "unpaired": 0}
    differences: list[tuple[int, int, Difference]] = []
    for place, (before, now) in enumerate(both):
        kind = _kind(before, now)
        counts[kind] += 1
        if _status(before) != _status(now):
            differences.append((_ORDER.index(kind), place, _difference(before, now)))
    differences.sort(key=lambda one: one[:2])
    p_value = mcnemar(counts["lost"], counts["won"]) if counts["lost"] + counts["won"] else None
    shown = tuple(one for _, _, one in differences[:SHOWN])
    told = Pairs(**counts, p_value=p_value, differences=shown, baseline=listed(systems(baseline), limit=1))
    return told, max(0, len(differences) - SHOWN)


_ORDER: Final = ("lost", "won", "both_fail", "both_pass", "unpaired")


def _kind(before: Row | None, now: Row | None) -> str:
    if before is None or now is None or not before.counted or not now.counted:
        return "unpaired"
    if before.success:
        return "both_pass" if now.success else "lost"
    return "won" if now.success else "both_fail"


def _difference(before: Row | None, now: Row | None) -> Difference:
    row = now or before
    assert row is not None  # noqa: S101 - one of them is there
    return Difference(row.scenario, row.journey, row.schedule, row.seed, _status(before), _status(now), row.trial)


def _status(row: Row | None) -> str:
    return "" if row is None else row.status
