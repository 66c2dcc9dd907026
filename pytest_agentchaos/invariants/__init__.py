"""Judges over a history. ``invariants.at_most("model_calls", 12)``, ``invariants.terminates()``."""

from __future__ import annotations

from typing import Any

from pytest_agentchaos.errors import explains_itself
from pytest_agentchaos.invariants.registry import load_shipped

__tracebackhide__ = explains_itself


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    from pytest_agentchaos.errors import UnknownNameError, nearest
    from pytest_agentchaos.invariants.registry import registered

    known = registered()
    if name not in known:
        msg = f"there is no invariants.{name}; {nearest(name, known)}"
        raise UnknownNameError(msg)
    return known[name]  # one that was added: the shipped ones stand here already


def __dir__() -> list[str]:
    from pytest_agentchaos.invariants.registry import registered

    return sorted(registered())


load_shipped()
