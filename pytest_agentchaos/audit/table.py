"""Table: a report for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pytest_agentchaos.audit.advice import RULES
from pytest_agentchaos.audit.experiments import EXPERIMENTS
from pytest_agentchaos.audit.report import Outcome, Report, ToolReport
from pytest_agentchaos.evidence.telling import counted, listed

MARKS: Final = {"safe": "ok", "twice": "TWICE", "stale": "stale", "unknown": "?", "not run": "-"}
_VERDICTS: Final = ("executes twice", "undecidable", "retry-safe", "reads")


def lines(report: Report) -> Iterator[str]:
    """What was found, then why, then what to do."""
    version = f" {report.version}" if report.version else ""
    yield f"{report.server}{version}, protocol {report.protocol}: {counted(len(report.tools), 'tool')}"
    yield ""
    if report.tools:
        yield from _columns(report)
    for remark in report.remarks:
        yield ""
        yield f"note: {remark}"
    for tool in report.tools:
        if {finding.rule for finding in tool.findings} - {"not-annotated"}:
            yield ""
            yield from _explained(tool)
    yield from _cures(report)
    yield ""
    yield _summary(report)


def _columns(report: Report) -> Iterator[str]:
    rows = [("tool", "verdict", *(experiment.head for experiment in EXPERIMENTS), "seen by")]
    for tool in report.tools:
        rows.append((tool.name, tool.verdict, *_marks(tool.outcomes), listed(tool.witnesses, limit=2)))
        if tool.without_key is not None:
            rows.append((f"  without {tool.key}", "", *_marks(tool.without_key), ""))
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _marks(outcomes: Mapping[str, Outcome] | None) -> list[str]:
    if outcomes is None:
        return ["" for _ in EXPERIMENTS]
    return [MARKS[outcomes[experiment.name].status] for experiment in EXPERIMENTS]


def _explained(tool: ToolReport) -> Iterator[str]:
    yield f"{tool.name}: {tool.verdict}"
    yield f"  {tool.why}"
    for finding in tool.findings:
        if finding.text != tool.why and finding.rule != "not-annotated":
            yield f"  {RULES[finding.rule].level} {finding.rule}: {finding.text}"


def _cures(report: Report) -> Iterator[str]:
    """What to do, once for all tools that it would help."""
    for rule in RULES.values():
        names = [tool.name for tool in report.tools if rule.id in {finding.rule for finding in tool.findings}]
        if names:
            yield ""
            yield f"{rule.id} ({listed(names)}): {rule.told}"
            yield f"  {rule.cure}"


def _summary(report: Report) -> str:
    counts = [(verdict, len(report.named(verdict))) for verdict in _VERDICTS]
    return ", ".join(f"{count} {verdict}" for verdict, count in counts if count) or "it has no tools"
