"""summary.md: a report for the summary of a job. GitHub throws one away whole that is above 1 MiB, so this never is.

What is whole stands there or is counted: a table is cut between rows, and a part that does not fit is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from pytest_agentchaos.evidence.decision import Decision, RuleVerdict
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.reporting.marking import block, code, folded, plain, table
from pytest_agentchaos.reporting.naming import shared
from pytest_agentchaos.reporting.page.bounds import scale
from pytest_agentchaos.reporting.report import Budget, Cluster, Matrix, Pairs, Rate, Report, Square

LIMIT_BYTES: Final = 900 * 1024
_TAIL_BYTES: Final = 1_000
"""Kept free for the words about what is not there."""

_CLUSTERS: Final = 60
_OPEN: Final = 5
"""So many causes are told openly; the others can be unfolded."""
_RULES: Final = 100
_CELLS: Final = 30
_ROWS: Final = 40
_COLUMNS: Final = 10
_TOOLS: Final = 30
_DIFFERENCES: Final = 50
_DOUBTS: Final = 40
_WHY: Final = 1_500
_REPLAY: Final = 6_000

_VERDICTS: Final = {"pass": "✅ Everything holds", "fail": "❌ Something fails", "unknown": "❔ Not known"}
_DECISIONS: Final = {"promote": "✅ Promote", "rollback": "❌ Roll back", "hold": "⏸️ Hold", "invalid": "⚠️ Invalid"}
_RULE_MARKS: Final = {"pass": "✅", "fail": "❌", "inconclusive": "❔", "invalid": "⚠️", "waived": "⚪"}


def markdown(report: Report, limit_bytes: int = LIMIT_BYTES) -> str:
    """The file: the verdict first, then what fails, then the rest, as far as it fits."""
    told: list[str] = []
    left_out: list[str] = []
    room = limit_bytes - _TAIL_BYTES
    for name, part in _parts(report):
        size = len(part.encode()) + 2
        if size <= room:
            told.append(part)
            room -= size
        else:
            left_out.append(name)
    if left_out:
        names = ", ".join(dict.fromkeys(left_out))
        told.append(f"_Left out, since a summary may not be larger: {names}. All of it is in `index.html`._")
    return "\n\n".join(told) + "\n"


def _parts(report: Report) -> Iterator[tuple[str, str]]:
    """Each with its name, the most important first; none is cut."""
    yield "the verdict", "\n\n".join(_verdict(report))
    if report.decision is not None:
        yield from _rules(report.decision)
    yield from _clusters(report)
    if report.pairs is not None:
        yield "the baseline", _pairs(report.pairs)
    for matrix in report.matrices:
        yield "matrices", _matrix(matrix)
    if report.budget is not None:
        yield "the budget", _budget(report.budget)
    if report.recovery:
        yield "recovery", _recovery(report)
    if report.tools:
        yield "tools", _tools(report)
    if report.doubts:
        yield "doubts", _doubts(report)
    yield "provenance", _provenance(report)


def _verdict(report: Report) -> Iterator[str]:
    decision = report.decision
    word = _VERDICTS[report.verdict] if decision is None else _DECISIONS[decision.decision]
    yield f"# {word}: {plain(report.title, 120)}"
    if decision is not None:
        yield f"**{plain(decision.reason, 600)}**"
    yield f"**{plain(report.reason, 600)}**" if decision is None else plain(report.reason, 600)
    statuses = ", ".join(f"{count:,} {status}" for status, count in report.statuses.items())
    yield f"{counted(sum(report.statuses.values()), 'trial')}: {statuses or 'none'}. {_rate_sentence(report.rate)}"


def _rate_sentence(rate: Rate) -> str:
    if rate.value is None:
        return "Nothing is known of the rate."
    return (
        f"{rate.successes:,} of {rate.runs:,} hold; the true rate is at least {_percent(rate.lower)}"
        f" and at most {_percent(rate.upper)} (each at 95 %)."
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _rules(decision: Decision) -> Iterator[tuple[str, str]]:
    order = ("fail", "invalid", "inconclusive", "waived", "pass")
    rules = sorted(decision.rules, key=lambda one: order.index(one.status))
    rows = [_rule(one) for one in rules[:_RULES]]
    policy = f" by {code(decision.policy)}" if decision.policy else ""
    head = ("", "rule", "observed", "bounds", "limit", "runs", "why")
    if rows:
        yield "rules", f"## Rules{policy}\n\n{table(head, rows, (2, 4, 5))}{_more(len(rules) - _RULES, 'rule')}"
    for one in rules[:_RULES]:
        if one.cells and one.status not in {"pass", "waived"}:
            yield "cells of rules", _cells(one)


def _rule(rule: RuleVerdict) -> tuple[str, ...]:
    side = "≥" if rule.direction == "at_least" else "≤"
    role = "" if rule.role == "required" else f" ({plain(rule.role, 20)})"
    needed = f"{rule.n:,}" + (f", {rule.runs_needed:,} more needed" if rule.runs_needed else "")
    told = scale(rule).told
    limit = "" if rule.limit is None else f"{side} {told(rule.limit)}"
    bounds = _bounds(rule.lower, rule.upper, told)
    why = plain(rule.reason, 300) + (f" Waived: {plain(rule.waived, 200)}" if rule.waived else "")
    return _RULE_MARKS[rule.status], f"{code(rule.id)}{role}", _told(rule.value, told), bounds, limit, needed, why


def _cells(rule: RuleVerdict) -> str:
    told = scale(rule).told
    rows = [
        (
            _RULE_MARKS[one.status],
            code(one.name),
            _told(one.value, told),
            _bounds(one.lower, one.upper, told),
            f"{one.n:,}",
        )
        for one in rule.cells[:_CELLS]
    ]
    text = table(("", "cell", "observed", "bounds", "runs"), rows, (2, 4))
    return folded(f"{rule.id}, cell by cell", text + _more(len(rule.cells) - _CELLS, "cell"))


def _bounds(lower: float | None, upper: float | None, told: Callable[[float], str]) -> str:
    return "" if lower is None and upper is None else f"{_told(lower, told) or '?'} to {_told(upper, told) or '?'}"


def _told(value: float | None, told: Callable[[float], str]) -> str:
    """In the unit of the rule: a rate is no number between 0 and 1 to whoever decides."""
    return "" if value is None else told(value)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _clusters(report: Report) -> Iterator[tuple[str, str]]:
    failing = [one for one in report.clusters if one.status == "fail"]
    others = [one for one in report.clusters if one.status != "fail"]
    if failing:
        yield "causes", f"## What fails, by {counted(len(failing), 'cause')}"
    for place, one in enumerate(failing[:_CLUSTERS]):
        yield "causes", _cluster(one, is_open=place < _OPEN)
    hidden = len(failing[_CLUSTERS:]) + report.left_out.get("clusters", 0)
    if hidden > 0:
        yield "causes", f"_... and {counted(hidden, 'more cause')}: see `index.html`._"
    if others:
        yield "trials that prove nothing", "## What proves nothing"
    for one in others[:_CLUSTERS]:
        yield "trials that prove nothing", _cluster(one, is_open=False)
    if len(others) > _CLUSTERS:
        yield "trials that prove nothing", f"_... and {len(others) - _CLUSTERS} more: see `index.html`._"


def _cluster(cluster: Cluster, *, is_open: bool) -> str:
    size = counted(cluster.trials, "trial")
    lines = [
        f"- under {_counts(cluster.faults)}",
        f"- in {_counts(cluster.journeys)}",
        f"- for example {code(cluster.example)}: {code(cluster.schedule or 'no fault', 300)}",
    ]
    inside = "\n".join(lines) + "\n\n" + block(cluster.why or cluster.title, _WHY, "text")
    if cluster.replay:
        inside += f"\n\nSee it again:\n\n{block(cluster.replay, _REPLAY, 'sh')}"
    if is_open:
        return f"### {size}: {plain(cluster.title, 160)}\n\n{inside}"
    return folded(f"{size} {cluster.status}: {cluster.title}", inside)


def _counts(counts: Mapping[str, int], limit: int = 6) -> str:
    told = [f"{code(name)}: {count:,}" for name, count in islice(counts.items(), limit)]
    more = len(counts) - len(told)
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")


def _pairs(pairs: Pairs) -> str:
    text = (
        f"## Against the baseline {code(pairs.baseline)}\n\n"
        f"**{pairs.lost:,} lost, {pairs.won:,} won**, {pairs.both_pass:,} hold in both, {pairs.both_fail:,} in neither,"
        f" {pairs.unpaired:,} that cannot be compared, missing in one of the two or not counted there."
    )
    if pairs.p_value is not None:
        text += f" So many losses or more are met by chance with p = {pairs.p_value:.2g}."
    rows = [
        (one.baseline or "-", one.candidate or "-", code(one.journey), code(one.schedule or "no fault"), str(one.seed))
        for one in pairs.differences[:_DIFFERENCES]
    ]
    if not rows or not (pairs.lost or pairs.won or pairs.both_pass or pairs.both_fail):
        return text
    head = ("baseline", "candidate", "journey", "schedule", "seed")
    inside = table(head, rows, (4,)) + _more(len(pairs.differences) - _DIFFERENCES, "trial")
    return f"{text}\n\n{folded('trials that ended differently', inside)}"


def _matrix(matrix: Matrix) -> str:
    columns = range(min(len(matrix.columns), _COLUMNS))
    start = len(shared(matrix.columns))
    head = ["", *(code(matrix.columns[at][start:], 40) for at in columns), "all"]
    rows = []
    for row, name in enumerate(matrix.rows[:_ROWS]):
        cells = [_square(matrix.squares.get((row, column))) for column in columns]
        rate = matrix.row_rates[row] if row < len(matrix.row_rates) else None
        rows.append([code(name, 60), *cells, "" if rate is None else f"{rate.successes:,}/{rate.runs:,}"])
    text = table(head, rows, range(1, len(head)))
    text += _more(len(matrix.rows) - _ROWS, "row") + _more(len(matrix.columns) - _COLUMNS, "column")
    if any(_aside(one) for one in matrix.squares.values()):
        text += "\n\n_(+2): two more trials, which prove nothing and count in no rate._"
    return folded(f"{matrix.name}: how many hold, worst first", text)


def _square(square: Square | None) -> str:
    if square is None:
        return ""
    aside = _aside(square)
    rate = square.rate
    told = f"{rate.successes:,}/{rate.runs:,}" if rate.runs else "-"
    bold = f"**{told}**" if rate.runs and rate.successes < rate.runs else told
    return bold + (f" (+{aside})" if aside else "") + (f" {plain(square.grade, 20)}" if square.grade else "")


def _aside(square: Square) -> int:
    return square.unfired + square.inapplicable + square.infrastructure


def _budget(budget: Budget) -> str:
    burn = "" if budget.burn is None else f", {budget.burn:.2g} times the budget"
    return (
        f"## Error budget\n\n{counted(budget.failures, 'failure')} in {counted(budget.runs, 'run')}; an objective of"
        f" {_percent(budget.objective)} allows {budget.allowance:.4g}{burn}."
    )


def _recovery(report: Report) -> str:
    rows = [
        (
            code(one.fault),
            f"{one.survived:,}/{one.trials:,}",
            _seconds(one.recovery_s),
            _seconds(one.worst_s),
            _number(one.steps),
            _number(one.tokens),
            "" if one.cost is None else f"{one.cost:.4g} {plain(one.currency, 10)}",
        )
        for one in report.recovery[:_TOOLS]
    ]
    head = ("fault", "hold", "recovery", "worst", "more steps", "more tokens", "more cost")
    text = table(head, rows, range(1, 7)) + _more(len(report.recovery) - _TOOLS, "fault")
    return folded("recovery: what faults cost, medians over trials", text)


def _tools(report: Report) -> str:
    rows = [
        (
            code(one.name),
            f"{one.calls:,}",
            f"{one.errors:,}",
            _seconds(one.median_s),
            _seconds(one.p95_s),
            _seconds(one.max_s),
        )
        for one in report.tools[:_TOOLS]
    ]
    text = table(("tool", "calls", "errors", "median", "95 %", "longest"), rows, range(1, 6))
    return folded("tools", text + _more(len(report.tools) - _TOOLS, "tool"))


def _seconds(value_s: float | None) -> str:
    return "" if value_s is None else f"{value_s:.3g} s"


def _doubts(report: Report) -> str:
    lines = [f"- {plain(one.kind, 30)}, {one.count:,}: {plain(one.text)}" for one in report.doubts[:_DOUBTS]]
    more = _more(len(report.doubts) - _DOUBTS, "doubt")
    return "\n".join(["## What to doubt", "", *lines]) + more


def _provenance(report: Report) -> str:
    told = report.provenance
    facts: Sequence[tuple[str, str]] = (
        ("begun", told.at),
        ("systems", ", ".join(told.systems[:10])),
        ("seeds", " to ".join(map(str, dict.fromkeys(told.seeds)))),
        ("results", ", ".join(told.sources[:20])),
        ("suite", told.suite_sha256[:12]),
        ("policy", "" if report.decision is None else report.decision.policy_sha256[:12]),
        ("pytest-agentchaos", told.version),
        ("Python", told.python),
        ("packages", ", ".join(f"{name} {version}" for name, version in told.packages.items())),
        ("labels", ", ".join(f"{name} {value}" for name, value in told.labels.items())),
    )
    rows = [(name, code(value, 400)) for name, value in facts if value]
    return folded("where this comes from", table(("", ""), rows))


def _more(count: int, what: str) -> str:
    return f"\n\n_... and {counted(count, f'more {what}')}._" if count > 0 else ""
