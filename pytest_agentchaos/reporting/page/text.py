"""Text: what an agent, a tool or a file wrote, made fit to be shown on a page; whoever places it there escapes it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pytest_agentchaos.evidence.redaction import redact

LIMIT: Final = 4_000
"""Characters of one text that a page shows."""
_NAME: Final = 100

_PLAIN: Final = re.compile(r"[\x20-\x7e\n]*")
_SPACES: Final = "\n\t"


def visible(text: str, limit: int = LIMIT) -> str:
    """Without secrets, shortened with a note, and with every character that hides or turns others told as an escape.

    Control characters, marks that turn the direction of writing, halves of characters: a page must not obey them, and
    its reader must see that they are there. Line breaks and tabs are kept.
    """
    told: str = redact(text[: 2 * limit])  # a secret that begins within what is shown is seen whole
    if len(told) > limit or len(text) > 2 * limit:
        told = f"{told[:limit]} … ({len(text):,} characters in all)"
    if _PLAIN.fullmatch(told):
        return told
    return "".join(one if _is_harmless(one) else _escaped(one) for one in told)


def trial_name(trial: str) -> str:
    """A trial, wherever a page names it, its links and its table: one that this package named is short and plain."""
    return visible(trial, _NAME)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or character in _SPACES or unicodedata.category(character) == "Zs"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
