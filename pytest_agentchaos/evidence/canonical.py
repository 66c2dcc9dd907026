"""One text for one value: what digests and saved lines are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from math import isfinite
from typing import Any

_LARGEST_BITS = 8_192
"""Python refuses to write out integers of more than a few thousand digits."""
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def dump(value: Any) -> str:
    """Strict JSON with sorted keys; what JSON has no word for is told without its place in memory."""
    try:
        return _encode(value)
    except Exception:  # noqa: BLE001 - keys of several types, NaN, a value that contains itself, a hostile object
        return _encode(snapshot(value))


def encode(text: str) -> bytes:
    """UTF-8. Half a character, for which UTF-8 has no bytes, is written as JSON escapes it."""
    return text.encode("utf-8", "backslashreplace")


def without_addresses(text: str) -> str:
    """The text without places in memory, which no two runs share."""
    return _ADDRESS.sub("", text)


def told(error: BaseException) -> str:
    """An exception in one line, the same in every run; whoever was cancelled knows no more than that."""
    name = type(error).__name__
    if name in {"CancelledError", "Cancelled"}:  # of asyncio and of trio; what they say names places in memory
        return f"{name}: its caller stopped waiting"
    try:
        line = f"{name}: {without_addresses(str(error))}"
    except Exception:  # noqa: BLE001 - the exception is the user's: its own __str__ may raise anything
        return name
    return f"{line}: {told(_first(error))}" if isinstance(error, BaseExceptionGroup) else line


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What a group of exceptions is about, mostly; a group by itself says only how many there are."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def plain(value: Any) -> Any:
    """A JSON value for an object that JSON has no word for; what is inside may need the same."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(map(snapshot, value), key=dump)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    for method in ("model_dump", "_asdict"):
        if callable(dumped := getattr(value, method, None)):
            return dumped()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value) if field.repr}
    return without_addresses(str(value))


def snapshot(value: Any, depth: int = 20) -> Any:
    """The value as JSON as it is now: the object may change later, and evidence must not change with it."""
    if isinstance(value, int) and value.bit_length() > _LARGEST_BITS:
        return f"an integer of {value.bit_length()} bits"
    if value is None or isinstance(value, (str, int)) or (isinstance(value, float) and isfinite(value)):
        return value
    if depth == 0:  # also the end of a value that contains itself
        return "..."
    if isinstance(value, (list, tuple)) and not hasattr(value, "_asdict"):
        return [snapshot(item, depth - 1) for item in value]
    inside = _safely_plain(value)
    if isinstance(inside, dict):
        return {str(key): snapshot(item, depth - 1) for key, item in inside.items()}
    return snapshot(inside, depth - 1)


def _safely_plain(value: Any) -> Any:
    try:
        return plain(value)
    except Exception as error:  # noqa: BLE001 - the object is the user's: its own methods may raise anything
        return f"<{type(value).__name__}: {type(error).__name__}>"


_encode = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=plain
).encode
