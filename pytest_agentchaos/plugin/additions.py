"""Faults, invariants and dialects that other plugins add."""

from __future__ import annotations

from typing import Any

from pytest_agentchaos.dialects import registry as dialects
from pytest_agentchaos.faults import registry as faults
from pytest_agentchaos.invariants import registry as invariants


def add_from_hooks(hook: Any) -> None:
    """Register what the hooks return."""
    for added, register in (
        (hook.pytest_agentchaos_faults(), faults.register),
        (hook.pytest_agentchaos_invariants(), invariants.register),
        (hook.pytest_agentchaos_dialects(), dialects.add),
    ):
        for group in added:
            for thing in group:
                register(thing)
