"""An effect: a thing done to the world, declared once: which tool does it, what makes two the same, what undoes it.

    Effect("seat", tool="book_flight", key=("traveller", "flight"), id="result.booking", undo="cancel_flight")

A field is looked up in the call's arguments, or in its result as ``result.booking``; dots lead inside.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, Self

from pytest_agentchaos.errors import UsageError, explains_itself, nearest
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.path import first, found
from pytest_agentchaos.evidence.redaction import redact

__tracebackhide__ = explains_itself

Key = tuple[str, ...]
MakeKey = Callable[[Mapping[str, Any], Any], Any]
"""(arguments, result) -> the key: a text, a number or a tuple of them. The result is None where nobody knows it."""

_RESULT = "result"
_EXAMPLE = "Effect('seat', tool='book_flight', key=('traveller', 'flight'))"
_REQUEST_KEY = re.compile(r"idempoten|dedup|(?:request|operation|client)[_-]?(?:id|key|token)$", re.IGNORECASE)
_LONG = 200
"""Characters of a part of a key that are kept; of a longer one, its beginning and a digest."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a tool does to the world. ``tool``, ``undo`` and ``target`` may be globs."""

    name: str
    tool: str
    key: tuple[str, ...] | str | MakeKey
    """What names the wish: done twice with the same key is once too often. Fields, or a function."""
    amount: str | None = None
    """The field that says what it cost, or how much of it there is; of a list, how many it has."""
    id: str | None = None
    """The field that names what was done, for example ``result.booking``. Two answers with one id are one effect: the
    second call was answered from memory."""
    undo: tuple[str, ...] | str | None = None
    """The tool that undoes it, or several."""
    undo_by: tuple[str, ...] | str = ()
    """Arguments of the undoing that name what is undone, each by its id or by an argument of the call that did it: the
    one of the same name, or ``request_key=idempotency_key`` where the names differ. Those that are given must all fit.
    Unless told: the last part of ``id``, else the fields of the key."""
    target: str = "*"
    """The server that the tools belong to."""

    def __post_init__(self) -> None:
        for field in ("name", "tool", "target"):
            self._check(field, required=True)
        for field in ("amount", "id"):
            self._check(field, required=False)
        object.__setattr__(self, "key", self._whole_key())
        object.__setattr__(self, "undo", self._whole_undo())
        object.__setattr__(self, "undo_by", self._whole_undo_by())

    @classmethod
    def of(cls, told: object) -> Self:
        """An effect as it is, or from a mapping of its fields, as a YAML file has it."""
        if isinstance(told, cls):
            return told
        known = [field.name for field in fields(cls)]
        if not isinstance(told, Mapping):
            msg = f"{told!r} is no effect; write for example {_EXAMPLE}"
            raise UsageError(msg)
        for name in told:
            if name not in known:
                msg = f"an effect has no {name!r}; {nearest(str(name), known)}"
                raise UsageError(msg)
        for name in ("name", "tool", "key"):
            if name not in told:
                msg = f"the effect {dict(told)!r} has no {name!r}; write for example {_EXAMPLE}"
                raise UsageError(msg)
        return cls(**told)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the parts of the key; none where a function makes it."""
        return () if callable(self.key) else tuple(self.key)

    def is_done_by(self, call: Call) -> bool:
        """Whether a call does this."""
        return _is(call, self.tool, self.target)

    def is_undone_by(self, call: Call) -> bool:
        """Whether a call undoes this."""
        return any(_is(call, tool, self.target) for tool in self.undo or ())

    @property
    def named_by(self) -> tuple[tuple[str, str], ...]:
        """(argument of the undoing, argument of the call that did it), for each of ``undo_by``."""
        told = (field.partition("=") for field in self.undo_by)
        return tuple((of_undoing, of_doing or of_undoing) for of_undoing, _, of_doing in told)

    def key_of(self, arguments: Mapping[str, Any], result: Any) -> Key | None:
        """The key of one call; None if a field of it is not there. A function of the user's may raise anything."""
        if callable(self.key):
            made = self.key(arguments, result)
            if made is None:
                return None
            return tuple(map(text, made)) if isinstance(made, (tuple, list)) else (text(made),)
        values = [value_of(field, arguments, result) for field in self.key]
        return None if any(value is None for value in values) else tuple(map(text, values))

    def _check(self, field: str, *, required: bool) -> None:
        value = getattr(self, field)
        if (value is None and not required) or (isinstance(value, str) and value):
            return
        msg = f"Effect({field}={value!r}): a text is due; write for example {_EXAMPLE}"
        raise UsageError(msg)

    def _whole_key(self) -> tuple[str, ...] | MakeKey:
        if callable(self.key):
            return self.key
        if (key := _texts(self.key)) is None or not key:
            msg = (
                f"the effect {self.name!r} has the key {self.key!r}; give the fields that make two of them the"
                f" same, for example key=('traveller', 'flight'), or a function of (arguments, result)"
            )
            raise UsageError(msg)
        return key

    def _whole_undo(self) -> tuple[str, ...] | None:
        told = None if self.undo is None else _texts(self.undo)
        if self.undo is not None and not told:
            msg = f"the effect {self.name!r} has undo={self.undo!r}; name the tool that undoes it, or several"
            raise UsageError(msg)
        return told

    def _whole_undo_by(self) -> tuple[str, ...]:
        told = _texts(self.undo_by)
        if told is None or (told and self.undo is None):
            msg = (
                f"the effect {self.name!r} has undo_by={self.undo_by!r} and undo={self.undo!r}; name the tool that"
                f" undoes it and its arguments, for example undo='cancel_flight', undo_by=('booking',)"
            )
            raise UsageError(msg)
        if told or self.undo is None:
            return told
        if self.id is not None:
            return (self.id.rpartition(".")[2],)
        if callable(self.key):
            msg = (
                f"the effect {self.name!r} has undo={self.undo!r}, and a function for its key; say which arguments of"
                f" the undoing name what is undone, for example undo_by=('booking',)"
            )
            raise UsageError(msg)
        return tuple(self.key)


def value_of(field: str, arguments: Mapping[str, Any], result: Any) -> Any:
    """What stands in a field of a call: of its arguments, or of its result (``result.booking``, ``result``)."""
    if is_of_result(field, arguments):
        return result if field == _RESULT else _one(result, field.partition(".")[2])
    return _one(arguments, field)


def is_of_result(field: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a field is one of the result; arguments may have a ``result`` of their own."""
    return field.partition(".")[0] == _RESULT and _RESULT not in arguments


def is_request_key(name: str) -> bool:
    """Whether an argument of this name tells requests apart, not wishes: ``idempotency_key``, ``request_id``."""
    return _REQUEST_KEY.search(name) is not None


def text(value: Any) -> str:
    """A value as a part of a key: without secrets, and not too long, whoever tells it and whenever."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    told = redact(value) if isinstance(value, str) else dump(redact(value))
    if len(told) <= _LONG:
        return str(told)
    return f"{told[: _LONG // 2]}...{hashlib.blake2b(encode(told), digest_size=8).hexdigest()}"


def number(value: Any) -> float | None:
    """An amount: a number, or how many a list has; None for anything else."""
    if isinstance(value, (list, tuple)):
        return float(len(value))
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < _HUGE else None


_HUGE = 1e300


def _texts(value: object) -> tuple[str, ...] | None:
    """One text, or several, as a tuple; None if there is anything else."""
    if isinstance(value, str):
        return (value,) if value else None
    if not isinstance(value, (tuple, list)) or not all(isinstance(one, str) and one for one in value):
        return None
    return tuple(value)


def _one(value: Any, path: str) -> Any:
    """What stands at a path; all of it, as a list, where the path has a ``*``."""
    return list(found(value, path)) or None if "*" in path.split(".") else first(value, path)


def _is(call: Call, name: str, target: str) -> bool:
    return call.kind in {"tool", "http", "agent"} and fnmatchcase(call.name, name) and fnmatchcase(call.target, target)
