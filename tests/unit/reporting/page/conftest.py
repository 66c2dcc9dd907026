"""Reports by hand, and a page as a list of its elements."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.reporting.report import Provenance, Rate, Report
from pytest_agentchaos.statistics.intervals import clopper_pearson


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text of the page that a browser would show."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.texts: list[str] = []
        self.blocks: list[tuple[str, Mapping[str, str | None], str]] = []
        """Of style and script."""
        self._block: tuple[str, Mapping[str, str | None]] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        """One element."""
        self.tags.append((tag, dict(attrs)))
        self._block = (tag, dict(attrs)) if tag in {"style", "script"} else None

    def handle_endtag(self, tag):
        """Of a style or script, as well."""
        self._block = None

    def handle_data(self, data):
        """What stands between tags."""
        if self._block is not None:
            self.blocks.append((*self._block, data))
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All of it, on one line."""
        return " ".join(" ".join(self.texts).split())

    def having(self, attribute: str) -> list[str | None]:
        """The values of an attribute, wherever it stands."""
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]


def rate(successes: int, runs: int) -> Rate:
    """With exact bounds."""
    return Rate(successes, runs, *clopper_pearson(successes, runs))


def row(at: int, status: str = "pass", **changes) -> Row:
    """One trial."""
    told = {
        "source": 0,
        "at": at,
        "trial": f"{at:016x}",
        "status": status,
        "ended": "completed",
        "system": "shop:agent",
        "scenario": "lost-ack",
        "journey": "lisbon",
        "seed": at,
        "faults": ("drop_response",),
        "schedule": "drop_response at tool book #1",
        "pair": f"p{at}",
        "case": "c",
        "failed": ("no_duplicate_effect",) if status == "fail" else (),
        "unfired": status == "invalid",
        "calls": 12,
        "virtual_s": 1.5,
        "real_s": 0.01,
        "measures": {},
        "history": "",
    }
    return Row(**(told | changes))


def report(rows=(), **changes) -> Report:
    """As counted from these rows."""
    statuses: dict[str, int] = {}
    for one in rows:
        statuses[one.status] = statuses.get(one.status, 0) + 1
    counted = [one for one in rows if one.counted]
    told = {
        "title": "Shop agents",
        "verdict": "fail" if statuses.get("fail") else "pass",
        "reason": "1 of 3 trials books a seat twice",
        "provenance": Provenance(
            at="2027-01-02T03:04:05Z",
            version="0.1.0",
            python="CPython 3.13",
            packages={"openai": "3.51.0"},
            systems=("shop:agent",),
            seeds=(0, 2),
            sources=("reports/run",),
            suite_sha256="ab" * 32,
            labels={"release": "1.4"},
        ),
        "statuses": statuses,
        "rate": rate(sum(one.success for one in counted), len(counted)),
        "rows": tuple(rows),
    }
    return Report(**(told | changes))


@pytest.fixture
def make_report():
    """A report of these rows; whatever else is given replaces the usual."""
    return report


@pytest.fixture
def make_row():
    """A row of this number and status."""
    return row


@pytest.fixture
def make_rate():
    """So many of so many, with exact bounds."""
    return rate


@pytest.fixture
def elements():
    """A page, taken apart."""
    return Elements
