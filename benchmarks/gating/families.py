"""Many floors at once: how often one of ten journeys is judged wrongly, where the truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.gating.errors import SOON
from benchmarks.gating.world import gathered, pooled
from benchmarks.measure import Measurement
from pytest_agentchaos.evidence.decision import Word
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.gating import decide
from pytest_agentchaos.gating.policy import Policy, load
from pytest_agentchaos.rng import stream

JOURNEYS: Final = 10
FLOOR: Final = 0.8
PER_JOURNEY: Final = 60
RUNS: Final = 2_000
_POLICY: Final = """\
version: 1
stats: {{sequential: {sequential}}}
rules: [{{id: floor, metric: pass_rate, by: journey, min_lower_bound: {floor}}}]
"""
ALL_AT_LIMIT: Final = (FLOOR,) * JOURNEYS
ONE_AT_LIMIT: Final = (FLOOR, *((0.999,) * (JOURNEYS - 1)))
"""The hardest case for a promise about promotions: all but one are as good as can be."""


def shares(rates: tuple[float, ...], runs: int = RUNS, *, sequential: str = "none") -> dict[Word, float]:
    """How often each is decided, of journeys with these rates. With ``evalue``, ever at one of three looks."""
    policy = _policy(sequential)
    drawn = stream(0, "benchmarks", "families", rates, sequential)
    looks = (20, 40, PER_JOURNEY) if sequential == "evalue" else (PER_JOURNEY,)
    kinds = _kinds()
    found: dict[Word, float] = {}
    for _ in range(runs):
        rows = [kinds[at, drawn.random() < rate] for _ in range(PER_JOURNEY) for at, rate in enumerate(rates)]
        said = {decide(policy, gathered(tuple(rows[: n * len(rates)]), "new"), at=SOON).decision for n in looks}
        for word in said:
            found[word] = found.get(word, 0.0) + 1 / runs
    return found


@cache
def _policy(sequential: str) -> Policy:
    with TemporaryDirectory() as folder:
        path = Path(folder, "floors.yaml")
        path.write_text(_POLICY.format(sequential=sequential, floor=FLOOR), encoding="utf-8")
        return load(path)


@cache
def _kinds() -> dict[tuple[int, bool], Row]:
    row = pooled()
    return {
        (at, held): row._replace(journey=f"journey {at}", status="pass" if held else "fail")
        for at in range(JOURNEYS)
        for held in (False, True)
    }


def measurements() -> Iterator[Measurement]:
    """Of one look, and of three."""
    for sequential, looks, runs in (("none", "one look", RUNS), ("evalue", "three looks", RUNS // 4)):
        detail = f"{JOURNEYS} journeys of {PER_JOURNEY} runs, floor {FLOOR:.0%}, {runs:,} samples, {looks}"
        told: tuple[tuple[str, tuple[float, ...], Word], ...] = (
            ("rolled back, all exactly at their floor", ALL_AT_LIMIT, "rollback"),
            ("promoted, one exactly at its floor", ONE_AT_LIMIT, "promote"),
        )
        for name, rates, word in told:
            share = shares(rates, runs, sequential=sequential).get(word, 0.0)
            yield Measurement(f"{name}, {looks}", share, "", 0.065, "at_most", detail)


if __name__ == "__main__":
    for one in measurements():
        print(one.name, one.value)
