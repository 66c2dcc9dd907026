"""Shares: how many trials had which status, as one bar; a pattern tells failures apart where colours do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from pytest_agentchaos.reporting.page.svg import picture, tag
from pytest_agentchaos.reporting.page.words import STATUSES

_WIDTH: Final = 600
_HEIGHT: Final = 12
_LEAST: Final = 4


def shares(statuses: Mapping[str, int]) -> Markup:
    """As wide as its share, but never too thin to be seen."""
    counts = {name: statuses[name] for name in STATUSES if statuses.get(name)}
    total = sum(counts.values())
    if not total:
        return Markup("")
    room = _WIDTH - _LEAST * len(counts)
    drawn, x = [], 0.0
    for name, count in counts.items():
        width = _LEAST + room * count / total
        drawn.append(tag("rect", x=x, y=0, width=max(1.0, width - 2), height=_HEIGHT, rx=2, class_=f"s-{name}"))
        if name != "pass":
            drawn.append(tag("rect", x=x, y=0, width=max(1.0, width - 2), height=_HEIGHT, fill=f"url(#p-{name})"))
        x += width
    title = ", ".join(f"{STATUSES[name]} {count:,}" for name, count in counts.items())
    return picture(_WIDTH, _HEIGHT, title, *drawn, class_="chart shares", ratio="none")
