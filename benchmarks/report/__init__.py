"""What reports and gates cost: to make, to open, to use; and how often a gate errs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Measurement
from benchmarks.report import gates, help_text, pages, synthetic


def measurements() -> Iterator[Measurement]:
    """All figures of the group, on results that are made for it."""
    with tempfile.TemporaryDirectory(prefix="agentchaos-bench-") as name:
        folder = Path(name)
        few = synthetic.write(folder / "few", 1_000)
        many = synthetic.write(folder / "many", 100_000)
        yield from pages.measurements(few, many, folder / "pages")
        yield from gates.measurements(many, folder)
    yield from help_text.measurements()
    yield from gates.error_rates()
