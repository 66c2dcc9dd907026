"""How much room a text takes in the model's window, and how to make it take less."""

from __future__ import annotations

from pydantic_core import to_json

from reference_system.contracts.base import Contract

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb that serves for European languages; what the model really counted comes with its replies."""
_LEFT_OUT = " [...] "


def estimated_tokens(text: str) -> int:
    """Of a text."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def tokens_of(value: Contract | str) -> int:
    """Of a value as it stands in an ask: as JSON, where a line break takes two characters."""
    return estimated_tokens(to_json(value).decode())


def fitted(text: str, tokens_at_most: int) -> str:
    """The text if it takes no more than this as JSON; else its beginning and its end; "" if there is no room at all."""
    room = tokens_at_most * CHARACTERS_PER_TOKEN
    short, kept = text, len(text)
    while (taken := len(to_json(short).decode())) > room:
        kept = min(kept - 1, kept * room // taken)
        if kept <= 0:
            return ""
        short = _without_middle(text, kept)
    return short


def _without_middle(text: str, kept: int) -> str:
    tail = kept // 2
    return text[: kept - tail] + _LEFT_OUT + text[len(text) - tail :]
