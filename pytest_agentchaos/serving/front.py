"""The front page: the reports that are here, and the gates that can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final
from urllib.parse import quote

from pytest_agentchaos.evidence.canonical import encode
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.serving.answer import CLOSED, HTML, Answer
from pytest_agentchaos.serving.shelf import Shown

OF_REPORTS: Final = f"{CLOSED}; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""For pages of reports. Each has a policy of its own that allows its own blocks and no others; both hold."""

_LINE: Final = 300
_STYLE: Final = """
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.125rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid #8886 }
"""


def page(gates: Sequence[str], reports: Sequence[Shown] | None) -> Answer:
    """As HTML, without a script."""
    told = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>agentchaos: reports</title><style>{_STYLE}</style>",
        "<main><h1>agentchaos</h1>",
        *_reports(reports),
        *_gates(gates),
        "</main></html>",
    ]
    return Answer(200, encode("\n".join(told)), HTML, f"{CLOSED}; style-src 'unsafe-inline'")


def _reports(reports: Sequence[Shown] | None) -> list[str]:
    if not reports:
        why = "The server was started without <code>--reports DIR</code>." if reports is None else "None yet."
        return ["<h2>Reports</h2>", f"<p>{why}</p>"]
    rows = [
        f'<tr><td><a href="{escape(one.link)}">{_shown(one.name or one.title or "report")}</a>'
        f"<td>{_shown(one.title)}<td><strong>{_shown(one.verdict)}</strong><td>{_shown(one.reason)}"
        for one in reports
    ]
    return ["<h2>Reports</h2>", "<table><tr><th>folder<th>title<th>verdict<th>why", *rows, "</table>"]


def _gates(gates: Sequence[str]) -> list[str]:
    if not gates:
        return []
    items = [f'<li><a href="/gate/{quote(name)}">{_shown(name)}</a>' for name in gates]
    return ["<h2>Gates</h2>", "<ul>", *items, "</ul>"]


def _shown(words: str) -> str:
    return escape(printable(words, _LINE))
