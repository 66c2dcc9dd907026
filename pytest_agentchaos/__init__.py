"""Jepsen for AI agents: break the world around an agent system, in virtual time, and judge it from evidence.

A scenario sends a journey to a system while a schedule of faults acts on its calls. What crosses the wires is
recorded as a history; invariants judge the history and yield verdicts.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_agentchaos import doubles, errors, faults, invariants, strategies
    from pytest_agentchaos.chaos import Chaos
    from pytest_agentchaos.doubles.scripted_model import ScriptedModel
    from pytest_agentchaos.evidence.conduct import reached
    from pytest_agentchaos.evidence.effects.claim import Claim
    from pytest_agentchaos.evidence.effects.effect import Effect
    from pytest_agentchaos.evidence.history import History
    from pytest_agentchaos.evidence.outcome import Outcome
    from pytest_agentchaos.evidence.verdict import Verdict
    from pytest_agentchaos.plugin.fixture import AgentChaos
    from pytest_agentchaos.schedule import on

__version__ = "0.1.0.dev0"

__all__ = [
    "AgentChaos",
    "Chaos",
    "Claim",
    "Effect",
    "History",
    "Outcome",
    "ScriptedModel",
    "Verdict",
    "doubles",
    "errors",
    "faults",
    "invariants",
    "on",
    "reached",
    "strategies",
]

_HOMES = {
    "AgentChaos": "plugin.fixture",
    "Chaos": "chaos",
    "Claim": "evidence.effects.claim",
    "Effect": "evidence.effects.effect",
    "History": "evidence.history",
    "Outcome": "evidence.outcome",
    "ScriptedModel": "doubles.scripted_model",
    "Verdict": "evidence.verdict",
    "on": "schedule",
}
_PLACES = {"reached": "evidence.conduct.reached"}


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used: a session that needs none of them loads none."""
    if name in _HOMES:
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    elif name in __all__:
        value = importlib.import_module(f"{__name__}.{_PLACES.get(name, name)}")
    else:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
