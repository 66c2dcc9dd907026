"""A summary by rules, for when there is no model to make one: how each thing that was said began."""

from __future__ import annotations

from collections.abc import Iterable

from reference_system.context.tokens import fitted
from reference_system.contracts.trip import Turn

_BEGINNING_CHARACTERS = 80


def outline(summary: str, turns: Iterable[Turn], tokens_at_most: int) -> str:
    """The summary of what came before, and a few words of each turn of the user; as much of it as there is room for."""
    begun = [_beginning(turn.text) for turn in turns if turn.role == "user"]
    parts = [part for part in (summary, " | ".join(text for text in begun if text)) if part]
    return fitted(" | ".join(parts), tokens_at_most)


def _beginning(text: str) -> str:
    words = " ".join(text[: 4 * _BEGINNING_CHARACTERS].split())
    return words if len(words) <= _BEGINNING_CHARACTERS else f"{words[:_BEGINNING_CHARACTERS]}..."
