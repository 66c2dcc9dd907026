"""An answer: what is wanted of it, as places and the values that are right there: ``{"reason": ["completed"]}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.path import found
from pytest_agentchaos.evidence.telling import enumerated, quoted

__tracebackhide__ = explains_itself


def must_be_wanted(value: object, place: str) -> None:
    """Refuse what does not say what is wanted of an answer."""
    if isinstance(value, Mapping) and value and all(isinstance(path, str) and path for path in value):
        return
    msg = (
        f"{place}={quoted(value)}: a mapping from places in the answer to the values that are right there is due; write"
        f" for example {place}={{'reason': ['completed', 'degraded']}}"
    )
    raise UsageError(msg)


def must_be_path(value: object, place: str) -> None:
    """Refuse what is no place in an answer."""
    if not isinstance(value, str) or not all(value.split(".")):
        msg = f"{place}={quoted(value)}: a place in the answer is due; write for example {place}='outcome.reason'"
        raise UsageError(msg)


def misses(answer: Any, wanted: Mapping[str, Any]) -> str | None:
    """In words, the first place where an answer is not as wanted; None if it is as wanted."""
    for path, right in wanted.items():
        values = choices(right)
        here = list(found(answer, path))
        if not here:
            return f"there is no {path} in the answer"
        wrong = [value for value in here if value not in values]
        if wrong:
            return f"{path} is {enumerated(wrong, 3)}, not {enumerated(values, 3)}"
    return None


def choices(right: Any) -> list[Any]:
    """One value, or several, as a list of values."""
    return list(right) if isinstance(right, (list, tuple, set, frozenset)) else [right]


def is_there(value: Any) -> bool:
    """Whether a part of an answer has something in it; no and 0 are something."""
    return value is not None and not (isinstance(value, (str, list, tuple, Mapping)) and not value)
