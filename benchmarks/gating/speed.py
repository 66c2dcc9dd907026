"""How long a gate takes over a hundred thousand trials that have been read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from benchmarks.gating.world import AT, SEEDS, Truth, World, gathered
from benchmarks.measure import Measurement, seconds
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.gating import decide
from pytest_agentchaos.gating.policy import load

TRIALS = 100_000


def measurements() -> Iterator[Measurement]:
    """A policy with cells, and one that compares."""
    old, new = many(TRIALS)
    at = datetime.fromisoformat(AT) + timedelta(hours=1)
    nightly, canary = load("nightly"), load("canary")
    alone = seconds(lambda: decide(nightly, gathered(new, "new"), at=at))
    yield Measurement(
        "nightly over 100,000 trials", alone, "s", 1.5, "at_most", "rows to a decision, by journey and fault"
    )
    both = seconds(lambda: decide(canary, gathered(new, "new"), gathered(old, "old"), at=at))
    yield Measurement(
        "canary over 2 x 100,000 trials", both, "s", 2.5, "at_most", "pairing, ratios and quantiles included"
    )


def many(count: int) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Rows of baseline and candidate."""
    world = World()
    old: list[Row] = []
    new: list[Row] = []
    for lap in range(-(-count // SEEDS)):
        before, after = world.pairs(Truth(0.95, 0.95), SEEDS)
        for mine, rows in ((old, before), (new, after)):
            mine += [row._replace(pair=f"{row.pair}-{lap}", trial=f"{row.trial}-{lap}") for row in rows]
    return tuple(old[:count]), tuple(new[:count])
