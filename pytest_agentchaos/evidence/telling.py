"""Telling: values of a system in the words of a reason, short and without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pytest_agentchaos.evidence.canonical import snapshot
from pytest_agentchaos.evidence.redaction import redact

LISTED: Final = 12
"""So many things are told of; a list of all of them is read by nobody."""

_CHARACTERS: Final = 100
_READ_CHARACTERS: Final = 4000
"""A secret is longer than what is shown, and much shorter than what is read."""


def shown(value: Any) -> str:
    """A value as a text, on one line, at most 100 characters of it."""
    text = str(redact((value if isinstance(value, str) else repr(value))[:_READ_CHARACTERS]))
    return _short(text if text.isprintable() else repr(text)[1:-1])


def quoted(value: Any) -> str:
    """A value as Python writes it: a text in quotes."""
    if isinstance(value, str):
        value = value[:_READ_CHARACTERS]
    return _short(repr(redact(snapshot(value))))


def counted(count: int, what: str) -> str:
    """So many of it: ``1 call``, ``2 calls``, ``2 replies``."""
    if count == 1:
        return f"1 {what}"
    return f"{count} {what[:-1]}ies" if what.endswith("ly") else f"{count} {what}s"


def enumerated(values: Sequence[Any], limit: int = LISTED) -> str:
    """The first of these values, and how many there are besides."""
    return listed([quoted(value) for value in values[:limit]], len(values), limit)


def listed(texts: Iterable[str], count: int | None = None, limit: int = LISTED) -> str:
    """The first of these texts, of so many in all, and how many others there are."""
    first = list(texts)
    others = (len(first) if count is None else count) - len(first[:limit])
    more = f" ... and {others} {'other' if others == 1 else 'others'}" if others > 0 else ""
    return ", ".join(first[:limit]) + more


def _short(text: str) -> str:
    return text if len(text) <= _CHARACTERS else text[: _CHARACTERS - 3] + "..."
