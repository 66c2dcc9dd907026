"""Measuring: a rule's metric in a sample, as an estimate; or why it cannot be had, which is never a pass."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from math import comb

from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.evidence.telling import counted, listed, shown
from pytest_agentchaos.gating import took
from pytest_agentchaos.gating.differences import Paired, Unpaired
from pytest_agentchaos.gating.estimate import Counted, Estimate, Method, Unmeasured
from pytest_agentchaos.gating.rates import Rate, Repeated
from pytest_agentchaos.gating.sample import NO_COUNTERPART, Sample
from pytest_agentchaos.gating.shape import Rule
from pytest_agentchaos.gating.took import observed


def measure(rule: Rule, sample: Sample, method: Method) -> Estimate:
    """The rule's metric. ``Unmeasured`` if the sample does not tell it."""
    if not sample.counted and rule.measured.kind != "share_of_runs":
        runs = counted(len(sample.rows), "run")
        why = f"no trial to judge: of {runs} none says anything of the system"
        raise Unmeasured(why)
    return _KINDS[rule.measured.kind](rule, sample, method)


def _count(rule: Rule, sample: Sample, _: Method) -> Estimate:
    """Violations, wherever one was seen; an invariant that cannot know may hide another."""
    rows = [row for row in sample.rows if row.status != "infrastructure"]
    kinds = Counter(name for row in rows for name in _asked_for(rule, row.failed))
    what = listed([f"{shown(name)} {count}" for name, count in kinds.most_common()], limit=3)
    if rule.invariant and not any(_asked_for(rule, row.judged) for row in rows):
        what = "asked in no trial"
    seen = sum(bool(_asked_for(rule, row.failed)) for row in rows)
    perhaps = sum(_is_doubtful(rule, row) for row in sample.counted)
    uncounted = sum(not row.counted and bool(_asked_for(rule, row.failed)) for row in rows)
    return Counted(seen, seen + perhaps, len(sample.counted) + uncounted, what=what)


def _is_doubtful(rule: Rule, row: Row) -> bool:
    """Whether it may be a violation that nobody has seen. What is unknown and does not say why may be anything."""
    nameless = row.status == "unknown" and not row.unknown
    return (nameless or bool(_asked_for(rule, row.unknown))) and not _asked_for(rule, row.failed)


def _rate(rule: Rule, sample: Sample, method: Method) -> Estimate:
    if rule.test is not None:
        return _difference(rule, sample, method)
    rows = sample.counted
    if rule.metric == "violation_rate":  # what may be one is counted as one
        bad = sum(bool(_asked_for(rule, row.failed)) or _is_doubtful(rule, row) for row in rows)
        return observed(rule, Rate(bad, len(rows), method))
    return observed(rule, Rate(sum(row.success for row in rows), len(rows), method))


def _difference(rule: Rule, sample: Sample, method: Method) -> Estimate:
    if sample.pairs is None:
        rows, base = sample.counted, sample.counted_baseline
        if not base:
            raise Unmeasured(NO_COUNTERPART)
        return Unpaired(_passed(rows, method), _passed(base, method), rule.limit)
    if not sample.pairs:
        raise Unmeasured(NO_COUNTERPART)
    lost = sum(one.success and not other.success for one, other in sample.pairs)
    won = sum(other.success and not one.success for one, other in sample.pairs)
    base_rate = sum(one.success for one, _ in sample.pairs) / len(sample.pairs)
    return Paired(lost, won, len(sample.pairs), method, base_rate, rule.limit)


def _passed(rows: Sequence[Row], method: Method) -> Rate:
    return Rate(sum(row.success for row in rows), len(rows), method)


def _share_of_runs(rule: Rule, sample: Sample, method: Method) -> Estimate:
    status = "infrastructure" if rule.metric == "infra_rate" else "invalid"
    return observed(rule, Rate(sum(row.status == status for row in sample.rows), len(sample.rows), method))


def _repeated(rule: Rule, sample: Sample, method: Method) -> Estimate:
    cases: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in sample.counted:
        tally = cases[row.system, row.case]
        tally[0] += row.success
        tally[1] += 1
    k = rule.k or 1
    all_pass = rule.metric == "pass_hat_k"
    full = [(passed, runs) for passed, runs in cases.values() if runs >= k]
    if len(full) < len(cases):
        few = counted(len(cases) - len(full), "case")
        why = f"{few} of {len(cases)} ran fewer than {k} times; run each {k} times or more (trials: {k})"
        raise Unmeasured(why)
    kept = [comb(passed if all_pass else runs - passed, k) / comb(runs, k) for passed, runs in full]
    value = sum(kept) / len(kept)
    successes, runs = (sum(column) for column in zip(*full, strict=True))
    estimate = Repeated(value if all_pass else 1 - value, Rate(successes, runs, method), k, all_pass)
    return observed(rule, estimate)


def _asked_for(rule: Rule, names: Sequence[str]) -> Sequence[str]:
    """Of these invariants, those that the rule is about."""
    if not rule.invariant or not names:
        return names
    return [name for name in names if any(fnmatchcase(name, glob) for glob in rule.invariant)]


_KINDS: dict[str, Callable[[Rule, Sample, Method], Estimate]] = {
    "count": _count,
    "rate": _rate,
    "share_of_runs": _share_of_runs,
    "repeated": _repeated,
    "cost_per_success": took.cost_per_success,
    "figure": took.figure,
}
