"""Judging: what bounds say of limits, three-valued, for all parts of all rules together.

A part passes only if its bound clears the limit, and fails only if the opposite bound breaches it; else it is open.

What is adjusted for there being many, and why. A promotion needs every part of every rule to pass. If one of them is
truly bad, the promotion is wrong only if this one passes by mistake, with a chance of at most alpha; so passes are
judged at alpha, without adjustment. A rollback needs only one part to fail, so that each adds a chance of a false
alarm; so failures are judged by Holm's procedure over all parts that decide, and the chance of any false one is at most
alpha.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf, nextafter
from typing import Final

from pytest_agentchaos.evidence.decision import Cell, RuleStatus
from pytest_agentchaos.evidence.telling import counted, shown
from pytest_agentchaos.gating.estimate import Estimate, Method, Unmeasured, runs_needed
from pytest_agentchaos.gating.measuring import measure
from pytest_agentchaos.gating.policy import Policy
from pytest_agentchaos.gating.sample import NO_FAULT, Sample, cells
from pytest_agentchaos.gating.shape import Rule, Stats
from pytest_agentchaos.gating.waivers import Waivers
from pytest_agentchaos.gating.words import told


@dataclass(frozen=True, slots=True)
class Part:
    """One cell of one rule, before and after it is judged."""

    rule: Rule
    name: str
    estimate: Estimate | None
    problem: Unmeasured | None = None
    waived: str = ""
    level: float = 0.05
    """The alpha at which a failure is judged."""

    @property
    def weighs(self) -> bool:
        """Whether a false alarm about it could roll a release back."""
        return self.rule.decides and not self.waived and self.estimate is not None and self.estimate.is_sampled

    def passes(self, alpha: float) -> bool:
        """Its bound clears the limit."""
        return self.estimate is not None and passes(self.rule, self.estimate, alpha)

    @property
    def fails(self) -> bool:
        """The opposite bound breaches it."""
        return self.estimate is not None and fails(self.rule, self.estimate, self.level)


def passes(rule: Rule, estimate: Estimate, alpha: float) -> bool:
    """Whether the bound clears the limit."""
    clears = estimate.above if rule.at_least else estimate.below
    return clears(rule.limit, alpha)


def fails(rule: Rule, estimate: Estimate, alpha: float) -> bool:
    """Whether the opposite bound breaches it; to touch a limit is to keep it."""
    if rule.at_least:
        return estimate.below(nextafter(rule.limit, -inf), alpha)
    return estimate.above(nextafter(rule.limit, inf), alpha)


def parts(policy: Policy, sample: Sample, waivers: Waivers) -> list[Part]:
    """Every part of every rule, measured."""
    alpha = policy.shape.stats.alpha
    found = [
        _part(policy, rule, name, cell, waivers) for rule in policy.rules for name, cell in cells(rule, sample).items()
    ]
    if policy.shape.stats.multiplicity == "none":
        return [replace(part, level=alpha) for part in found]
    level = holm_level(found, alpha)
    return [replace(part, level=level if part.weighs else alpha) for part in found]


def _part(policy: Policy, rule: Rule, name: str, cell: Sample, waivers: Waivers) -> Part:
    method = method_of(policy.shape.stats)
    waived = waivers.of(rule, name)
    try:
        return Part(rule, name, measure(rule, cell, method), waived=waived)
    except Unmeasured as problem:
        return Part(rule, name, None, problem, waived)


def method_of(stats: Stats) -> Method:
    """What bounds are made by."""
    return "evalue" if stats.sequential == "evalue" else stats.interval


def holm_level(found: Iterable[Part], alpha: float) -> float:
    """The level at which failures are judged: alpha by the number of parts that are not failing already.

    That is Holm's procedure: those that fail at a level make it larger for the others, until none is added.
    """
    weighing = [part for part in found if part.weighs]
    failing = 0
    while weighing:
        level = alpha / max(1, len(weighing) - failing)
        now = sum(replace(part, level=level).fails for part in weighing)
        if now <= failing:
            return level
        failing = now
    return alpha


def cell(part: Part, policy: Policy) -> Cell:
    """What became of one part."""
    name = shown(part.name)
    if part.estimate is None:
        problem = part.problem or Unmeasured("it was not measured")
        return Cell(name, "waived" if part.waived else problem.status, reason=str(problem))
    status, needed = _status(part, policy)
    alpha, least = policy.shape.stats.alpha, policy.shape.evidence.min_runs_per_cell
    low, high = _bounds(part, alpha)
    shows = "pass" if status == "inconclusive" and part.passes(alpha) else status
    reason = told(part.rule, part.estimate, (low, high), shows, needed)
    if status == "inconclusive" and part.estimate.n < least:
        reason += f", of {least} runs or more"
    if part.waived:
        status = "waived"
    return Cell(name, status, part.estimate.value, low, high, part.estimate.n, needed, reason)


def _status(part: Part, policy: Policy) -> tuple[RuleStatus, int | None]:
    estimate, alpha = part.estimate, policy.shape.stats.alpha
    least = policy.shape.evidence.min_runs_per_cell
    if estimate is None:
        raise AssertionError  # asked before
    if part.fails:
        return "fail", None
    if part.passes(alpha):
        return ("pass", None) if estimate.n >= least else ("inconclusive", least - estimate.n)

    def decided(grown: Estimate) -> bool:
        return passes(part.rule, grown, alpha) or fails(part.rule, grown, part.level)

    return "inconclusive", runs_needed(estimate, decided, least)


def _bounds(part: Part, alpha: float) -> tuple[float | None, float | None]:
    """The one that lets it pass at alpha, the opposite one at the level of failures."""
    estimate = part.estimate
    if estimate is None:
        return None, None
    low, high = estimate.bounds(alpha)
    if part.level == alpha:
        return low, high
    wide_low, wide_high = estimate.bounds(part.level)
    return (low, wide_high) if part.rule.at_least else (wide_low, high)


_WORST: Sequence[RuleStatus] = ("fail", "invalid", "inconclusive", "pass", "waived")


def worst_first(made: Iterable[Cell]) -> list[Cell]:
    """In the order in which somebody wants to read of them."""
    return sorted(made, key=lambda one: (_WORST.index(one.status), -(one.runs_needed or 0), one.name))


_PLACES: Final = {"journey": "in journey {},", "scenario": "in scenario {},", "fault": "under {},"}
_TOO: Final = {"fail": "broken too", "inconclusive": "open too", "invalid": "beyond judging too"}


def whole(made: Sequence[Cell], rule: Rule) -> str:
    """Why a rule is what it is, by its worst part."""
    first = made[0]
    if rule.by == "none":
        return first.reason
    alike = sum(one.status == first.status for one in made)
    place = "where nothing goes wrong," if first.name == NO_FAULT else _PLACES[rule.by].format(first.name)
    if alike == 1 or first.status == "waived":
        return f"{place} {first.reason}"
    if first.status == "pass":
        return f"all {alike} {rule.by}s hold; for example {place} {first.reason}"
    more = f"{counted(alike - 1, f'other {rule.by}')} {'is' if alike == 2 else 'are'} {_TOO[first.status]}"  # noqa: PLR2004
    return f"{place} {first.reason}; {more}"
