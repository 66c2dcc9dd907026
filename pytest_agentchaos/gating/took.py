"""What trials took, as estimates: costs, times, tokens, calls; of the candidate, or as a ratio to the baseline's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan, log, sqrt
from typing import NamedTuple

from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.gating.estimate import Counted, Estimate, Method, Unmeasured
from pytest_agentchaos.gating.figures import FEWEST, Mean, Quantile, QuantileRatio
from pytest_agentchaos.gating.halves import HALVED, Halves
from pytest_agentchaos.gating.metrics import QUANTILES
from pytest_agentchaos.gating.sample import NO_COUNTERPART, Sample
from pytest_agentchaos.gating.shape import Rule
from pytest_agentchaos.statistics.ratios import typical


class Side(NamedTuple):
    """One system's figure, how each trial moves its logarithm, and what each trial adds to it."""

    value: float
    moves: list[float]
    parts: list[tuple[float, float]]
    """What was spent, and for how much of it."""


def cost_per_success(rule: Rule, sample: Sample, method: Method) -> Estimate:
    """What all trials cost, by those that pass."""

    def side(rows: Sequence[Row]) -> Side | None:
        costs, passed = _known(rule, rows, ("cost",)), [row.success for row in rows]
        whole, successes = sum(costs), sum(passed)
        if not successes:
            return None
        spent = [(cost, float(ok)) for cost, ok in zip(costs, passed, strict=True)]
        if not whole:
            return Side(0.0, [0.0] * len(rows), spent)
        mean, rate = whole / len(rows), successes / len(rows)
        return Side(whole / successes, [cost / mean - ok / rate for cost, ok in spent], spent)

    rows, base = _sides(rule, sample)
    one = side(rows)
    if one is None:  # no price is low enough for nothing
        why = f"none of {counted(len(rows), 'trial')} passes, so that no price buys a success"
        raise Unmeasured(why, "fail" if len(rows) >= FEWEST else "inconclusive")
    if not rule.compares:
        estimate = Mean(log(one.value), _error(one.moves), len(rows), on_log=True, method=method) if one.value else None
        return Counted(0.0, 0.0, len(rows)) if estimate is None else observed(rule, estimate)
    other = side(base)
    if other is None:
        why = "the baseline has no success, so that its cost per success is unknown"
        raise Unmeasured(why)
    return _ratio(one, other, paired=sample.pairs is not None, method=method)


def figure(rule: Rule, sample: Sample, method: Method) -> Estimate:
    """A mean or a quantile of what each trial took."""
    metric = rule.measured
    rows, base = _sides(rule, sample)
    paired = sample.pairs is not None and rule.compares
    values, others = _known(rule, rows, metric.figure), _known(rule, base, metric.figure)
    if metric.may_lack:
        values, others = _both(values, others, paired=paired)
    if not values or (rule.compares and not others):
        which = "passes" if rule.on == "successes" else "tells it"
        why = f"no pair {which} on both sides" if paired else f"no trial {which}"
        raise Unmeasured(why, "inconclusive")
    if metric.stat != "mean":
        return _quantile(rule, values, others, method, paired=paired)
    one = _side(values)
    if rule.compares:
        return _ratio(one, _side(others), paired=paired, method=method)
    if one.value <= 0:
        return observed(rule, Mean(one.value, _error(values), len(values), method=method))
    return observed(rule, Mean(log(one.value), _error(one.moves), len(values), on_log=True, method=method))


def _quantile(rule: Rule, values: list[float], others: list[float], method: Method, *, paired: bool) -> Estimate:
    q = QUANTILES[rule.measured.stat]
    one = Quantile(sorted(values), q, len(values), method)
    if not rule.compares:
        return observed(rule, one)
    other = Quantile(sorted(others), q, len(others), method)
    if not other.value:
        return _both_nothing(one.value, len(values))
    together = _together(values, others, one.value or 0.0, other.value) if paired else 0.0
    return QuantileRatio(one, other, together)


def _together(values: list[float], others: list[float], limit: float, other_limit: float) -> float:
    """The correlation of lying above the quantile, in pairs."""
    over = [(one > limit, other > other_limit) for one, other in zip(values, others, strict=True)]
    n = len(over)
    first, second, both = sum(a for a, _ in over), sum(b for _, b in over), sum(a and b for a, b in over)
    spread = sqrt(first * (n - first) * second * (n - second))
    if not spread:
        return 0.0
    return max(0.0, (n * both - first * second) / spread)


def _sides(rule: Rule, sample: Sample) -> tuple[Sequence[Row], Sequence[Row]]:
    """The trials of candidate and baseline, in the order of their pairs where there are any."""
    only = rule.measured.kind == "figure" and rule.on == "successes"
    if rule.compares and sample.pairs is not None:
        pairs = [one for one in sample.pairs if not only or (one[0].success and one[1].success)]
        if not pairs and not sample.pairs:
            raise Unmeasured(NO_COUNTERPART)
        return [other for _, other in pairs], [one for one, _ in pairs]
    base = sample.counted_baseline if rule.compares else ()
    if rule.compares and not base:
        raise Unmeasured(NO_COUNTERPART)
    return (
        [row for row in sample.counted if not only or row.success],
        [row for row in base if not only or row.success],
    )


def _known(rule: Rule, rows: Iterable[Row], names: tuple[str, ...]) -> list[float]:
    """The figure of each trial, added up of these; NaN where a trial may do without."""
    columns = [[row.measures.get(name) for row in rows] for name in names]
    lacking = {at for column in columns for at, one in enumerate(column) if not isinstance(one, (float, int))}
    if lacking and not rule.measured.may_lack:
        of, what = len(columns[0]), " and ".join(names)
        tell = "does not tell" if len(lacking) == 1 else "do not tell"
        why = f"{len(lacking)} of {counted(of, 'trial')} {tell} {what}, and what is missing may be the worst"
        raise Unmeasured(why)
    if len(columns) == 1 and not lacking:
        return columns[0]  # type: ignore[return-value]  # each is a number
    return [_NONE if at in lacking else float(sum(row)) for at, row in enumerate(zip(*columns, strict=True))]


_NONE = float("nan")


def _both(values: list[float], others: list[float], *, paired: bool) -> tuple[list[float], list[float]]:
    """Without those that have none; of pairs, without the pair."""
    if not paired:
        return [one for one in values if not isnan(one)], [one for one in others if not isnan(one)]
    kept = [(a, b) for a, b in zip(values, others, strict=True) if not (isnan(a) or isnan(b))]
    return [a for a, _ in kept], [b for _, b in kept]


def _side(values: list[float]) -> Side:
    mean = _mean(values)
    return Side(
        mean, [one / mean - 1 for one in values] if mean else [0.0] * len(values), [(one, 1.0) for one in values]
    )


def _ratio(one: Side, other: Side, *, paired: bool, method: Method) -> Estimate:
    n = len(one.moves)
    if not other.value:
        return _both_nothing(one.value, n)
    if not one.value:
        return Counted(0.0, 0.0, n, other.value)
    if paired and method != "evalue" and FEWEST <= n <= HALVED:
        return Halves(one.value / other.value, typical(one.parts, other.parts), n, other.value)
    if paired:
        error = _error([a - b for a, b in zip(one.moves, other.moves, strict=True)])
    else:
        error = sqrt(_error(one.moves) ** 2 + _error(other.moves) ** 2)
        n = min(n, len(other.moves))
    return Mean(log(one.value / other.value), error, n, on_log=True, method=method, baseline=other.value)


def _both_nothing(value: float | None, n: int) -> Estimate:
    if value:
        why = "the baseline's is 0, so that there is no ratio to it"
        raise Unmeasured(why)
    return Counted(1.0, 1.0, n, 0.0)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _error(values: Sequence[float]) -> float:
    """The standard error of the mean."""
    n = len(values)
    if n < 2:  # noqa: PLR2004 - one value does not vary
        return 0.0
    mean = _mean(values)
    return sqrt(sum((one - mean) ** 2 for one in values) / (n - 1) / n)


def observed(rule: Rule, estimate: Estimate) -> Estimate:
    """As it is, for a limit on what was observed."""
    if rule.limit_key in {"min", "max"} and estimate.value is not None:
        return Counted(estimate.value, estimate.value, estimate.n, of=estimate)
    return estimate
