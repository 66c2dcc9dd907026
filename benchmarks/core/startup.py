"""pytest's start on a project that does not use the plugin."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.core.processes import OFF, pytest_in
from benchmarks.measure import Measurement, compare


def measurements() -> Iterator[Measurement]:
    """With the plugin installed against the plugin switched off."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "test_one.py").write_text("def test_one():\n    assert True\n", encoding="utf-8")
        taken = compare(lambda: pytest_in(directory), lambda: pytest_in(directory, *OFF), rounds=21)
    yield Measurement("pytest start", taken.difference_s * 1e3, "ms more", 15, "at_most", taken.detail)
