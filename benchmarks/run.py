"""Finding the groups, measuring them, and showing what holds.

A group is a module of this package with ``def measurements() -> Iterator[Measurement]``; its name is the
module's. Exit codes: 0 all limits hold, 1 one does not, 2 there is no such group.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.measure import Measurement
from pytest_agentchaos.errors import nearest

HERE = Path(__file__).parent
RESULTS = HERE / "results"
HARNESS = frozenset({"__main__", "measure", "run"})
"""The modules of this package that are no group."""

SIGNS = {"at_most": "<=", "at_least": ">="}


def groups() -> list[str]:
    """The names of all groups."""
    return sorted(module.name for module in pkgutil.iter_modules([str(HERE)]) if module.name not in HARNESS)


def main(arguments: Sequence[str]) -> int:
    """Measure the named groups, or all of them."""
    known = groups()
    for name in arguments:
        if name not in known:
            print(f"benchmarks: there is no group {name!r}; {nearest(name, known)}", file=sys.stderr)
            return 2
    chosen = list(arguments) or known
    if not chosen:
        print(f"benchmarks: there are no groups yet; a group is a module in {HERE.name}/", file=sys.stderr)
        return 2
    broken = [name for name in chosen if not run_group(name)]
    return 1 if broken else 0


def run_group(name: str) -> bool:
    """Measure one group, print its table, save it; whether every limit holds."""
    print(f"{name}:", flush=True)
    measured: list[Measurement] = list(importlib.import_module(f"{__package__}.{name}").measurements())
    print(table(measured))
    save(measured, RESULTS / f"{name}.json")
    # Nothing measured proves nothing.
    return bool(measured) and all(measurement.holds for measurement in measured)


def table(measured: Iterable[Measurement]) -> str:
    """One line a figure."""
    rows = [
        (
            "ok" if one.holds else "FAILS",
            one.name,
            f"{one.value:.4g} {one.unit}",
            f"{SIGNS[one.direction]} {one.limit:g} {one.unit}",
            one.detail,
        )
        for one in measured
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(f"  {line}" for line in lines) or "  nothing was measured"


def save(measured: Iterable[Measurement], path: Path) -> None:
    """Write the figures as a JSON list."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([one.to_dict() for one in measured], indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
