"""Spark: a number with its history, small beside the number, or as a chart of all runs with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from pytest_agentchaos.reporting.page.svg import picture, tag
from pytest_agentchaos.reporting.page.words import interval, number, percent, rate
from pytest_agentchaos.reporting.report import Point

_WIDTH: Final = 96
_HEIGHT: Final = 24
_TREND_HEIGHT: Final = 200
_LEFT: Final = 44
_STEP: Final = 56
_MOST_STEP: Final = 110
_WHOLE: Final = 1_060
_RULED: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
_LABEL_CHARACTERS: Final = 12
SHOWN: Final = 24
"""So many of the last runs; older ones are told as a count."""


def sparkline(values: Sequence[float], what: str) -> Markup:
    """The last one is the present one, and has the dot. Empty if there is no history."""
    recent = list(values[-SHOWN:])
    if len(recent) < 2:  # noqa: PLR2004 - a line has two ends
        return Markup("")
    low, high = min(recent), max(recent)
    room = (high - low) or 1.0
    step = (_WIDTH - 8) / (len(recent) - 1)
    places = [(4 + at * step, 4 + (high - value) / room * (_HEIGHT - 8)) for at, value in enumerate(recent)]
    if low == high:
        places = [(x, _HEIGHT / 2) for x, _ in places]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    title = f"{what} in the last {len(recent)} runs: from {number(recent[0])} to {number(recent[-1])}"
    return picture(
        _WIDTH,
        _HEIGHT,
        f"{title}, lowest {number(low)}, highest {number(high)}",
        tag("polyline", points=line, class_="line"),
        tag("circle", cx=places[-1][0], cy=places[-1][1], r=2.5, class_="end"),
        class_="chart spark",
    )


def trend(points: Sequence[Point], objective: float | None = None) -> Markup:
    """The rate of each run with its interval, oldest first."""
    recent = list(points[-SHOWN:])
    step = min(_MOST_STEP, max(_STEP, _WHOLE // max(len(recent), 1)))
    width = _LEFT + step * max(len(recent), 4)
    low = min([point.rate.lower for point in recent] + ([objective] if objective is not None else []), default=0.0)
    low = max(0.0, int(low * 10) / 10)

    def y(value: float) -> float:
        return 12 + (1 - value) / (1 - low or 1) * (_TREND_HEIGHT - 48)

    drawn: list[Markup] = []
    ruled = next((one for one in _RULED if one * 5 >= 1 - low), _RULED[-1])
    for at in range(int((1 - low) / ruled + 1.001)):
        value = 1 - at * ruled
        drawn.append(tag("line", x1=_LEFT, x2=width, y1=y(value), y2=y(value), class_="grid"))
        drawn.append(tag("text", percent(value), x=_LEFT - 8, y=y(value) + 4, text_anchor="end"))
    if objective is not None:
        drawn.append(tag("line", x1=_LEFT, x2=width, y1=y(objective), y2=y(objective), class_="limit"))
    places = [(_LEFT + step * (at + 0.5), point) for at, point in enumerate(recent)]
    line = " ".join(f"{x:.1f},{y(point.rate.value):.1f}" for x, point in places if point.rate.value is not None)
    drawn.append(tag("polyline", points=line, class_="line"))
    for x, point in places:
        drawn += _run(x, point, y(point.rate.lower), y(point.rate.upper))
        if point.rate.value is not None:
            told = f"{_name(point)}: {rate(point.rate)}, {interval(point.rate)}"
            drawn.append(tag("circle", tag("title", told), cx=x, cy=y(point.rate.value), r=4, class_="observed"))
    title = f"Pass rate of the last {len(recent)} runs with intervals; the table below has the numbers"
    return picture(width, _TREND_HEIGHT, title, *drawn, class_="chart trend")


def _run(x: float, point: Point, lower: float, upper: float) -> list[Markup]:
    label = _name(point)
    short = label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"
    return [
        tag("line", x1=x, x2=x, y1=upper, y2=lower, class_="interval"),
        tag("text", short, x=x, y=_TREND_HEIGHT - 12, text_anchor="middle"),
    ]


def _name(point: Point) -> str:
    return point.label or point.at[:10] or "this run"
