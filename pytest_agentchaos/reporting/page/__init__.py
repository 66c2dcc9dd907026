"""The page: a report as one HTML file that opens from a disk, without a network, and obeys nothing in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup

from pytest_agentchaos.reporting.page.arrangement import INDEX, TRIALS, Arrangement, Drawn, arrangements, link
from pytest_agentchaos.reporting.page.context import context
from pytest_agentchaos.reporting.page.packing import columns, inert, ordered, packed
from pytest_agentchaos.reporting.page.rendering import render
from pytest_agentchaos.reporting.page.text import trial_name
from pytest_agentchaos.reporting.page.timeline import draw
from pytest_agentchaos.reporting.report import Report

LIMIT_BYTES: Final = 4_500_000


@dataclass(frozen=True, slots=True)
class Page:
    """What is to be written."""

    html: str
    side: Mapping[str, bytes] = field(default_factory=dict)
    """Files that have to stand beside the page, by name: what did not fit into it. The page links each."""


def page(report: Report, *, limit_bytes: int = LIMIT_BYTES) -> Page:
    """The page of a report, of so many bytes at most; what does not fit stands in side files that it links.

    The same report gives the same bytes.
    """
    drawn = [Drawn(one.trial, one.title, one.status, one.why, draw(one)) for one in report.timelines]
    table = (
        packed(columns(ordered(report.rows), report.provenance.sources, report.reasons)) if report.rows else Markup("")
    )
    for arrangement in arrangements(drawn, len(table), limit_bytes):
        html = _main(report, arrangement, table if arrangement.has_table else Markup(""))
        if len(html.encode()) <= limit_bytes:
            break
    return Page(html, _beside(report, arrangement, table))


def _main(report: Report, arrangement: Arrangement, data: Markup) -> str:
    links = arrangement.links()

    def place(trial: str) -> str:
        return links.get(trial) or link(trial, "" if arrangement.has_table else TRIALS)

    told = context(report, place)
    named = inert({trial_name(trial): where for trial, where in links.items()})
    return render("page.html", data=data, links=named, arrangement=arrangement, trials_file=TRIALS, **told)


def _beside(report: Report, arrangement: Arrangement, table: Markup) -> dict[str, bytes]:
    common = {"report": report, "index_file": INDEX}
    files = {name: render("timelines.html", drawn=drawn, name=name, **common) for name, drawn in arrangement.beside}
    if not arrangement.has_table:
        links = inert({trial_name(one): where for one, where in arrangement.links(within=TRIALS).items()})
        files[TRIALS] = render("trials.html", data=table, links=links, **common)
    return {name: html.encode() for name, html in files.items()}
