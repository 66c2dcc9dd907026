"""Hooks that pytest-agentchaos offers to other plugins and to conftest files."""

from __future__ import annotations

from typing import Any


def pytest_agentchaos_faults() -> list[Any]:  # type: ignore[empty-body]  # a hook specification has none
    """Return fault classes to add; they can then be used by name."""


def pytest_agentchaos_invariants() -> list[Any]:  # type: ignore[empty-body]  # a hook specification has none
    """Return invariants (classes, or functions that make them) to add."""


def pytest_agentchaos_dialects() -> list[Any]:  # type: ignore[empty-body]  # a hook specification has none
    """Return dialects to ask before the shipped ones."""
