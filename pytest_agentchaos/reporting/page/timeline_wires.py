"""Wires of a timeline: the drawing beside each line. Lanes are columns, time runs down; all widths are shares of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from pytest_agentchaos.reporting.page.timeline_rows import Row, is_told_at_length
from pytest_agentchaos.reporting.timeline import Bar, Mark

_ASK: Final = 9
_ANSWER: Final = 16
_MIDDLE: Final = 12
"""Heights on a line, in pixels."""
_ASIDE: Final = 16
"""Pixels: clear of the arrow's head."""

_HEAD_RIGHT: Final = "M0 0-7-4V4z"
_HEAD_LEFT: Final = "M0 0 7-4V4z"
_CROSS: Final = "M-4-4 4 4M4-4-4 4"
_BOLT: Final = "M1.5-7-4 1H0L-1.5 7 4-1H0z"
_DIAMOND: Final = "M0-5 5 0 0 5-5 0z"
_RING: Final = "M0-4 4 0 0 4-4 0z"
_DOT: Final = "M-4 0a4 4 0 1 0 8 0 4 4 0 1 0-8 0z"


class Wires:
    """Draws the lines of one timeline."""

    def __init__(self, lanes: int) -> None:
        self._lanes = max(1, lanes)

    def drawn(self, row: Row) -> Markup:
        """The drawing of one line, decoration only: its text says the same."""
        parts = "".join((*self._work(row), *self._of(row)))
        return Markup(f'<svg aria-hidden="true">{parts}</svg>')  # noqa: S704 - numbers and our own names only

    def _of(self, row: Row) -> Iterator[str]:
        bar = row.bar
        if row.fold is not None:
            for one, other in row.fold.ways:
                yield self._line(one, other, _MIDDLE, "f")
        elif bar is not None:
            yield from self._of_call(row, bar)
        for mark in row.marks:
            yield self._at(mark.lane, *_shape(mark))

    def _of_call(self, row: Row, bar: Bar) -> Iterator[str]:
        if row.kind == "call":
            back = row.whole and bar.wrong
            yield from self._arrow(bar.caller, bar.callee, _ASK if back else _MIDDLE)
            if back:
                yield from self._back(bar, _ANSWER, is_crossed=not bar.strikes)
            if bar.strikes and not is_told_at_length(bar):
                yield self._before(bar, _BOLT, "z")
        elif row.kind == "reply":
            yield from self._back(bar, _MIDDLE)
        elif row.kind == "strike":
            yield self._before(bar, _BOLT, "z")
        elif row.kind == "delivery" and not row.marks:
            yield self._at(bar.callee, _DOT, "v")

    def _back(self, bar: Bar, y: int, *, is_crossed: bool = True) -> Iterator[str]:
        """An answer runs back; one that never came breaks off where it began."""
        if bar.ending == "ok":
            yield from self._arrow(bar.callee, bar.caller, y, "b" if bar.wrong else "r")
        elif bar.ending != "open":
            yield self._line(bar.callee, bar.caller, y, "b")
            if is_crossed:
                yield self._before(bar, _CROSS, "c", y)

    def _arrow(self, one: int, other: int, y: int, kind: str = "") -> Iterator[str]:
        if one == other:
            yield self._at(other, _DOT, kind or "v", y)
            return
        yield self._line(one, other, y, kind)
        yield self._at(other, _HEAD_RIGHT if other > one else _HEAD_LEFT, kind, y)

    def _work(self, row: Row) -> Iterator[str]:
        """Thick where a lane is at work: on what began above, from here on, until here."""
        kinds = dict.fromkeys(row.open, "w")
        if row.bar is not None and not row.whole and row.kind in {"call", "reply"}:
            kinds.setdefault(row.bar.callee, "w wb" if row.kind == "call" else "w we")
        for lane, kind in sorted(kinds.items()):
            yield f'<rect class="{kind}" x="{self._x(lane)}"/>'

    def _line(self, one: int, other: int, y: int, kind: str) -> str:
        return f'<line{_class(kind)} x1="{self._x(one)}" x2="{self._x(other)}" y1="{y}" y2="{y}"/>'

    def _at(self, lane: float, shape: str, kind: str, y: int = _MIDDLE) -> str:
        return f'<svg x="{self._x(lane)}" y="{y}"><path{_class(kind)} d="{shape}"/></svg>'

    def _before(self, bar: Bar, shape: str, kind: str, y: int = _MIDDLE) -> str:
        """Just before the callee: in the middle there may be the lane of somebody who has no part in it."""
        side = (bar.callee < bar.caller) - (bar.callee > bar.caller)
        moved = f' transform="translate({_ASIDE * side} 0)"' if side else ""
        return f'<svg x="{self._x(bar.callee)}" y="{y}"><path{_class(kind)} d="{shape}"{moved}/></svg>'

    def _x(self, lane: float) -> str:
        return f"{100 * (lane + 0.5) / self._lanes:.1f}".removesuffix(".0") + "%"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _shape(mark: Mark) -> tuple[str, str]:
    if mark.kind == "effect":
        return (_RING, "u") if mark.undoes else (_DIAMOND, "xb" if mark.grave else "x")
    return _MARKS[mark.kind]


_MARKS: Final = {
    "crash": ("M-6-6 6 6M6-6-6 6", "c"),
    "restart": ("M-4-5 6 0-4 5z", "s"),
    "end": ("M-5-5H5V5H-5z", "e"),
    "evidence": (_DIAMOND, "xb"),
    "note": (_DIAMOND, "u"),
}
