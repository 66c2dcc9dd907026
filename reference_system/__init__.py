"""A travel system of agents that deserves to ship; every safeguard of it can be switched off to see what it was for."""

from __future__ import annotations

from typing import Any

__all__ = ["travel"]


def travel(*off: str, **given: Any) -> Any:
    """A fresh system without these safeguards, by the name that scenarios use: ``reference_system:travel``."""
    from reference_system import system

    return system.travel(*off, **given)
