"""junit.xml: a suite for each scenario, a case for each trial, as build servers read it.

A failure is a violated invariant; an error is a trial that proves nothing (unknown, invalid, infrastructure); a trial
to which the question does not apply is skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.reporting.cases import Case, cases
from pytest_agentchaos.reporting.report import Report

ELEMENTS: Final = {
    "fail": "failure",
    "unknown": "error",
    "invalid": "error",
    "infrastructure": "error",
    "inapplicable": "skipped",
}
_LONG: Final = 6_000


def junit(report: Report) -> str:
    """The file. What XML has no letter for is written out."""
    told = cases(report)
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f"<testsuites{_attributes(report.title, told)}>"]
    for suite, group in groupby(told, key=lambda case: case.suite):
        lines += _suite(report, suite, list(group))
    return "\n".join([*lines, "</testsuites>", ""])


def _suite(report: Report, name: str, told: list[Case]) -> Iterator[str]:
    began = report.provenance.at[:19]
    timestamp = f" timestamp={_quoted(began)}" if began else ""
    yield f"<testsuite{_attributes(name, told)}{timestamp}>"
    for case in told:
        yield from _case(case)
    yield "</testsuite>"


def _case(case: Case) -> Iterator[str]:
    start = (
        f"<testcase classname={_quoted(case.suite)} name={_quoted(case.name)} time={_quoted(_seconds(case.seconds))}"
    )
    if case.row is None and case.status == "pass":
        yield f"{start}/>"
        return
    yield f"{start}>"
    if case.row is not None:
        yield from _properties(case)
    if (element := ELEMENTS.get(case.status)) is not None:
        kind = "" if element == "skipped" else f" type={_quoted(case.status)}"
        yield f"<{element}{kind} message={_quoted(case.message)}>{_text(case.details)}</{element}>"
    yield "</testcase>"


def _properties(case: Case) -> Iterator[str]:
    row = case.row
    if row is None:
        return
    told = {"trial": row.trial, "seed": str(row.seed), "schedule": row.schedule, "ended": row.ended}
    told["replay"] = case.replay
    yield "<properties>"
    for name, value in told.items():
        if value:
            yield f"<property name={_quoted(name)} value={_quoted(value)}/>"
    yield "</properties>"


def _attributes(name: str, told: Iterable[Case]) -> str:
    counts: Counter[str] = Counter()
    seconds = 0.0
    for case in told:
        counts[ELEMENTS.get(case.status, "passed")] += 1
        seconds += case.seconds
    numbers = {
        "tests": counts.total(),
        "failures": counts["failure"],
        "errors": counts["error"],
        "skipped": counts["skipped"],
    }
    told_numbers = "".join(f' {key}="{value}"' for key, value in numbers.items())
    return f' name={_quoted(name)}{told_numbers} time="{_seconds(seconds)}"'


def _seconds(seconds: float) -> str:
    return f"{max(seconds, 0.0):.3f}"


def _quoted(text: str) -> str:
    return quoteattr(printable(text, _LONG))


def _text(lines: str) -> str:
    return "\n".join(escape(printable(line, _LONG)) for line in lines.splitlines())
