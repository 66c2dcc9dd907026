"""What the catalogue costs on the bundled system, as a CI owner runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Measurement, seconds

ROOT = Path(__file__).parents[2]


def measurements() -> Iterator[Measurement]:
    """Real seconds of a whole pytest session."""
    said: list[str] = []

    def session() -> None:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "scenarios"]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout[-2_000:]
        said.append(ran.stdout)

    taken_s = seconds(session)
    (counts,) = re.findall(r"^(\d+ passed.*) in ", said[0], re.MULTILINE)
    yield Measurement("the catalogue, pytest -n 2", taken_s, "s", 120, "at_most", counts)
