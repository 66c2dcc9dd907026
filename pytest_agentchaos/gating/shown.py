"""Shown: a decision and a comparison as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pytest_agentchaos.evidence.decision import Cell, Decision, RuleVerdict
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.gating.comparison import Comparison
from pytest_agentchaos.gating.judging import method_of
from pytest_agentchaos.gating.policy import Policy
from pytest_agentchaos.gating.shape import Rule
from pytest_agentchaos.gating.words import number

_HEAD: Final = ("rule", "metric", "role", "status", "value", "bound", "asked", "n", "needed")
_NUMBERS: Final = frozenset({"value", "bound", "asked", "n", "needed"})
_WIDE: Final = 32
_CELLS: Final = 5
"""Parts of a rule that are told one by one, worst first; --explain tells all."""


def lines(decision: Decision, policy: Policy | None = None, *, explain: bool = False) -> Iterator[str]:
    """What a release owner reads."""
    yield f"{decision.decision.upper()}  ({decision.policy or 'no policy'})"
    yield decision.reason
    rules = {rule.id: rule for rule in policy.rules} if policy is not None else {}
    made = [one for one in decision.rules if one.id in rules]
    if made:
        yield ""
        yield from _table([_row(one, rules[one.id]) for one in made])
    for one in decision.rules:
        yield from _told(one, rules.get(one.id), explain=explain)
    yield ""
    yield from _footer(decision)
    if explain and policy is not None:
        yield ""
        yield from _method(policy)


def _row(one: RuleVerdict, rule: Rule) -> tuple[str, ...]:
    clearing = one.lower if rule.at_least else one.upper
    opposite = one.upper if rule.at_least else one.lower
    bound = opposite if one.status == "fail" else clearing
    asked = f"{'>=' if rule.at_least else '<='} {number(rule, one.limit, brief=True)}"
    needed = "" if one.runs_needed is None else str(one.runs_needed)
    figures = (number(rule, one.value, brief=True), number(rule, bound, brief=True))
    return (one.id, _short(one.metric), one.role, one.status, *figures, asked, str(one.n), needed)


def _short(text: str) -> str:
    return text if len(text) <= _WIDE else f"{text[: _WIDE - 3]}..."


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    whole = [_HEAD, *rows]
    widths = [max(len(row[at]) for row in whole) for at in range(len(_HEAD))]
    for row in whole:
        cells = (
            text.rjust(width) if name in _NUMBERS else text.ljust(width)
            for name, text, width in zip(_HEAD, row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _told(one: RuleVerdict, rule: Rule | None, *, explain: bool) -> Iterator[str]:
    if one.status == "pass" and not one.waived and not explain:
        return
    yield ""
    yield f"{one.id}: {one.status}" + (" (it decides nothing)" if one.role == "watch" else "")
    if rule is not None and rule.why:
        yield f"    {rule.why}"
    yield f"    {one.reason}"
    if one.waived:
        yield f"    waived by {one.waived}"
    cells = one.cells if explain else [cell for cell in one.cells if cell.status != "pass"][:_CELLS]
    yield from (f"      {_cell(cell)}" for cell in cells if len(one.cells) > 1)


def _cell(cell: Cell) -> str:
    return f"{cell.status:12} {cell.name}: {cell.reason}"


def _footer(decision: Decision) -> Iterator[str]:
    counts = decision.counts
    apart = [f"{counts[name]} {name}" for name in ("infrastructure", "invalid", "inapplicable") if counts.get(name)]
    runs, telling = counts.get("runs", 0), counts.get("counted", 0)
    told = f"{counted(runs, 'run')} {'says' if runs == 1 else 'say'} something of the system"
    if apart:
        told = f"{telling} of {counted(runs, 'run')} say something of the system (not: {', '.join(apart)})"
    yield told
    if searched := counts.get("searched"):
        yield f"{counted(searched, 'trial')} of an exploration found nothing to act on; that is part of its search"
    if "pairs" in counts:
        alone = counts["candidate_unpaired"], counts["baseline_unpaired"], counts["pairs_excluded"]
        yield (
            f"{counted(counts['pairs'], 'pair')} with the baseline; alone: {alone[0]} of the candidate,"
            f" {alone[1]} of the baseline; {counted(alone[2], 'pair')} excluded, since one of the two says nothing"
        )
    for side, name in decision.systems.items():
        yield f"{side}: {name}"
    yield f"policy {decision.policy_sha256[:12] or '-'}  suite {decision.suite_sha256[:12] or '-'}"


def _method(policy: Policy) -> Iterator[str]:
    stats = policy.shape.stats
    yield f"How it was judged: alpha {stats.alpha:g}, {method_of(stats)}, multiplicity {stats.multiplicity}."
    yield "A rule passes if its bound clears the limit, fails if the opposite bound breaches it; else it is open."
    yield "Passes are judged at alpha, since all must pass; failures share it among all parts that can fail by chance."


def comparison(made: Comparison) -> Iterator[str]:
    """What was lost, what was won."""
    yield made.verdict
    yield ""
    yield f"{counted(made.pairs, 'pair')}: {made.both_pass} pass in both, {made.neither_passes} in neither"
    yield f"    lost: {made.lost}{_by(made.lost_by)}"
    yield f"    won:  {made.won}"
    yield (
        f"not compared: {counted(made.excluded, 'pair')} of which one says nothing,"
        f" {made.baseline_only} only in the baseline, {made.candidate_only} only in the candidate"
    )
    if made.difference is not None and made.lower is not None and made.upper is not None:
        sure = (
            f"{100 * made.lower:+.1f} to {100 * made.upper:+.1f}, each with {100 * (1 - made.alpha):.0f} % confidence"
        )
        yield f"pass rate: {100 * made.difference:+.1f} points ({sure}, at one look)"
    yield "what trials took, where both pass; a success's cost is of all:"
    yield from _ratios(made)
    for one in made.differences:
        yield ""
        place = ", ".join(filter(None, (one.scenario, one.journey, one.schedule, f"seed {one.seed}")))
        yield f"{one.kind}: {place}"
        yield from (f"    {text}" for text in (one.why, one.replay) if text)
    more = made.lost + made.won - len(made.differences)
    if more:
        yield ""
        yield f"... and {counted(more, 'more difference')}; --all shows every one"


def _by(kinds: dict[str, int]) -> str:
    told = ", ".join(f"{name} {count}" for name, count in kinds.items())
    return f"  ({told})" if told else ""


def _ratios(made: Comparison) -> Iterable[str]:
    for one in made.ratios:
        if one.value is None:
            yield f"    {one.metric:17} unknown: {one.why}"
            continue
        low, high = ("?" if bound is None else f"{bound:.3g}" for bound in (one.lower, one.upper))
        yield f"    {one.metric:17} x{one.value:.3g}  ({low} to {high}, n = {one.n})"
