"""A comparison: two campaigns, pair by pair: what was lost, what was won, and whether that can be chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Final

from pytest_agentchaos.evidence.compact import replay_line
from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.evidence.telling import shown
from pytest_agentchaos.gating.admission import is_same, remedy
from pytest_agentchaos.gating.estimate import Unmeasured
from pytest_agentchaos.gating.measuring import measure
from pytest_agentchaos.gating.pairs import Pair, Pairs, pair
from pytest_agentchaos.gating.sample import Sample
from pytest_agentchaos.gating.shape import Rule
from pytest_agentchaos.statistics.mcnemar import mcnemar
from pytest_agentchaos.statistics.paired import tango

FIGURES: Final = (
    "latency_mean",
    "latency_p95",
    "cost_mean",
    "cost_per_success",
    "tokens_mean",
    "steps_mean",
    "calls_mean",
)


@dataclass(frozen=True, slots=True)
class Ratio:
    """What the candidate takes of what the baseline took."""

    metric: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    n: int = 0
    why: str = ""
    """Why nobody knows it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One pair that ended differently."""

    kind: str
    """``lost``: the baseline passes, the candidate does not; ``won``: the other way round."""
    scenario: str
    journey: str
    schedule: str
    seed: int
    failed: tuple[str, ...]
    """The invariants that fail in the one that does not pass."""
    why: str
    replay: str
    """The command that shows it again."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two campaigns."""

    pairs: int
    both_pass: int
    neither_passes: int
    lost: int
    won: int
    excluded: int
    """Pairs of which one trial says nothing."""
    baseline_only: int
    candidate_only: int
    alpha: float
    p_worse: float | None
    """The chance of so many losses or more among those that differ, if losses and wins were equally likely."""
    p_better: float | None
    difference: float | None
    """The candidate's pass rate less the baseline's, in pairs."""
    lower: float | None
    upper: float | None
    lost_by: dict[str, int]
    """Invariants that fail in what was lost."""
    ratios: tuple[Ratio, ...]
    differences: tuple[Difference, ...]
    problem: str = ""
    """Why nothing can be compared."""

    @property
    def exit_code(self) -> int:
        """0 no worse shown, 1 worse beyond chance, 3 nobody can know."""
        if self.problem or self.p_worse is None:
            return 3
        return 1 if self.p_worse <= self.alpha else 0

    @property
    def verdict(self) -> str:
        """In a sentence."""
        if self.exit_code == 3:  # noqa: PLR2004 - see there
            return f"cannot be compared: {self.problem}"
        if self.exit_code:
            return f"worse: {self.lost} lost against {self.won} won is more than chance (p = {self.p_worse:.2g})"
        if self.p_better is not None and self.p_better <= self.alpha:
            return f"better: {self.won} won against {self.lost} lost is more than chance (p = {self.p_better:.2g})"
        told = f"{self.lost} lost and {self.won} won can be chance"
        return f"no worse shown: {told}; that it is no worse is not shown either: a gate with a margin asks that"

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        return {"verdict": self.verdict, "exit_code": self.exit_code, **asdict(self)}


def compare(baseline: Gathered, candidate: Gathered, *, alpha: float = 0.05, limit: int | None = None) -> Comparison:
    """All pairs; of those that differ, so many are told, losses first."""
    pairs = pair(baseline, candidate)
    n, lost, won = len(pairs.pairs), len(pairs.lost), len(pairs.won)
    both = sum(one.success and other.success for one, other in pairs.pairs)
    lower, upper = tango(lost, won, n, alpha) if n else (None, None)
    return Comparison(
        pairs=n,
        both_pass=both,
        neither_passes=n - both - lost - won,
        lost=lost,
        won=won,
        excluded=len(pairs.excluded),
        baseline_only=len(pairs.baseline_only),
        candidate_only=len(pairs.candidate_only),
        alpha=alpha,
        p_worse=mcnemar(lost, won) if n else None,
        p_better=mcnemar(won, lost) if n else None,
        difference=(won - lost) / n if n else None,
        lower=lower,
        upper=upper,
        lost_by=dict(Counter(shown(name) for _, row in pairs.lost for name in row.failed).most_common()),
        ratios=tuple(_ratios(pairs, alpha)),
        differences=tuple(islice(_differences(pairs, baseline, candidate), limit)),
        problem=_problem(baseline, candidate, pairs),
    )


def _problem(baseline: Gathered, candidate: Gathered, pairs: Pairs) -> str:
    if is_same(baseline, candidate):
        return "both are the same results; give those of another version"
    if pairs.pairs:
        return ""
    if pairs.excluded:
        return "each pair has a trial that says nothing: infrastructure, a fault that never fired, or no such call"
    return f"no trial has its pair: same scenario, journey, schedule and seed; {remedy(baseline, candidate)}"


def _ratios(pairs: Pairs, alpha: float) -> Iterator[Ratio]:
    sample = Sample(tuple(row for _, row in pairs.pairs), tuple(row for row, _ in pairs.pairs), pairs.pairs)
    for metric in FIGURES:
        rule = Rule.model_validate({"id": metric, "metric": metric, "max_ratio_upper": 1})
        try:
            estimate = measure(rule, sample, "clopper_pearson")
        except Unmeasured as problem:
            yield Ratio(metric, None, why=str(problem))
        else:
            yield Ratio(metric, estimate.value, *estimate.bounds(alpha), estimate.n)


def _differences(pairs: Pairs, baseline: Gathered, candidate: Gathered) -> Iterator[Difference]:
    for kind, differing, of in (("lost", pairs.lost, candidate), ("won", pairs.won, baseline)):
        for one in sorted(differing, key=_order):
            yield _difference(kind, one[1] if kind == "lost" else one[0], of)


def _order(one: Pair) -> tuple[str, str, str, int]:
    row = one[1]
    return row.scenario, row.journey, row.schedule, row.seed


def _difference(kind: str, row: Row, of: Gathered) -> Difference:
    result, source = of.result(row), of.sources[row.source]
    return Difference(
        kind,
        shown(row.scenario),
        shown(row.journey),
        shown(row.schedule),
        row.seed,
        tuple(map(shown, row.failed)),
        shown(result.why),
        replay_line(result, source.folder, hash_seed=source.head.hash_seed or ""),
    )
