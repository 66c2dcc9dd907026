"""Cases: trials as test cases, for formats that know tests. Of very many, those that hold are told together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.reporting.report import Report

LIMIT: Final = 20_000
"""With more trials than that, those that hold are one case for each journey of a suite. GitLab takes no file above
30 MB, and a case has half a kilobyte."""
_NAME: Final = 300
_MESSAGE: Final = 300


@dataclass(frozen=True, slots=True)
class Case:
    """One trial, or many that hold."""

    suite: str
    name: str
    """Different from all others of its suite: who reads them takes two of one name for one."""
    status: str
    seconds: float
    row: Row | None = None
    """None: it stands for many."""
    message: str = ""
    details: str = ""
    """Lines: why, under what, how to see it again."""
    replay: str = ""


def cases(report: Report, limit: int = LIMIT) -> list[Case]:
    """All of them, suite by suite in the order of the results; failures are told one by one as far as possible."""
    rows = report.rows
    if len(rows) <= limit:
        told = _named(report, rows)
    else:
        open_rows = [row for row in rows if row.status != "pass"]
        together = [row for row in rows if row.status == "pass"] + open_rows[limit:]
        told = _named(report, open_rows[:limit]) + _together(together)
    suites = {suite: place for place, suite in enumerate(dict.fromkeys(map(_suite, rows)))}
    return sorted(told, key=lambda case: suites[case.suite])


def _suite(row: Row) -> str:
    return printable(row.scenario or row.system, _NAME) or "trials"


def _named(report: Report, rows: Iterable[Row]) -> list[Case]:
    replays = {one.example: one.replay for one in report.clusters if one.replay}
    taken: set[tuple[str, str]] = set()
    found = []
    for row in rows:
        suite = _suite(row)
        name = printable(f"{row.journey} [{row.schedule or 'no fault'}] seed {row.seed}", _NAME)
        if (suite, name) in taken:
            name = f"{name} {printable(row.trial, 40)}"
        taken.add((suite, name))
        message, details = ("", "") if row.status == "pass" else _told(report, row)
        replay = replays.get(row.trial, "")
        details += f"\nsee it again: {replay}" if replay else ""
        found.append(Case(suite, name, row.status, row.real_s, row, message, details, replay))
    return found


def _told(report: Report, row: Row) -> tuple[str, str]:
    why = report.reasons.get(row.trial, "") or ", ".join(row.failed) or row.status
    place = row.source
    where = report.provenance.sources[place] if place < len(report.provenance.sources) else ""
    lines = [*why.splitlines(), f"schedule: {row.schedule or 'no fault'}"]
    lines += [f"invariants: {', '.join(row.failed)}"] if row.failed else []
    lines += [f"trial: {row.trial}" + (f" in {where}" if where else "")]
    return printable(why.partition("\n")[0], _MESSAGE), "\n".join(printable(line, 2 * _MESSAGE) for line in lines)


def _together(rows: Sequence[Row]) -> list[Case]:
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((_suite(row), row.journey, row.status), []).append(row)
    found = []
    for (suite, journey, status), group in groups.items():
        word = "hold" if status == "pass" else f"more: {status}"
        name = printable(f"{journey}: {counted(len(group), 'trial')} {word}", _NAME)
        message = "" if status == "pass" else f"{counted(len(group), 'trial')}, for example {group[0].trial}"
        found.append(Case(suite, name, status, sum(row.real_s for row in group), None, message, message))
    return found
