"""The examples run as their README says, each as the project of its own that it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured  # what sessions do is measured where they run in this process

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/pyproject.toml"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_as_its_readme_says(example, tmp_path):
    """Every test of it passes, with warnings as errors and without its tests knowing of this suite."""
    command = re.search(
        r"^    pytest (.*)$", (ROOT / "examples" / example / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert command is not None
    assert command[1] == f"examples/{example}"
    options = ("-q", "-rs", "-W", "error", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'base'}")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, command[1]],
        cwd=ROOT, env=clean, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    if (needs := re.search(r"^SKIPPED .*: (an agent in TypeScript needs .*)$", ran.stdout, re.MULTILINE)) is not None:
        pytest.skip(needs[1])
    assert " passed" in ran.stdout
    assert "failed" not in ran.stdout


def test_there_are_examples():
    """An empty list would pass everything."""
    assert {"existing_suite", "explored", "lost_ack", "quickstart", "typescript-agent"} <= set(EXAMPLES)
