"""JSON as the databases keep it: plain ASCII, so that no text that a model or a user writes can fail to be stored."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_AS_IT_IS = json.JSONEncoder(separators=(",", ":"))
_SORTED = json.JSONEncoder(separators=(",", ":"), sort_keys=True)


def dump(value: Any) -> str:
    """The text of a value, keys in the order in which they stand."""
    return _AS_IT_IS.encode(value)


def load(text: str) -> Any:
    """The value of a text."""
    return json.loads(text)


def load_or_none(text: str | None) -> Any:
    """The value of a text that may not be there."""
    return None if text is None else json.loads(text)


def canonical(value: Any) -> str:
    """The same text for equal values."""
    return _SORTED.encode(value)


def digest(value: Any) -> str:
    """The same short text for equal values, and another one for others."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def needle(text: str) -> str:
    """What to look for in a dumped value to find this text in one of its strings."""
    return _AS_IT_IS.encode(text)[1:-1]
