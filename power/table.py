"""The matrix as text."""

from __future__ import annotations

from power.matrix import ENOUGH, Found, Matrix

_NAME, _BY = 32, 30


def table(matrix: Matrix) -> str:
    """One line a row, then the sums."""
    lines = [f"{'what is wrong':{_NAME}} depth  scenarios  {'the first of them':{_BY}}  drill or exploration"]
    lines += [_line(one) for one in matrix.found]
    return "\n".join([*lines, "", *sums(matrix)])


def sums(matrix: Matrix) -> list[str]:
    """What it comes to."""
    missed = [one.row.name for one in matrix.found if not one.is_found]
    of, by = len(matrix.found), f"{matrix.scenarios} scenarios, the drills and explorations"
    told = [
        f"{of - len(missed)} of {of} found by {by}, in {matrix.trials} trials",
        f"{len(matrix.alarms)} false alarms in {matrix.checked} trials of the system as it should be",
    ]
    if missed:
        told.append(f"not found: {', '.join(missed)}")
    return [*told, *(f"false alarm: {one}" for one in matrix.alarms)]


def _line(found: Found) -> str:
    first = found.scenarios[0] if found.scenarios else "-"
    other = found.explored or ", ".join(found.drills) or "-"
    depth = found.depth if found.is_found else "-"
    return f"{found.row.name:{_NAME}} {depth:>5}  {many(found):>9}  {first:{_BY}}  {other}"


def many(found: Found) -> str:
    """How many scenarios have found it, as far as they were asked."""
    count = len(found.scenarios)
    return f"{count}+" if count >= ENOUGH else str(count)
