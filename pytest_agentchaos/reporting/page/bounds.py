"""Bounds: an interval drawn against the limit that it has to clear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from markupsafe import Markup

from pytest_agentchaos.evidence.decision import Cell, RuleVerdict
from pytest_agentchaos.reporting.page.svg import picture, tag
from pytest_agentchaos.reporting.page.words import NOTHING, number, percent, signed

WIDTH: Final = 360
_HEIGHT: Final = 28
_EDGE: Final = 8
_ROOM: Final = 0.08

Unit = Literal["rate", "points", "ratio", "number"]


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places in the drawing."""

    low: float
    high: float
    unit: Unit

    @property
    def same(self) -> float | None:
        """What a rule that compares has where both systems are the same."""
        return {"points": 0.0, "ratio": 1.0}.get(self.unit)

    def x(self, value: float) -> float:
        """Values off the scale stand at its edge."""
        share = (value - self.low) / (self.high - self.low)
        return _EDGE + min(1.0, max(0.0, share)) * (WIDTH - 2 * _EDGE)

    def told(self, value: float | None) -> str:
        """In words."""
        if value is None:
            return NOTHING
        if self.unit == "points":
            return f"{signed(round(100 * value, 1))} points"
        if self.unit == "ratio":
            return f"{value:.2f} times"
        return percent(value, 1000) if self.unit == "rate" else number(value)


def scale(rule: RuleVerdict) -> Scale:
    """One for a rule and all of its cells, so that they can be compared by eye."""
    unit = _unit(rule)
    if unit == "rate":
        return Scale(0.0, 1.0, unit)
    given = [rule.limit, rule.value, rule.lower, rule.upper, Scale(0, 1, unit).same]
    given += [value for cell in rule.cells for value in (cell.value, cell.lower, cell.upper)]
    known = [value for value in given if value is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    if low == high:
        low, high = low - 1, high + 1
    room = (high - low) * _ROOM
    return Scale(low - room, high + room, unit)


def _unit(rule: RuleVerdict) -> Unit:
    """A rule with a baseline looks at the difference of two rates, or at the ratio of two other figures."""
    is_rate = rule.metric.startswith("pass_") or rule.metric.endswith("_rate")
    if rule.baseline is None:
        return "rate" if is_rate and 0 <= (rule.limit or 0.0) <= 1 else "number"
    return "points" if is_rate else "ratio"


def bar(one: RuleVerdict | Cell, rule: RuleVerdict, on: Scale) -> Markup:
    """The interval as a bar, what was observed as a dot, the limit as a line with the side that is allowed."""
    middle = _HEIGHT / 2
    drawn = [tag("line", x1=_EDGE, x2=WIDTH - _EDGE, y1=middle, y2=middle, class_="axis")]
    if rule.limit is not None:
        at = on.x(rule.limit)
        start, end = (at, WIDTH - _EDGE) if rule.direction == "at_least" else (_EDGE, at)
        drawn.append(tag("rect", x=start, y=4, width=max(0.0, end - start), height=_HEIGHT - 8, class_="allowed"))
    if one.lower is not None or one.upper is not None:
        left = on.x(one.lower) if one.lower is not None else _EDGE
        right = on.x(one.upper) if one.upper is not None else WIDTH - _EDGE
        box = {"x": left, "y": middle - 4, "width": max(2.0, right - left), "height": 8, "rx": 2}
        drawn.append(tag("rect", **box, class_=f"interval {one.status}"))
    if on.same is not None:
        at = on.x(on.same)
        drawn.append(tag("path", d=f"M{at:.1f} 5l4 4l-4 4l-4-4z", class_="baseline"))
    if one.value is not None:
        drawn.append(tag("circle", cx=on.x(one.value), cy=middle, r=4.5, class_=f"observed {one.status}"))
    if rule.limit is not None:
        drawn.append(tag("line", x1=on.x(rule.limit), x2=on.x(rule.limit), y1=2, y2=_HEIGHT - 2, class_="limit"))
    return picture(WIDTH, _HEIGHT, in_words(one, rule, on), *drawn, class_="chart bounds")


def in_words(one: RuleVerdict | Cell, rule: RuleVerdict, on: Scale) -> str:
    """What the drawing shows."""
    told = [f"observed {on.told(one.value)}" if one.value is not None else "nothing was observed"]
    if one.lower is not None:
        told.append(f"at least {on.told(one.lower)}")
    if one.upper is not None:
        told.append(f"at most {on.told(one.upper)}")
    if rule.limit is not None:
        told.append(f"limit {'≥' if rule.direction == 'at_least' else '≤'} {on.told(rule.limit)}")
    if on.same is not None:
        told.append(f"{on.told(on.same)} would be the same as the baseline")
    return ", ".join(told)
