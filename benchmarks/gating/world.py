"""A world with known truth: pairs of trials of two systems whose real rates are given."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from pytest_agentchaos.evidence.gathered import Gathered, Source
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.rng import stream

AT = "2026-11-01T00:00:00+00:00"
SEEDS = 2_000
"""So many different pairs there are; each run draws from them."""
TOGETHER = 0.6
"""Share of pairs that one cause decides: a fault that both survive or neither. The others go as they like."""
JOURNEYS = ("weekend", "refund", "group", "business")
FAULTS = ("drop_response", "latency", "overloaded", "empty")


class Truth(NamedTuple):
    """The rates of the two systems."""

    baseline: float
    candidate: float


class World:
    """Draws results. What trials take is alike for both: lognormal, mostly by journey and seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = stream(seed, "gate simulation")
        self._pool = _pool()

    def pairs(self, truth: Truth, count: int) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
        """Rows of baseline and candidate, pair by pair."""
        drawn = self._random.random
        old, new = [], []
        for number in self._random.sample(range(SEEDS), count):
            chance = drawn()
            other = chance if drawn() < TOGETHER else drawn()
            four = self._pool[number]
            old.append(four[chance < truth.baseline])
            new.append(four[2 + (other < truth.candidate)])
        return tuple(old), tuple(new)


@cache
def _pool() -> list[tuple[Row, ...]]:
    """Of each pair four trials: of either system, one that fails and one that holds."""
    draw = stream(0, "gate simulation", "figures")
    return [
        tuple(_row(system, number, held=held, draw=draw) for system in ("old", "new") for held in (False, True))
        for number in range(SEEDS)
    ]


def pooled() -> Row:
    """A trial that holds."""
    return _pool()[0][1]


def gathered(rows: tuple[Row, ...], name: str) -> Gathered:
    """As if it had been read."""
    return Gathered(rows, (Source(Path(name), Head(at=AT), len(rows)),), suite_sha256="one suite")


def _row(system: str, number: int, *, held: bool, draw: Random) -> Row:
    easy = Random(number)  # noqa: S311 - what both systems find in this journey and seed
    took_s = easy.lognormvariate(1.0, 0.5) * draw.lognormvariate(0.0, 0.2)
    cost = easy.lognormvariate(-4.0, 0.4) * draw.lognormvariate(0.0, 0.15)
    journey, fault = JOURNEYS[number % 4], FAULTS[number // 4 % 4]
    return Row(
        source=0,
        at=0,
        trial=f"{system}-{number}",
        status="pass" if held else "fail",
        ended="completed" if held else "failed",
        system=system,
        scenario=f"simulated/{fault}",
        journey=journey,
        seed=number,
        faults=(fault,),
        schedule=fault,
        pair=f"{journey}-{fault}-{number}",
        case=f"{journey}-{fault}",
        failed=() if held else ("ends(completed)",),
        unfired=False,
        calls=10,
        judged=("no_duplicate_effect",),
        virtual_s=took_s,
        real_s=0.01,
        measures={"duration_s": took_s, "cost": cost, "currency": "EUR"},
        history="",
    )
