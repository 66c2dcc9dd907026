"""Histogram: how long the calls of a tool took, in the fixed classes of ``evidence.figures.spread``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

from markupsafe import Markup

from pytest_agentchaos.evidence.figures.spread import BOUNDS_S
from pytest_agentchaos.reporting.page.svg import picture, tag
from pytest_agentchaos.reporting.page.words import plural, seconds

WIDTH: Final = 200
HEIGHT: Final = 56
_FLOOR: Final = 40
_TOLD: Final = 6
_CLASSES: Final = len(BOUNDS_S) + 1


def used(histograms: Iterable[Sequence[int]]) -> range:
    """The classes that any of these has, so that all of them are drawn on one axis without empty room."""
    places = [at for counts in histograms for at, count in enumerate(counts[:_CLASSES]) if count]
    return range(min(places, default=0), max(places, default=0) + 1)


def histogram(name: str, counts: Sequence[int], shown: range) -> Markup:
    """Bars for the classes, a line for the share of calls that took no longer."""
    counted = [counts[at] if at < len(counts) else 0 for at in shown]
    most, total, step = max([*counted, 1]), max(sum(counted), 1), WIDTH / len(counted)
    drawn = [tag("line", x1=0, x2=WIDTH, y1=_FLOOR, y2=_FLOOR, class_="axis")]
    for at, count in enumerate(counted):
        if count:
            height = max(1.5, count / most * (_FLOOR - 4))
            box = {"x": at * step + 0.5, "y": _FLOOR - height, "width": step - 1, "height": height}
            drawn.append(tag("rect", **box, class_="column"))
    reached = [_FLOOR - share / total * (_FLOOR - 4) for share in accumulate(counted)]
    line = "".join(f"V{y:.1f}H{(at + 1) * step:.1f}" for at, y in enumerate(reached))
    drawn.append(tag("path", d=f"M0 {_FLOOR}{line}", class_="share"))
    drawn.append(tag("text", _class(shown[0]), x=0, y=HEIGHT - 2))
    if len(shown) > 1:
        drawn.append(tag("text", _class(shown[-1]), x=WIDTH, y=HEIGHT - 2, text_anchor="end"))
    return picture(WIDTH, HEIGHT, f"{name}: {in_words(counts)}", *drawn, class_="chart histogram")


def in_words(counts: Sequence[int]) -> str:
    """The fullest classes: ``118 calls up to 5 ms, 2 calls up to 10 s``."""
    found = [(at, count) for at, count in enumerate(counts) if count]
    fullest = sorted(sorted(found, key=lambda one: -one[1])[:_TOLD])
    told = [f"{plural(count, 'call')} {_class(at)}" for at, count in fullest]
    others = sum(count for _, count in found) - sum(count for _, count in fullest)
    return ", ".join(told + ([f"{plural(others, 'call')} between"] if others else [])) or "no call was timed"


def _class(at: int) -> str:
    if at >= len(BOUNDS_S):
        return f"above {seconds(BOUNDS_S[-1])}"
    return "in no time" if at == 0 else f"up to {seconds(BOUNDS_S[at])}"
