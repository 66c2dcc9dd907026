"""The memory of writes: which request was executed, with what result, and which must never be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_system.errors import BarredError, KeyConflictError, StoreError
from reference_system.store import json_text
from reference_system.store.database import AgainError, Session
from reference_system.store.interface import Json

# Insert first and look afterwards: the insertion waits for a concurrent transaction with the same key, so that what
# is found then is its outcome.
_RESERVE = (
    "INSERT INTO request_keys (request_key, state, tool, arguments_digest) VALUES (?, 'reserved', ?, ?)"
    " ON CONFLICT (request_key) DO NOTHING"
)
_BAR = "INSERT INTO request_keys (request_key, state) VALUES (?, 'barred') ON CONFLICT (request_key) DO NOTHING"
_FIND = "SELECT state, tool, arguments_digest, result FROM request_keys WHERE request_key = ?"
_FULFIL = "UPDATE request_keys SET state = 'done', result = ? WHERE request_key = ? AND state = 'reserved'"


class RequestKeys:
    """The keys as one transaction sees them."""

    def __init__(self, session: Session, executed_before: set[str]) -> None:
        self._session = session
        self._executed_before = executed_before
        self._reserved: dict[str, str] = {}

    def remembered(self, key: str, tool: str, arguments: Mapping[str, Any]) -> Json | None:
        """The stored result, or None and the key is reserved."""
        digest = json_text.digest(dict(arguments))
        if self._session.execute(_RESERVE, key, tool, digest):
            self._reserved[key] = tool
            return None
        state, known_tool, known_digest, result = self._found(key)
        if state == "barred":
            msg = f"the request with key {key!r} was cancelled before it arrived; ask anew with another key"
            raise BarredError(msg)
        if (tool, digest) != (known_tool, known_digest):
            what = "with other arguments" if tool == known_tool else f"for {known_tool}"
            msg = f"key {key!r} was used {what} before and cannot be used for this call of {tool}; use a new key"
            raise KeyConflictError(msg)
        return None if result is None else dict(json_text.load(result))

    def remember(self, key: str, result: Mapping[str, Any]) -> None:
        """Store the result of a reserved key."""
        if not self._session.execute(_FULFIL, json_text.dump(dict(result)), key):
            msg = f"key {key!r} has no open reservation; call remembered() first, and remember() once"
            raise StoreError(msg)
        self._reserved.pop(key, None)

    def bar(self, key: str) -> None:
        """Never let the request with this key be executed."""
        if self._session.execute(_BAR, key):
            return
        state, tool, *_ = self._found(key)
        if state == "barred":
            return
        if key in self._executed_before:
            msg = f"key {key!r} cannot be barred: {tool} was executed with it; undo what it did"
            raise KeyConflictError(msg)
        # It may have been executed between the caller's look for its effect and now: let the caller look once more.
        self._executed_before.add(key)
        msg = f"key {key!r} has just been executed"
        raise AgainError(msg)

    def check(self) -> None:
        """Before the commit: a key that stays reserved would answer nothing for ever."""
        for key, tool in self._reserved.items():
            msg = f"{tool} reserved key {key!r} and stored no result; call remember(), or raise to let go of the key"
            raise StoreError(msg)

    def _found(self, key: str) -> tuple[Any, ...]:
        row = self._session.row(_FIND, key)
        if row is None:
            msg = f"key {key!r} has just vanished"
            raise AgainError(msg)
        return row
