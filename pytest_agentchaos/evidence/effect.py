"""An effect: a thing done to the world, known by its business key."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    """One booking, one payment, one message sent."""

    name: str
    key: tuple[str, ...]
    """What makes two effects the same business fact (traveller and flight, say)."""
    op: int
    """Index of the op that shows it."""
    amount: int = 1
