"""Texts: what crossed a wire, as a person reads it; shortened when it is read, and without secrets."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pytest_agentchaos.evidence.canonical import snapshot
from pytest_agentchaos.evidence.redaction import redact

LIMIT: Final = 4_000
"""Characters that are kept of one message."""
_PART: Final = 3_000
"""Characters of one text inside of a message."""
GIST: Final = 90
"""Characters that stand on the line of a call."""
_ITEMS: Final = 60
_LEVELS: Final = 12
_PLAIN: Final = (bool, int, float)


def told(value: Any, limit: int = LIMIT) -> str:
    """A message as text: what has names as lines of ``name: value``, what stands inside as JSON."""
    known = redact(trimmed(value))
    if known is None:
        return ""
    if isinstance(known, Mapping):
        text = "\n".join(f"{name}: {_inline(item)}" for name, item in known.items())
    elif isinstance(known, list):
        text = "\n".join(map(_inline, known))
    else:
        text = _inline(known)
    return shortened(text, limit)


def gist(value: Any, first: Sequence[str] = (), skip: Collection[tuple[str, str]] = ()) -> str:
    """The same in a few words, on one line: of what has names the plain values, these names first, those pairs not."""
    known = redact(trimmed(value))
    if isinstance(known, Mapping):
        names = sorted(known, key=lambda name: first.index(name) if name in first else len(first))
        plain = ((name, _inline(known[name])) for name in names if not isinstance(known[name], (Mapping, list)))
        text = ", ".join(f"{name} {item}" for name, item in plain if item and (name, item) not in skip)
    else:
        text = told(known)
    return shortened(" ".join(text.split()), GIST, note=False)


def pairs(value: Any) -> frozenset[tuple[str, str]]:
    """The names and plain values of what was sent, as :func:`gist` compares them."""
    known = redact(trimmed(value))
    if not isinstance(known, Mapping):
        return frozenset()
    return frozenset((name, _inline(item)) for name, item in known.items() if not isinstance(item, (Mapping, list)))


def shortened(text: str, limit: int, *, note: bool = True) -> str:
    """At most so many characters of it; what has lost its end says so."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} … (shortened)" if note else f"{text[: limit - 1].rstrip()}…"


def trimmed(value: Any, levels: int = _LEVELS) -> Any:
    """A JSON value of bounded size: an answer of megabytes is not carried through a report."""
    if isinstance(value, str):
        return value if len(value) <= _PART else _cut(value)
    if levels == 0:
        return "…"
    if isinstance(value, Mapping):
        kept = {str(name)[:LIMIT]: trimmed(item, levels - 1) for name, item in list(value.items())[:_ITEMS]}
        return kept | ({"…": f"{len(value) - _ITEMS:,} more"} if len(value) > _ITEMS else {})
    if isinstance(value, (list, tuple)):
        items = [trimmed(item, levels - 1) for item in value[:_ITEMS]]
        return items + ([f"… {len(value) - _ITEMS:,} more"] if len(value) > _ITEMS else [])
    return value if value is None or isinstance(value, _PLAIN) else trimmed(snapshot(value), levels - 1)


def _cut(text: str) -> str:
    hidden: str = redact(text[: 2 * _PART])  # a secret that begins within what is shown is seen whole
    return f"{hidden[:_PART]} … ({len(text):,} characters in all)"


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, TypeError):  # an integer of more digits than Python writes out
        return json.dumps(snapshot(value), ensure_ascii=False)
