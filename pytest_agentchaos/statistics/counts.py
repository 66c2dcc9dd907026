"""Counts and shares, checked: whoever gives nonsense is told, in place of a number that looks like an answer."""

from __future__ import annotations

from pytest_agentchaos.errors import UsageError


def check_counts(successes: float, runs: float) -> None:
    """So many of so many."""
    if not 0 <= successes <= runs:
        msg = f"{successes} successes in {runs} runs cannot be; give 0 <= successes <= runs"
        raise UsageError(msg)


def check_share(name: str, value: float) -> None:
    """A number between 0 and 1, and neither of them."""
    if not 0 < value < 1:
        msg = f"{name} {value!r}: give a number between 0 and 1, such as 0.05"
        raise UsageError(msg)
