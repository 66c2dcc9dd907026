"""What other installed packages add through entry points."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from pytest_agentchaos.errors import UsageError


@cache
def load(group: str) -> tuple[Any, ...]:
    """Everything that packages offer under ``pytest_agentchaos.<group>``, in the order of the names."""
    loaded = []
    for entry in sorted(entry_points(group=f"pytest_agentchaos.{group}"), key=lambda point: point.name):
        try:
            loaded.append(entry.load())
        except Exception as error:
            package = f"the package {entry.dist.name!r}" if entry.dist else "its package"
            msg = (
                f"the entry point {entry.name!r} ({entry.value}) of {group} cannot be loaded:"
                f" {type(error).__name__}: {error}; repair or uninstall {package}"
            )
            raise UsageError(msg) from error
    return tuple(loaded)
