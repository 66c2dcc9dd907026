"""Matrices: fault by journey, scenario by journey.

The worst rows and columns stand first, and above all of them the world as it should be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.reporting.making.rates import Tally
from pytest_agentchaos.reporting.report import Matrix

NO_FAULT: Final = "no fault"
SEVERAL: Final = "several faults"
ROWS: Final = 60
COLUMNS: Final = 40
_LABELS: Final = 40
"""With more rows than that, trials under several faults stand in one of them."""

Cells = Mapping[tuple[str, str], Tally]


class Made(NamedTuple):
    """A matrix, and how many of its rows and columns are not in it."""

    matrix: Matrix
    rows_left_out: int
    columns_left_out: int


def matrices(rows: Iterable[Row]) -> list[Made]:
    """Those that these trials have."""
    named: dict[tuple[str, ...], str] = {}
    by_fault: dict[tuple[str, str], Tally] = {}
    by_scenario: dict[tuple[str, str], Tally] = {}
    for row in rows:
        fault = named.get(row.faults) or named.setdefault(row.faults, fault_label(row.faults))
        _at(by_fault, fault, row.journey).add(row)
        if row.scenario:
            _at(by_scenario, row.scenario, row.journey).add(row)
    if len(set(named.values())) > _LABELS:
        by_fault = _folded(by_fault, {label for faults, label in named.items() if len(set(faults)) > 1})
    made = [arranged("fault x journey", by_fault)] if by_fault else []
    return made + ([arranged("scenario x journey", by_scenario)] if len({one for one, _ in by_scenario}) > 1 else [])


def fault_label(faults: Iterable[str]) -> str:
    """The faults of a trial as one row: each once, whatever their order."""
    return " + ".join(sorted(set(faults))) or NO_FAULT


def arranged(name: str, cells: Cells, columns: Iterable[str] = (), grades: Mapping[tuple[str, str], str] = {}) -> Made:
    """The matrix of these cells; ``columns`` that are given keep their order, the others follow, worst first."""
    row_tallies, column_tallies = _totals(cells)
    given = {column: place for place, column in enumerate(columns)}
    all_rows = sorted(row_tallies, key=lambda one: (one != NO_FAULT, row_tallies[one].worst_first, one))
    all_columns = sorted(
        column_tallies, key=lambda one: (given.get(one, len(given)), column_tallies[one].worst_first, one)
    )
    shown_rows, shown_columns = all_rows[:ROWS], all_columns[:COLUMNS]
    row_at, column_at = (dict(zip(one, range(len(one)), strict=True)) for one in (shown_rows, shown_columns))
    squares = {
        (row_at[row], column_at[column]): one.square(grades.get((row, column), ""))
        for (row, column), one in cells.items()
        if row in row_at and column in column_at
    }
    matrix = Matrix(
        name,
        tuple(shown_rows),
        tuple(shown_columns),
        dict(sorted(squares.items())),
        tuple(row_tallies[one].rate for one in shown_rows),
        tuple(column_tallies[one].rate for one in shown_columns),
    )
    return Made(matrix, len(all_rows) - len(shown_rows), len(all_columns) - len(shown_columns))


def _at(cells: dict[tuple[str, str], Tally], row: str, column: str) -> Tally:
    if (found := cells.get((row, column))) is None:
        found = cells[row, column] = Tally()
    return found


def _folded(cells: Cells, several: set[str]) -> dict[tuple[str, str], Tally]:
    folded: dict[tuple[str, str], Tally] = {}
    for (fault, journey), one in cells.items():
        _at(folded, SEVERAL if fault in several else fault, journey).merge(one)
    return folded


def _totals(cells: Cells) -> tuple[dict[str, Tally], dict[str, Tally]]:
    rows: dict[str, Tally] = {}
    columns: dict[str, Tally] = {}
    for (row, column), one in cells.items():
        rows.setdefault(row, Tally()).merge(one)
        columns.setdefault(column, Tally()).merge(one)
    return rows, columns
