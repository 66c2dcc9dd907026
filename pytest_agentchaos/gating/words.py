"""Words: the numbers of a rule as a sentence that a release owner understands."""

from __future__ import annotations

from pytest_agentchaos.evidence.decision import RuleStatus
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.gating.differences import Paired, Unpaired
from pytest_agentchaos.gating.estimate import Counted, Estimate
from pytest_agentchaos.gating.rates import Rate
from pytest_agentchaos.gating.shape import Rule

Bounds = tuple[float | None, float | None]
_LARGE = 10_000


def number(rule: Rule, value: float | None, *, brief: bool = False) -> str:
    """A value of this rule in its unit."""
    if value is None:
        return "-"
    if rule.test is not None:
        return f"{100 * value:+.1f}{'' if brief else ' points'}"
    if rule.limit_key == "max_ratio_upper":
        return f"x{value:.3g}" if brief else f"{value:.3g} times"
    unit = rule.measured.unit
    if unit == "share":
        return f"{100 * value:.4g} %"
    text = f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.4g}"
    return f"{text} s" if unit == "s" else text


def told(rule: Rule, estimate: Estimate, bounds: Bounds, status: RuleStatus, needed: int | None) -> str:
    """What was seen, what that shows, and what is asked."""
    asked = f"asked: {'at least' if rule.at_least else 'at most'} {number(rule, rule.limit)}"
    if isinstance(estimate, Counted):
        return f"{_counted(rule, estimate)}; {asked}"
    ratio = " the baseline's" if rule.limit_key == "max_ratio_upper" else ""
    seen = f"{number(rule, estimate.value)}{ratio} {_of(estimate)}"
    low, high = bounds
    if status == "inconclusive":
        never = "" if needed is not None else "; no number of runs like these would decide"
        return f"{seen}, {_perhaps(rule, bounds)}; {asked}{never}"
    shows_least = rule.at_least is (status == "pass")
    bound = f"at least {number(rule, low)}" if shows_least else f"at most {number(rule, high)}"
    return f"{seen}, with confidence {bound}; {asked}"


def _perhaps(rule: Rule, bounds: Bounds) -> str:
    bound = bounds[0] if rule.at_least else bounds[1]
    if bound is None:
        return "too few for a bound"
    return f"perhaps as {'low' if rule.at_least else 'high'} as {number(rule, bound)}"


def _counted(rule: Rule, estimate: Counted) -> str:
    if rule.measured.kind != "count":
        return f"{number(rule, estimate.low)} (n = {estimate.n})"
    text = f"{estimate.low:g} of {counted(estimate.n, 'trial')}" + (f" ({estimate.what})" if estimate.what else "")
    if estimate.high > estimate.low:
        text += f", and {estimate.high - estimate.low:g} more in which nobody can know"
    return text


def _of(estimate: Estimate) -> str:
    if isinstance(estimate, Rate):
        return f"({estimate.successes:g} of {estimate.n})"
    if isinstance(estimate, Paired):
        return f"({estimate.lost:g} lost, {estimate.won:g} won of {counted(estimate.n, 'pair')})"
    if isinstance(estimate, Unpaired):
        one, other = estimate.candidate, estimate.other
        return f"({one.successes:g} of {one.n}, baseline {other.successes:g} of {other.n})"
    return f"(n = {estimate.n})"
