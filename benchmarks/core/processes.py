"""Timing whole pytest processes in an empty directory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

OFF = ("-p", "no:agentchaos")
QUIET = (
    "-q",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:asyncio",
    "-p",
    "no:anyio",
    "-p",
    "no:hypothesispytest",
)


def pytest_in(directory: Path, *arguments: str) -> None:
    """Run pytest there; anything but success ends the benchmark."""
    run([sys.executable, "-m", "pytest", *QUIET, *arguments], directory)


def run(command: Sequence[str], directory: Path, **environment: str) -> str:
    """Run a command there and give what it printed."""
    # A machine that forbids Python to keep its bytecode would be measured compiling everything each time.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, cwd=directory, check=True, capture_output=True, text=True, env={**inherited, **environment}
    )
    return done.stdout
