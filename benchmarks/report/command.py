"""The command as a whole process: how long it takes, what it prints, and how much memory it needs at most."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pytest_agentchaos.clock import wall_s

AGENTCHAOS: Final = Path(sys.executable).with_name("agentchaos")
_ENVIRONMENT: Final = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""As a user has it: what was compiled once is not compiled again."""
_MAXRSS_BYTES: Final = 1 if sys.platform == "darwin" else 1_024
"""What the system counts the largest memory in."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One process that has ended."""

    code: int
    took_s: float
    cpu_s: float
    """Of that, computing: on a machine that has other things to do, the rest is waiting for its turn."""
    peak_mb: float
    """Never less than what the process that started it held, since the system counts from the fork on."""
    said: str


def run(*arguments: str | Path, expect: frozenset[int] = frozenset({0})) -> Ran:
    """``agentchaos`` with these arguments; an exit code that nobody expects ends the benchmark."""
    command = [str(AGENTCHAOS), *map(str, arguments)]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        began_s = wall_s()
        with subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=_ENVIRONMENT) as process:
            _, status, usage = os.wait4(process.pid, 0)
            took_s = wall_s() - began_s
            process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    code = process.returncode
    assert code in expect, f"agentchaos {' '.join(map(str, arguments))} ended with {code}: {text[-2_000:]}"
    cpu_s = usage.ru_utime + usage.ru_stime
    return Ran(code, took_s, cpu_s, usage.ru_maxrss * _MAXRSS_BYTES / 1e6, text)
