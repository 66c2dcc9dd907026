"""How long a gate takes over many results, and how often it errs."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.measure import Measurement
from benchmarks.report import synthetic
from benchmarks.report.command import run

DECIDED: Final = frozenset({0, 1, 2})
"""Promote, rollback or hold; 3 would mean that nothing was judged."""
AT: Final = synthetic.CANDIDATE.at
"""The day of the results, so that they are not too old for any policy."""


def measurements(many: Path, folder: Path) -> Iterator[Measurement]:
    """The whole process: 100,000 trials by themselves, and as many in pairs with a baseline."""
    yield _gate("gate on 100,000 trials", ("nightly", many))
    halves = synthetic.write(folder / "before", 50_000, synthetic.BASELINE), synthetic.write(folder / "after", 50_000)
    yield _gate("gate on 2 x 50,000, in pairs", ("canary", halves[1], "--baseline", halves[0]))


def error_rates() -> Iterator[Measurement]:
    """By simulation: it has its own group, whose figures belong here as well."""
    yield from importlib.import_module("benchmarks.gating.errors").measurements()


def _gate(name: str, arguments: tuple[str | Path, ...]) -> Measurement:
    ran = run("gate", *arguments, "--at", AT, "--json", expect=DECIDED)
    decision = json.loads(ran.said)["decision"]
    return Measurement(
        name, ran.took_s, "s", 5, "at_most", f"{decision}; {ran.cpu_s:.2g} s of computing, {ran.peak_mb:.0f} MB"
    )
