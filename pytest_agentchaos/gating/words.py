"""Words: the numbers of a rule as a sentence that a release owner understands.

Each tells what was seen, what that shows and what is asked: ``20 of 20 trials pass (100 %), which may be as low as
86.1 %; at least 95 % is asked``.
"""

from __future__ import annotations

from typing import Final

from pytest_agentchaos.evidence.decision import RuleStatus
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.gating.differences import Paired, Unpaired
from pytest_agentchaos.gating.estimate import Counted, Estimate
from pytest_agentchaos.gating.rates import Rate, Repeated
from pytest_agentchaos.gating.shape import Rule

Bounds = tuple[float | None, float | None]
_LARGE: Final = 10_000
_TEN: Final = 10
_DIGITS: Final = (3, 4, 6, 9)
_DO: Final = {
    "pass_rate": ("trial", "passes", "pass"),
    "violation_rate": ("trial", "violates it, or may", "violate it, or may"),
    "infra_rate": ("run", "broke", "broke"),
    "unfired_rate": ("run", "had a fault that never acted", "had a fault that never acted"),
}


def number(rule: Rule, value: float | None, *, brief: bool = False) -> str:
    """A value of this rule in its unit, in as many digits as tell it from the limit."""
    if value is None:
        return "-"
    if rule.test is not None:
        return _told_apart(rule, value, "+.1f", "+.3f")
    if rule.limit_key == "max_ratio_upper":
        text = _told_apart(rule, value, ".2f", ".3f", ".4f", ".6f") if value < _TEN else f"{value:.3g}"
        return f"x{text}" if brief else f"{text} times"
    unit = rule.measured.unit
    if unit == "share":
        return f"{_told_apart(rule, value, *(f'.{digits}g' for digits in _DIGITS))} %"
    is_whole = unit == "trials" or abs(value) >= _LARGE
    text = f"{value:,.0f}" if is_whole else _told_apart(rule, value, *(f".{one}g" for one in _DIGITS))
    return f"{text} s" if unit == "s" else text


def _told_apart(rule: Rule, value: float, *forms: str) -> str:
    """94.96 % is not written as the 95 % that are asked and that it misses."""
    times = 100 if rule.limit_key != "max_ratio_upper" and rule.measured.is_share else 1
    text = ""
    for form in forms:
        text = format(times * value, form)
        if value == rule.limit or text != format(times * rule.limit, form):
            break
    return text


def told(rule: Rule, estimate: Estimate, bounds: Bounds, status: RuleStatus, needed: int | None) -> str:
    """What was seen, what that shows, and what is asked."""
    if isinstance(estimate, Counted):
        return _counted(rule, estimate)
    never = "" if status != "inconclusive" or needed is not None else "; no number of runs like these would decide"
    return f"{_seen(rule, estimate)}, {_shown(rule, bounds, status)}; {_asked(rule)}{never}"


def _asked(rule: Rule) -> str:
    if rule.measured.kind == "count":
        return f"at most {rule.limit:g} may" if rule.limit else "none may"
    if rule.test is not None:
        return f"at most {_points(rule, rule.limit)} is allowed"
    if rule.limit_key == "min" and rule.metric == "pass_rate" and rule.limit == 1:
        return "all have to"
    limit = number(rule, rule.limit)
    return f"at least {limit} is asked" if rule.at_least else f"at most {limit} is allowed"


def _shown(rule: Rule, bounds: Bounds, status: RuleStatus) -> str:
    """By the bound that has to clear the limit; of what fails by the opposite one."""
    low, high = bounds
    bound = high if rule.at_least is (status == "fail") else low
    if bound is None:
        return "too few for a bound"
    if status == "inconclusive":
        perhaps = (
            _points(rule, bound) if rule.test else f"as {'low' if rule.at_least else 'high'} as {number(rule, bound)}"
        )
        return f"which may be {perhaps}"
    if rule.test is not None:
        return f"which shows {'at least' if status == 'fail' or bound > 0 else 'at most'} {_points(rule, bound)}"
    return f"which shows {'at most' if rule.at_least is (status == 'fail') else 'at least'} {number(rule, bound)}"


def _points(rule: Rule, difference: float) -> str:
    """Of a hundred trials so many more fail, or pass."""
    text = number(rule, difference, brief=True).lstrip("+-").removesuffix(".0")
    return f"{text} {'point' if text == '1' else 'points'} {'better' if difference > 0 else 'worse'}"


def _apart(rule: Rule, difference: float | None) -> str:
    return _points(rule, difference) if difference else "no difference"


def _counted(rule: Rule, estimate: Counted) -> str:
    if rule.measured.kind != "count":
        return f"{_seen(rule, estimate if estimate.of is None else estimate.of)}; {_asked(rule)}"
    seen, most, trials = estimate.low, estimate.high, counted(estimate.n, "trial")
    unsure = most - seen
    if not seen and unsure and not rule.limit:
        where = "that one" if unsure == 1 else "those"
        return f"none of {trials} violates it, but in {unsure:g} nobody can know: look at {where}"
    perhaps = f", perhaps {most:g}," if unsure else ""
    kinds = f" ({estimate.what})" if estimate.what else ""
    return (
        f"{f'{seen:g}' if most else 'none'}{perhaps} of {trials} violate{'s' if most <= 1 else ''} it{kinds};"
        f" {_asked(rule)}"
    )


def _seen(rule: Rule, estimate: Estimate) -> str:
    value, n = number(rule, estimate.value), estimate.n
    if isinstance(estimate, Rate):
        what, singular, plural = _DO[rule.metric]
        did = singular if estimate.successes == 1 else plural
        return f"{estimate.successes:g} of {counted(n, what)} {did} ({value})"
    if isinstance(estimate, Repeated):
        k = rule.k or 1
        told_ = (
            f"{counted(k, 'trial')} in a row all pass" if estimate.all_pass else f"one of {counted(k, 'trial')} passes"
        )
        return f"{told_} with a chance of {value} (seen in {n})"
    if isinstance(estimate, Paired):
        lost, won = f"{estimate.lost:g} of {counted(n, 'pair')}", f"{estimate.won:g}"
        passes = "passes" if estimate.lost == 1 else "pass"
        return f"{lost} {passes} only in the baseline, {won} only in the candidate: {_apart(rule, estimate.value)}"
    if isinstance(estimate, Unpaired):
        ours, theirs = estimate.candidate, estimate.other
        rates = (
            f"{ours.successes:g} of {counted(ours.n, 'trial')} pass, {theirs.successes:g} of {theirs.n} of the baseline"
        )
        return f"{rates}: {_apart(rule, estimate.value)}"
    times = " the baseline's" if rule.compares else ""
    return f"{_label(rule)} is {value}{times} over {counted(n, 'trial')}"


def _label(rule: Rule) -> str:
    """``latency_p95`` as people say it: p95 latency."""
    name, _, stat = rule.metric.rpartition("_")
    return f"{stat} {name}".replace("_", " ") if rule.measured.stat else rule.metric.replace("_", " ")
