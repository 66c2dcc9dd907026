"""Deciding: a policy and results make a decision.

A veto that fails comes before all else; then what is invalid, what fails, what is open.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from pytest_agentchaos.evidence.decision import Cell, Decision, RuleVerdict, Word
from pytest_agentchaos.evidence.exploration import KIND
from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.telling import listed, shown
from pytest_agentchaos.gating import reasons
from pytest_agentchaos.gating.admission import obstacles, versions
from pytest_agentchaos.gating.judging import Part, cell, parts, whole, worst_first
from pytest_agentchaos.gating.pairs import Pairs, pair
from pytest_agentchaos.gating.policy import Policy
from pytest_agentchaos.gating.reasons import EVIDENCE
from pytest_agentchaos.gating.sample import Sample
from pytest_agentchaos.gating.shape import Rule
from pytest_agentchaos.gating.waivers import Waivers


def decide(policy: Policy, candidate: Gathered, baseline: Gathered | None = None, *, at: datetime) -> Decision:
    """What this policy says of these results at this moment. It is a function of these alone."""
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    given, candidate, baseline = candidate, _searched(candidate), None if baseline is None else _searched(baseline)
    pairs = pair(baseline, candidate) if baseline is not None and policy.shape.compare.pair_by else None
    waivers = Waivers(policy.shape.waivers, at)
    made = parts(policy, _sample(candidate, baseline, pairs), waivers)
    verdicts = [_verdict(rule, [part for part in made if part.rule is rule], policy, waivers) for rule in policy.rules]
    found = [
        *obstacles(policy, candidate, baseline, pairs, at),
        *(("waiver", problem) for problem in waivers.problems()),
    ]
    rules = (*(_obstacle(name, why) for name, why in found), *verdicts)
    word, reason, needed = _combined(rules, candidate)
    systems = {"candidate": _systems(candidate)} | ({} if baseline is None else {"baseline": _systems(baseline)})
    return Decision(
        word,
        reason,
        rules,
        policy.name,
        policy.sha256,
        candidate.suite_sha256,
        _counts(candidate, baseline, pairs) | {"searched": _invalid(given) - _invalid(candidate)},
        versions(candidate),
        systems,
        needed,
    )


def _searched(gathered: Gathered) -> Gathered:
    """With what an exploration tried and found nothing to act on as what does not apply: it is part of the search."""
    if all(source.head.kind != KIND for source in gathered.sources):
        return gathered
    rows = (row._replace(status="inapplicable") if gathered.is_searched(row) else row for row in gathered.rows)
    return replace(gathered, rows=tuple(rows))


def _invalid(gathered: Gathered) -> int:
    return sum(row.status == "invalid" for row in gathered.rows)


def _sample(candidate: Gathered, baseline: Gathered | None, pairs: Pairs | None) -> Sample:
    rows = tuple(row for row in candidate.rows if row.status != "inapplicable")
    base = () if baseline is None else tuple(row for row in baseline.rows if row.status != "inapplicable")
    paired = None if pairs is None else pairs.pairs
    return Sample(rows, base, paired)


def _verdict(rule: Rule, made: Sequence[Part], policy: Policy, waivers: Waivers) -> RuleVerdict:
    limit = rule.limit
    direction: Literal["at_least", "at_most"] = "at_least" if rule.at_least else "at_most"
    if not made:
        reason = "it selects no trial of these results; correct where:, or run what it asks for"
        waivers.of(rule, "")
        return RuleVerdict(rule.id, rule.metric, rule.role, "invalid", reason, limit=limit, direction=direction)
    cells = worst_first(cell(part, policy) for part in made)
    first = cells[0]
    baseline = next((part.estimate.baseline for part in made if part.estimate and shown(part.name) == first.name), None)
    waived = dict.fromkeys(part.waived for part in made if part.waived)
    return RuleVerdict(
        rule.id,
        _metric(rule),
        rule.role,
        first.status,
        whole(cells, rule),
        first.value,
        first.lower,
        first.upper,
        limit,
        direction,
        baseline,
        first.n,
        _most(cells),
        () if rule.by == "none" else tuple(cells),
        listed(waived, limit=3),
    )


def _metric(rule: Rule) -> str:
    """Told with what belongs to it: ``pass_hat_3``, ``violations(no_duplicate_effect)``."""
    if rule.k is not None:
        return rule.metric.replace("_k", f"_{rule.k}")
    return f"{rule.metric}({', '.join(rule.invariant)})" if rule.invariant else rule.metric


def _most(cells: Iterable[Cell]) -> int | None:
    """As many as the slowest of the open ones needs; None if one of them can never be decided so."""
    needed = [one.runs_needed for one in cells if one.status == "inconclusive"]
    known = [one for one in needed if one is not None]
    return max(known) if known and len(known) == len(needed) else None


def _obstacle(name: str, why: str) -> RuleVerdict:
    return RuleVerdict(f"{EVIDENCE}.{name}", "", EVIDENCE, "invalid", why)


def _combined(rules: Sequence[RuleVerdict], candidate: Gathered) -> tuple[Word, str, int | None]:
    """The decision, why, and how many runs it needs."""
    deciding = [rule for rule in rules if rule.role != "watch"]
    of: dict[str, list[RuleVerdict]] = defaultdict(list)
    for rule in deciding:
        of[rule.status].append(rule)
    vetoes = [rule for rule in of["fail"] if rule.role == "veto"]
    if vetoes or (of["fail"] and not of["invalid"]):
        return "rollback", reasons.broken([*vetoes, *(rule for rule in of["fail"] if rule not in vetoes)]), None
    if of["invalid"]:
        return "invalid", reasons.unusable(of["invalid"]), None
    if of["inconclusive"]:
        return "hold", reasons.undecided(of["inconclusive"]), _needed(of["inconclusive"])
    if not of["pass"]:
        return "invalid", reasons.NOTHING_SHOWN, None
    return "promote", reasons.held(rules, sum(row.counted for row in candidate.rows)), None


def _needed(found: Sequence[RuleVerdict]) -> int | None:
    needed = [rule.runs_needed for rule in found if rule.runs_needed is not None]
    return max(needed) if len(needed) == len(found) else None


def _systems(gathered: Gathered) -> str:
    return listed([shown(name) for name in dict.fromkeys(row.system for row in gathered.rows)], limit=3)


def _counts(candidate: Gathered, baseline: Gathered | None, pairs: Pairs | None) -> dict[str, int]:
    told = _counts_of(candidate)
    if baseline is not None:
        told |= {f"baseline_{name}": count for name, count in _counts_of(baseline).items()}
    if pairs is not None:
        told |= {
            "pairs": len(pairs.pairs),
            "pairs_excluded": len(pairs.excluded),
            "candidate_unpaired": len(pairs.candidate_only),
            "baseline_unpaired": len(pairs.baseline_only),
        }
    return told


def _counts_of(gathered: Gathered) -> dict[str, int]:
    of = Counter(row.status for row in gathered.rows)
    return {
        "runs": len(gathered),
        "counted": sum(row.counted for row in gathered.rows),
        "pass": of["pass"],
        "fail": of["fail"],
        "unknown": of["unknown"],
        "infrastructure": of["infrastructure"],
        "invalid": of["invalid"],
        "inapplicable": of["inapplicable"],
        "unfired": sum(row.unfired for row in gathered.rows),
        "duplicates": gathered.duplicates,
        "superseded": gathered.superseded,
        "conflicts": len(gathered.conflicts),
        "unreadable_lines": sum(source.dropped for source in gathered.sources),
    }
