"""How often a limit on a ratio of means, or on a mean, is judged wrongly, where the truth is that limit itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from math import exp
from random import Random
from typing import Any, Final

from benchmarks.gating.world import pooled
from benchmarks.measure import Measurement
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.gating.estimate import Method
from pytest_agentchaos.gating.judging import fails, passes
from pytest_agentchaos.gating.measuring import measure
from pytest_agentchaos.gating.sample import Sample
from pytest_agentchaos.gating.shape import Rule
from pytest_agentchaos.rng import stream

LOOKS: Final = (20, 50, 100, 200, 500)
SAMPLES: Final = 2_000
_CASES: Final = 16
"""Journeys under schedules; each has its own level, the same on both sides."""
_RARE: Final = 0.05
"""Share of trials that take e ** 2 times as long, in a world with a tail."""
_ALPHA: Final = 0.05
KINDS: Final = ("ratio of pairs, one look", "ratio of pairs, any look", "ratio without pairs", "mean")


def wrong(
    kind: str, *, tail: bool, samples: int = SAMPLES, looks: Sequence[int] = LOOKS, seed: int = 0
) -> list[tuple[float, float]]:
    """The shares of samples that pass, and that fail, at each look; for any look: up to it."""
    drawn = stream(seed, "benchmarks", "gating", kind, tail)
    method: Method = "evalue" if kind.endswith("any look") else "clopper_pearson"
    missed = [[0, 0] for _ in looks]
    for _ in range(samples):
        levels = [drawn.gauss(0, 0.7) for _ in range(_CASES)]
        new, old = _rows(drawn, levels, max(looks), tail=tail)
        rule = _rule(_true_mean(levels, tail=tail) if kind == "mean" else None)
        ever = [False, False]
        for at, n in enumerate(looks):
            pairs = tuple(zip(old[:n], new[:n], strict=True)) if "of pairs" in kind else None
            estimate = measure(rule, Sample(new[:n], old[:n], pairs), method)
            now = passes(rule, estimate, _ALPHA), fails(rule, estimate, _ALPHA)
            ever = [is_now or (was and method == "evalue") for is_now, was in zip(now, ever, strict=True)]
            missed[at] = [count + one for count, one in zip(missed[at], ever, strict=True)]
    return [(passed / samples, failed / samples) for passed, failed in missed]


def _rule(mean: float | None) -> Rule:
    limit: dict[str, Any] = {"max_ratio_upper": 1.0} if mean is None else {"max_upper_bound": mean}
    return Rule.model_validate({"id": "latency", "metric": "latency_mean", **limit})


def _rows(drawn: Random, levels: list[float], count: int, *, tail: bool) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Pairs that share their case and their seed, and differ by what is each side's own."""
    sides: tuple[list[Row], list[Row]] = ([], [])
    template = pooled()
    for number in range(count):
        common = levels[number % _CASES] + drawn.gauss(0, 0.5)
        for side in sides:
            more = 2.0 if tail and drawn.random() < _RARE else 0.0
            side.append(template._replace(measures={"duration_s": exp(common + drawn.gauss(0, 0.2) + more)}))
    return tuple(sides[0]), tuple(sides[1])


def _true_mean(levels: list[float], *, tail: bool) -> float:
    """Of looks at whole rounds of the cases it would be exact."""
    once = sum(map(exp, levels)) / len(levels) * exp((0.5**2 + 0.2**2) / 2)
    return once * (1 + _RARE * (exp(2.0) - 1)) if tail else once


def table() -> list[str]:
    """As it stands in docs/gates.md."""
    lines = [
        f"| passes / fails at the limit, in % | {' | '.join(f'n = {n}' for n in LOOKS)} |",
        f"|---|{'---:|' * len(LOOKS)}",
    ]
    asked = [(kind, tail) for tail in (False, True) for kind in KINDS]
    with ProcessPoolExecutor(2) as pool:
        made = list(pool.map(_asked, asked))
    for (kind, tail), shares in zip(asked, made, strict=True):
        cells = " | ".join(f"{100 * passed:.1f} / {100 * failed:.1f}" for passed, failed in shares)
        lines.append(f"| {kind}{', with a tail' if tail else ''} | {cells} |")
    return lines


def _asked(what: tuple[str, bool]) -> list[tuple[float, float]]:
    return wrong(what[0], tail=what[1])


def measurements() -> Iterator[Measurement]:
    """The worse of both errors, at the worst look."""
    for kind in KINDS[:2]:
        worst = max(max(one) for one in wrong(kind, tail=True, samples=400, looks=(20, 100)))
        yield Measurement(f"{kind}, wrong at the limit", worst, "", 0.08, "at_most", "400 samples with a heavy tail")


if __name__ == "__main__":
    print("\n".join(table()))
