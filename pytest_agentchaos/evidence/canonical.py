"""One text for one value: what digests and saved lines are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Set
from typing import Any

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def dump(value: Any) -> str:
    """JSON with sorted keys; what JSON has no word for is told without its place in memory."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain)


def plain(value: Any) -> Any:
    """A JSON value for an object that JSON has no word for."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, Set):
        return sorted(map(str, value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    for method in ("model_dump", "_asdict"):
        if callable(dumped := getattr(value, method, None)):
            return dumped()
    return _ADDRESS.sub("", str(value))


def snapshot(value: Any, depth: int = 20) -> Any:
    """The value as JSON as it is now: the object may change later, and evidence must not change with it."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if depth == 0:  # also the end of a value that contains itself
        return "..."
    if isinstance(value, Mapping):
        return {str(key): snapshot(item, depth - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_asdict"):
        return [snapshot(item, depth - 1) for item in value]
    try:
        told = plain(value)
    except Exception as error:  # noqa: BLE001 - the object is the user's: its own methods may raise anything
        return f"<{type(value).__name__}: {type(error).__name__}>"
    return snapshot(told, depth - 1)
