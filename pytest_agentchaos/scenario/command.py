"""The command that runs one trial of a scenario again."""

from __future__ import annotations

import shlex
from pathlib import PurePath


def run_line(  # noqa: PLR0913 - what a command line may say
    file: PurePath,
    case: str,
    *,
    system: str | None = None,
    seed: int = 0,
    trials: int | None = None,
    live: bool = False,
) -> str:
    """For a shell, from the folder that the file's path starts from."""
    words = ["agentchaos", "run", file.as_posix(), "--only", case]
    words += ["--system", system] if system is not None else []
    words += ["--seed", str(seed)] if seed else []
    words += ["--trials", str(trials)] if trials is not None else []
    words += ["--live"] if live else []
    return shlex.join(words)
