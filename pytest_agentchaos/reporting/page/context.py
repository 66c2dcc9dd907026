"""Context: a report as the templates want it. What is to be decided about a page is decided here."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from markupsafe import Markup

from pytest_agentchaos.evidence.decision import Cell, Decision, RuleVerdict
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.reporting.making.words import VIOLATIONS, violation
from pytest_agentchaos.reporting.page.bounds import Scale, bar, scale
from pytest_agentchaos.reporting.page.exploration import exploration
from pytest_agentchaos.reporting.page.heatmap import Link, heat_map
from pytest_agentchaos.reporting.page.histogram import histogram, used
from pytest_agentchaos.reporting.page.shares import shares
from pytest_agentchaos.reporting.page.spark import sparkline, trend
from pytest_agentchaos.reporting.page.words import NOTHING, STATUSES, WORST_FIRST, interval, percent, plural, seconds
from pytest_agentchaos.reporting.report import Point, Report, Tool

FAILING: Final = 200
"""So many trials that do not pass stand in a plain table, for print and for browsers without scripts."""
_CELLS: Final = 100
_SOURCES: Final = 20
_FIGURES: Final = {"cost": "Cost of a trial", "duration_s": "Time of a trial", "steps": "Steps of a trial"}

_WORDS: Final = {
    "promote": ("Promote", "pass"),
    "rollback": ("Roll back", "fail"),
    "hold": ("Hold", "unknown"),
    "invalid": ("Invalid", "invalid"),
    "pass": ("Pass", "pass"),
    "fail": ("Fail", "fail"),
    "unknown": ("Undecided", "unknown"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a reader wants first, and what it means."""

    label: str
    value: str
    note: str
    spark: Markup = field(default_factory=Markup)


@dataclass(frozen=True, slots=True)
class DrawnRule:
    """A rule with its bounds as a picture, and its cells with theirs."""

    rule: RuleVerdict
    picture: Markup
    limit: str
    cells: tuple[tuple[Cell, Markup], ...]
    left_out: int
    compares: bool
    """With a baseline."""

    @property
    def has_numbers(self) -> bool:
        """Whether there is anything to draw."""
        return any(one is not None for one in (self.rule.value, self.rule.lower, self.rule.upper))


def context(report: Report, link: Link) -> dict[str, Any]:
    """All that the sections show, but the timelines and the table of trials."""
    word, status = _WORDS[report.decision.decision if report.decision else report.verdict]
    rules = drawn_rules(report.decision)
    return {
        "report": report,
        "decision": report.decision,
        "word": word,
        "status": status,
        "reason": report.decision.reason if report.decision else report.reason,
        "figures": figures(report),
        "begin_with": next((one for one in report.clusters[:1] if one.status == "fail"), None),
        "shares": shares(report.statuses),
        "statuses": [(name, report.statuses[name]) for name in STATUSES if report.statuses.get(name)],
        "rules": rules,
        "compares": any(one.compares for one in rules),
        "asked": [(name, broken_means(name), shares(counts), counts) for name, counts in report.invariants.items()],
        "maps": [heat_map(matrix, link) for matrix in report.matrices if matrix.rows and matrix.columns],
        "link": link,
        "tools": pictured(report.tools),
        "explorations": [exploration(one) for one in report.explorations],
        "trend": trend(report.trend, report.budget.objective if report.budget else None) if report.trend else "",
        "failing": failing(report.rows),
        "again": shlex.join(["agentchaos", "report", *report.provenance.sources[:_SOURCES]]),
        "not_passing": sum(not row.success for row in report.rows),
    }


def broken_means(invariant: str) -> str:
    """For people who do not know it by its name."""
    return f"broken: they {violation(invariant)}" if invariant.partition("(")[0] in VIOLATIONS else ""


def figures(report: Report) -> list[Figure]:
    """The key figures, the ones that decide first."""
    rate = report.rate
    rates = [point.rate.value for point in report.trend if point.rate.value is not None]
    observed = percent(rate.value, rate.runs) if rate.value is not None else NOTHING
    note = f"{rate.successes:,} of {rate.runs:,}; 95 % bounds {interval(rate)}" if rate.runs else "no trial counts"
    told = [
        Figure("Pass rate", observed, note, sparkline([100 * one for one in rates], "Pass rate in %")),
        Figure("Failures", f"{report.statuses.get('fail', 0):,}", _causes(report)),
        _doubtful(report.statuses),
        Figure("Trials", f"{len(report.rows):,}", f"{report.calls:,} calls of {plural(len(report.tools), 'tool')}"),
    ]
    if report.virtual_s:
        took = f"simulated, in {seconds(report.real_s)} of computing" if report.real_s else "simulated"
        told.append(Figure("Time covered", seconds(report.virtual_s), took))
    historic = [_historic(name, label, report.trend) for name, label in _FIGURES.items() if _has(report.trend, name)]
    return told + historic


def _causes(report: Report) -> str:
    causes = sum(one.status == "fail" for one in report.clusters)
    return f"of {plural(causes, 'cause')}" if causes else "every invariant held where it was judged"


def _doubtful(statuses: Mapping[str, int]) -> Figure:
    counts = {name: statuses.get(name, 0) for name in STATUSES if name not in {"pass", "fail"}}
    told = ", ".join(f"{count:,} {STATUSES[name].lower()}" for name, count in counts.items() if count)
    return Figure("Without a verdict", f"{sum(counts.values()):,}", told or "every trial could be judged")


def _has(points: Sequence[Point], name: str) -> bool:
    return bool(points) and name in points[-1].figures


def _historic(name: str, label: str, points: Sequence[Point]) -> Figure:
    values = [point.figures[name] for point in points if name in point.figures]
    value = seconds(values[-1]) if name.endswith("_s") else f"{values[-1]:.4g}"
    return Figure(label, value, "median, beside those of earlier runs", sparkline(values, label))


def drawn_rules(decision: Decision | None) -> list[DrawnRule]:
    """Those that hinder first; they are few."""
    order = ("fail", "invalid", "inconclusive", "waived", "pass")
    rules = sorted(decision.rules if decision else (), key=lambda rule: order.index(rule.status))
    return [_drawn(rule, scale(rule)) for rule in rules]


def _drawn(rule: RuleVerdict, on: Scale) -> DrawnRule:
    sign = "≥" if rule.direction == "at_least" else "≤"
    limit = "" if rule.limit is None else f"{sign} {on.told(rule.limit)}"
    cells = tuple((cell, bar(cell, rule, on)) for cell in rule.cells[:_CELLS])
    return DrawnRule(rule, bar(rule, rule, on), limit, cells, len(rule.cells) - len(cells), on.same is not None)


def pictured(tools: Sequence[Tool]) -> list[tuple[Tool, Markup]]:
    """Each with its histogram, all of them on one axis."""
    shown = used(tool.histogram for tool in tools)
    return [(tool, histogram(tool.name, tool.histogram, shown) if tool.histogram else Markup("")) for tool in tools]


def failing(rows: Sequence[Row]) -> list[Row]:
    """The first that do not pass, the worst kinds first."""
    found: list[Row] = []
    for status in WORST_FIRST[:-1]:
        found += [row for row in rows if row.status == status][: FAILING - len(found)]
    return found
