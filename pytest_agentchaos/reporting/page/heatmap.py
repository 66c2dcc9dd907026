"""Heat map: a matrix as a real table, each cell with its count, its colour and, for those who do not see it, its words.

A page has thousands of cells, so they are written here and not by a template; what they are named by is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from pytest_agentchaos.reporting.naming import shared
from pytest_agentchaos.reporting.page.svg import picture, tag
from pytest_agentchaos.reporting.page.text import visible
from pytest_agentchaos.reporting.page.words import NOTHING, interval
from pytest_agentchaos.reporting.report import Matrix, Rate, Square

ROWS_OPEN: Final = 60
"""So many rows are open; others can be opened."""
CELLS: Final = 6_000
"""So many cells of one matrix stand on a page; the rows after them are counted."""
_NAME_CHARACTERS: Final = 300
_BAR: Final = 96

MARKS: Final = {
    "masked": "·",
    "degraded": "d",
    "failed": "F",
    "violated": "V",
    "unknown": "?",
    "not applicable": NOTHING,
}
"""How a cell of an exploration shows its grade."""

Link = Callable[[str], str]
"""Of a trial: where the page shows it."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A matrix, ready for the template."""

    name: str
    head: Markup
    """The row of column names."""
    open_rows: Markup
    more_rows: Markup
    more: int
    left_out: int
    grades: tuple[tuple[str, int], ...]
    """Of an exploration: each with how many cells have it."""
    axes: tuple[str, str]
    """What rows and columns are: ``fault``, ``journey``."""
    has_unfired: bool
    has_infrastructure: bool


def heat_map(matrix: Matrix, link: Link) -> HeatMap:
    """Rows as the report orders them."""
    rows, columns = matrix.rows, matrix.columns
    fits = max(ROWS_OPEN // 2, CELLS // max(1, len(columns)))
    shown = min(len(rows), fits)
    written = [_row(matrix, at, link) for at in range(shown)]
    squares = matrix.squares.values()
    row_axis, _, column_axis = matrix.name.partition(" x ")
    has_rates = len(matrix.row_rates) == len(rows)
    return HeatMap(
        matrix.name,
        _head(matrix, row_axis.strip(), has_rates=has_rates),
        Markup("").join(written[:ROWS_OPEN]),
        Markup("").join(written[ROWS_OPEN:]),
        len(written[ROWS_OPEN:]),
        len(rows) - shown,
        tuple(graded(matrix)),
        (row_axis.strip(), column_axis.strip()),
        any(one.unfired for one in squares),
        any(one.infrastructure for one in squares),
    )


def _head(matrix: Matrix, axis: str, *, has_rates: bool) -> Markup:
    start = shared(matrix.columns)
    names = Markup("").join(_column_name(name, len(start)) for name in matrix.columns)
    all_of_them = (
        Markup('<th scope="colgroup" colspan="2" class="sum"><span>all, with interval</span></th>')
        if has_rates
        else Markup("")
    )
    return Markup('<tr><th scope="col" class="corner">{}</th>{}{}</tr>').format(visible(axis), names, all_of_them)


def _column_name(name: str, common: int) -> Markup:
    """What all columns begin with is read aloud and filtered by, and not seen."""
    unseen = Markup('<span class="vh">{}</span>').format(visible(name[:common])) if common else ""
    return Markup('<th scope="col"><span>{}{}</span></th>').format(unseen, _named(name[common:]))


def _row(matrix: Matrix, row: int, link: Link) -> Markup:
    cells = [_cell(matrix.squares.get((row, column)), column, link) for column in range(len(matrix.columns))]
    if len(matrix.row_rates) == len(matrix.rows):
        cells.append(_sum(matrix.row_rates[row]))
    name = escape(_named(matrix.rows[row]))
    return Markup(f'<tr data-r="{row}"><th scope="row"><span>{name}</span></th>{"".join(cells)}</tr>\n')  # noqa: S704 - escaped


def _named(name: str) -> str:
    return visible(name or "(none)", _NAME_CHARACTERS)


def _cell(square: Square | None, column: int, link: Link) -> str:
    if square is None:
        return '<td class="none"><span class="vh">not run</span></td>'
    classes, text = (_graded if square.grade else _rated)(square)
    href = escape(link(square.trial) if square.trial else "#trials")
    told = escape(in_words(square))
    return f'<td class="{classes}"><a href="{href}" data-c="{column}">{text}<span class="vh"> {told}</span></a></td>'


def _graded(square: Square) -> tuple[str, str]:
    return f"g-{square.grade.replace(' ', '-')}" if square.grade in MARKS else "none", MARKS.get(square.grade, "?")


def _rated(square: Square) -> tuple[str, str]:
    marks = "".join((" m-unfired" if square.unfired else "", " m-infra" if square.infrastructure else ""))
    if square.rate.value is None:
        return f"uncounted{marks}", NOTHING
    return f"h{shade(square.rate)}{marks}", f"{square.rate.successes}/{square.rate.runs}"


def shade(one: Rate) -> int:
    """0: all of them pass, to 5: none does."""
    missed = 1 - (one.value or 0.0)
    return 0 if missed == 0 else 5 if missed == 1 else 1 + min(3, int(missed * 4))


def in_words(square: Square) -> str:
    """The same as the colour, the count and the marks."""
    if square.grade and square.rate.runs <= 1:
        return visible(square.grade)
    told = [square.grade] if square.grade else []
    if square.rate.runs:
        told.append(f"{square.rate.successes} of {square.rate.runs} pass, {interval(square.rate)}")
    counts = (
        (square.failed, "failed"),
        (square.unknown, "unknown"),
        (square.unfired, "never fired"),
        (square.inapplicable, "not applicable"),
        (square.infrastructure, "infrastructure"),
    )
    told += [f"{count} {what}" for count, what in counts if count]
    return visible("; ".join(told))


def _sum(one: Rate) -> str:
    if one.value is None:
        return f'<td class="sum">{NOTHING}</td><td class="sum"></td>'
    return f'<td class="sum">{one.successes}/{one.runs}</td><td class="sum">{_interval(one)}</td>'


def _interval(one: Rate) -> Markup:
    """Of a row: the room between its bounds, and what was observed."""
    left, right, at = (round(2 + value * (_BAR - 4), 1) for value in (one.lower, one.upper, one.value or 0.0))
    drawn = (
        tag("line", x1=2, x2=_BAR - 2, y1=6, y2=6, class_="axis"),
        tag("rect", x=left, y=3, width=max(2.0, right - left), height=6, rx=2, class_="interval"),
        tag("circle", cx=at, cy=6, r=3.5, class_="observed"),
    )
    return picture(_BAR, 12, interval(one), *drawn)


def graded(matrix: Matrix) -> list[tuple[str, int]]:
    """Each grade with how many cells have it, as the legend lists them."""
    counts = Counter(one.grade for one in matrix.squares.values())
    return [(grade, counts[grade]) for grade in MARKS if counts[grade]]
