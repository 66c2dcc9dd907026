"""How often the shipped canary policy is wrong, and how often it is undecided, where the truth is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import comb
from typing import Final

from benchmarks.gating.world import AT, TOGETHER, Truth, World, gathered
from benchmarks.measure import Measurement
from pytest_agentchaos.evidence.decision import Word
from pytest_agentchaos.gating import decide
from pytest_agentchaos.gating.differences import Paired
from pytest_agentchaos.gating.policy import Policy, load

POLICY: Final = "canary"
LOOKS: Final = (20, 50, 100, 200, 500)
EQUAL: Final = Truth(0.95, 0.95)
WORSE: Final = Truth(0.95, 0.85)
POOR: Final = Truth(0.90, 0.80)
MARGIN: Final = Truth(0.95, 0.90)
"""Exactly as much worse as the policy says is too much: the hardest case for a promise about promotions."""
TRUTHS: Final = (EQUAL, MARGIN, WORSE, POOR)
RUNS: Final = 2_000
_CHUNK: Final = 50
SOON: Final = datetime.fromisoformat(AT) + timedelta(hours=1)
_UNLIKELY: Final = 1e-9


@dataclass
class Tally:
    """What was decided in many runs, each with looks at growing results."""

    runs: int = 0
    at: dict[int, Counter[Word]] = field(default_factory=dict)
    """By look, whatever was said before."""
    first: dict[int, Counter[Word]] = field(default_factory=dict)
    """By look, if the first promotion or rollback stands."""

    def add(self, other: Tally) -> None:
        """Those of another part."""
        self.runs += other.runs
        for mine, theirs in ((self.at, other.at), (self.first, other.first)):
            for look, words in theirs.items():
                mine.setdefault(look, Counter()).update(words)

    def share(self, word: Word, look: int, *, ever: bool = False) -> float:
        """Of all runs."""
        return (self.first if ever else self.at)[look][word] / self.runs


def simulated(truth: Truth, runs: int = RUNS, looks: Iterable[int] = LOOKS, *, workers: int = 2) -> Tally:
    """The same for any number of workers."""
    tally, looks = Tally(), tuple(looks)
    parts = [(truth, min(_CHUNK, runs - start), looks, start) for start in range(0, runs, _CHUNK)]
    if workers == 1:
        for part in parts:
            tally.add(_part(*part))
        return tally
    with ProcessPoolExecutor(workers) as pool:
        for one in pool.map(_part, *zip(*parts, strict=True)):
            tally.add(one)
    return tally


def _part(truth: Truth, runs: int, looks: tuple[int, ...], seed: int) -> Tally:
    policy, world, tally = load(POLICY), World(seed), Tally(runs)
    tally.at, tally.first = {look: Counter() for look in looks}, {look: Counter() for look in looks}
    for _ in range(runs):
        old, new = world.pairs(truth, max(looks))
        settled: Word | None = None
        for look in looks:
            word = decide(policy, gathered(new[:look], "new"), gathered(old[:look], "old"), at=SOON).decision
            if word == "invalid":
                raise AssertionError(word)
            tally.at[look][word] += 1
            settled = settled or (word if word != "hold" else None)
            tally.first[look][settled or "hold"] += 1
    return tally


def undecided(truth: Truth, look: int, policy: Policy | None = None) -> float:
    """The chance that the rule about the pass rate is open at one look: computed, sample by sample, not simulated."""
    stats = (policy or load(POLICY)).shape.stats
    rule = next(one for one in (policy or load(POLICY)).rules if one.test is not None)
    level = stats.alpha / 3  # three rules of this policy can fail by chance
    lost, won = discordant(truth)
    open_ = 0.0
    for losses, chance in _binomial(look, lost):
        for wins, other in _binomial(look - losses, won / (1 - lost)):
            estimate = Paired(losses, wins, look, "evalue")
            if not estimate.above(rule.limit, stats.alpha) and not estimate.below(rule.limit, level):
                open_ += chance * other
    return open_


def discordant(truth: Truth) -> tuple[float, float]:
    """The chances that a pair is lost, and won."""
    old, new = truth
    alone = 1 - TOGETHER
    return (
        TOGETHER * max(0.0, old - new) + alone * old * (1 - new),
        TOGETHER * max(0.0, new - old) + alone * new * (1 - old),
    )


def _binomial(runs: int, rate: float) -> Iterator[tuple[int, float]]:
    for count in range(runs + 1):
        chance = comb(runs, count) * rate**count * (1 - rate) ** (runs - count)
        if chance > _UNLIKELY:
            yield count, chance


def measurements() -> Iterator[Measurement]:
    """Errors over all looks together, and how far the undecided are from what is computed."""
    for truth in (MARGIN, WORSE, POOR):
        tally = simulated(truth)
        wrong = tally.share("promote", max(LOOKS), ever=True)
        yield Measurement(
            f"promoted, truly {truth.baseline:.0%} -> {truth.candidate:.0%}", wrong, "", 0.05, "at_most", _DETAIL
        )
        yield from _as_computed(truth, tally)
    tally = simulated(EQUAL)
    wrong = tally.share("rollback", max(LOOKS), ever=True)
    yield Measurement("rolled back, truly equal at 95%", wrong, "", 0.05, "at_most", _DETAIL)
    yield from _as_computed(EQUAL, tally)


def _as_computed(truth: Truth, tally: Tally) -> Iterator[Measurement]:
    gaps = {look: abs(tally.share("hold", look) - undecided(truth, look)) for look in LOOKS}
    worst = max(gaps, key=lambda look: gaps[look])
    detail = f"at n = {worst}; four standard errors of {RUNS:,} runs are 0.045"
    name = f"undecided, from what is computed, {truth.baseline:.0%} -> {truth.candidate:.0%}"
    yield Measurement(name, gaps[worst], "", 0.045, "at_most", detail)


_DETAIL = f"policy {POLICY}, {RUNS:,} runs, at any of the looks at n = {', '.join(map(str, LOOKS))}"
