"""Printable: texts of a system, fit for a terminal; what an agent wrote can be meant for whoever reads it."""

from __future__ import annotations

from pytest_agentchaos.evidence.redaction import redact


def printable(text: str, limit: int = 100) -> str:
    """On one line, of so many characters at most, without secrets, and without anything that a terminal obeys."""
    told: str = redact(text[: 10 * limit])  # a secret that begins within what is shown is seen whole, or nearly
    if len(told) > limit:
        told = told[: limit - 3] + "..."
    return "".join(character if character.isprintable() else _escaped(character) for character in told)


def _escaped(character: str) -> str:
    """Control characters, marks that turn the direction of writing, halves of characters."""
    return character.encode("unicode_escape").decode("ascii")
