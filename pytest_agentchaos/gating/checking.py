"""Checking: what no shape can say of a policy: limits that contradict each other, waivers that miss their rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pytest_agentchaos.document import Node
from pytest_agentchaos.errors import nearest
from pytest_agentchaos.evidence.telling import listed, quoted
from pytest_agentchaos.gating.metrics import METRICS
from pytest_agentchaos.gating.shape import LIMITS, Rule, Waiver
from pytest_agentchaos.problems import Problems, dotted

M = TypeVar("M", bound=BaseModel)
_OBSERVED = ("min", "max")


def check(node: Node, problems: Problems) -> None:
    """Add everything that is wrong with rules and waivers that are well-formed by themselves."""
    rules: dict[str, Rule] = {}
    for at, one, rule in _each(node.get("rules"), Rule):
        for key, text in _mistakes(rule):
            problems.add(one.at((key,)), dotted("rules", at, key), text)
        if rule.id in rules:
            problems.add(one.at(("id",)), dotted("rules", at, "id"), f"there are two rules {rule.id!r}; rename one")
        rules[rule.id] = rule
    _check_together(node, rules, problems)
    for at, one, waiver in _each(node.get("waivers"), Waiver):
        for key, text in _missed(waiver, rules):
            problems.add(one.at((key,)), dotted("waivers", at, key), text)


def _each(node: Node | None, kind: type[M]) -> Iterator[tuple[int, Node, M]]:
    for at, one in node.items() if node is not None else ():
        try:
            yield at, one, kind.model_validate(one.plain())
        except ValidationError:
            continue  # told already


def _mistakes(rule: Rule) -> Iterator[tuple[str, str]]:
    metric = METRICS[rule.metric]
    given = [key for key in LIMITS if getattr(rule, key) is not None]
    known = listed(metric.limits)
    if not given:
        yield "id", f"the rule has no limit; for {metric.name} write one of: {known}"
        return
    if len(given) > 1:
        yield given[1], f"{' and '.join(given)} stand side by side; make a rule of each"
    for key in given:
        if key not in metric.limits:
            yield key, f"{metric.name} cannot be limited by {key}; write one of: {known}"
        elif (wrong := _out_of_range(rule, key)) is not None:
            yield key, wrong
    if (rule.test is None) != (rule.margin is None):
        missing = "margin: how much worse is allowed, 0.05 for five points" if rule.test else "test: non_inferiority"
        yield "test" if rule.test else "margin", f"there is no {missing}"
    yield from _misplaced(rule)


def _misplaced(rule: Rule) -> Iterator[tuple[str, str]]:
    metric = METRICS[rule.metric]
    if rule.margin is not None and not 0 < rule.margin < 1:
        yield "margin", f"{rule.margin:g} is no margin; give how much worse is allowed, 0.05 for five points"
    if (metric.kind == "repeated") != (rule.k is not None):
        yield (
            ("metric", f"{metric.name} needs k: how many trials in a row")
            if rule.k is None
            else ("k", f"{metric.name} has no k; that is of pass_hat_k and pass_at_k")
        )
    if rule.invariant and not metric.name.startswith("violation"):
        yield "invariant", f"{metric.name} asks for no invariant; that is of violations and violation_rate"
    if "on" in rule.model_fields_set and metric.kind != "figure":
        yield "on", f"{metric.name} is of all trials; on: is for figures such as latency_p95"


def _out_of_range(rule: Rule, key: str) -> str | None:
    value: Any = getattr(rule, key)
    metric = METRICS[rule.metric]
    if key == "test":
        return None
    if metric.is_share and not 0 <= value <= 1:
        return f"{value:g} is no share; {metric.name} lies between 0 and 1: 0.95 for 95 %"
    if metric.is_share and key not in _OBSERVED and not 0 < value < 1:
        return f"no number of runs shows that a rate is {value:g}; write for example {0.99 if value else 0.01:g}"
    if value < 0 or (key == "max_ratio_upper" and value == 0):
        return f"{value:g} can never be kept; {metric.name} is not below 0"
    if metric.kind == "count" and value != int(value):
        return f"{value:g} is no number of trials"
    return None


def _check_together(node: Node, rules: dict[str, Rule], problems: Problems) -> None:
    place = node.at(("rules",))
    if rules and not any(rule.decides for rule in rules.values()):
        problems.add(place, "rules", "every rule only watches, so that all would ship; give one role: required")
    judged = any(rule.decides and rule.metric.startswith("pass_") for rule in rules.values())
    for at, one, rule in _each(node.get("rules"), Rule):
        if rule.decides and rule.measured.kind == "figure" and not judged:
            text = f"{rule.metric} alone is met by failing fast; add a required rule on pass_rate"
            problems.add(one.at(("metric",)), dotted("rules", at, "metric"), text)


def _missed(waiver: Waiver, rules: dict[str, Rule]) -> Iterator[tuple[str, str]]:
    rule = rules.get(waiver.rule)
    if rule is None:
        yield "rule", f"there is no rule {quoted(waiver.rule)}; {nearest(waiver.rule, rules)}"
        return
    if not rule.can_be_waived:
        why = "it is a veto" if rule.waivable is None else "it says waivable: false"
        yield "rule", f"the rule {rule.id!r} cannot be waived: {why}; only waivable: true beside it would allow that"
    if waiver.match is None:
        return
    key, _, glob = waiver.match.partition("=")
    if rule.by == "none":
        yield "match", f"the rule {rule.id!r} has one part only (it has no by:); leave match out"
    elif key.strip() != rule.by or not glob.strip():
        yield "match", f"{quoted(waiver.match)}: the rule {rule.id!r} is judged by {rule.by}; write {rule.by}=GLOB"
