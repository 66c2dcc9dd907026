"""The scorecard as one HTML file, in the look of the main page and under the same policy; it needs no script."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from pytest_agentchaos.reporting.page.rendering import environment
from pytest_agentchaos.reporting.page.security import policy
from pytest_agentchaos.reporting.page.spark import SHOWN, trend
from pytest_agentchaos.reporting.report import Point
from pytest_agentchaos.reporting.scorecard.card import Line, Scorecard
from pytest_agentchaos.reporting.scorecard.table import CHANGES, sentences

_HERE = Path(__file__).parent
_LOOK = _HERE.parent / "page"


def page(card: Scorecard, title: str) -> str:
    """The same scorecard gives the same bytes."""
    style = (_LOOK / "style.css").read_text("utf-8")
    objective = None if card.budget is None else card.budget.objective
    template = environment().from_string((_HERE / "page.html").read_text("utf-8"))
    made: str = template.render(
        policy=policy([style], []),
        style=Markup(style),  # noqa: S704 - our own file
        title=title,
        card=card,
        last=card.lines[-1],
        sentences=tuple(sentences(card)),
        chart=trend([_point(line) for line in card.lines], objective),
        charted=min(SHOWN, len(card.lines)),
        changes=CHANGES,
        systems=len({line.system for line in card.lines}) > 1,
        word={"worse": "fail", "better": "pass"}.get(card.lines[-1].change, ""),
    )
    return made


def _point(line: Line) -> Point:
    return Point(line.when, line.label or line.when, line.rate, line.decision, line.figures)
