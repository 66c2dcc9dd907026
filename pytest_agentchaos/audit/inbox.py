"""Inbox: what a server has answered so far, by the id of the request; whoever waits for more is woken."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any, Final

from pytest_agentchaos.clock import wall_s

Message = Mapping[str, Any]
LIMIT_MESSAGES: Final = 10_000
"""A server that floods is not listened to any longer."""
LIMIT_BYTES: Final = 256_000_000
_DEPTH: Final = 200
"""What is nested deeper is not read: nothing that a tool has to say is, and Python gives up on some of it."""


class Inbox:
    """Filled by whatever reads from the server, emptied by nobody: one id may be answered several times."""

    def __init__(self) -> None:
        self._answers: dict[str, list[Message]] = {}
        self._changed = threading.Condition()
        self._count = self._bytes = 0
        self.ended: str | None = None
        """Why nothing more will come; None as long as something may."""
        self.garbage: str | None = None
        """The first thing that came and was no message."""

    def put(self, message: Message, size_bytes: int = 0) -> None:
        """One more answer."""
        with self._changed:
            self._count += 1
            self._bytes += size_bytes
            if self._count > LIMIT_MESSAGES or self._bytes > LIMIT_BYTES:
                self.ended = self.ended or f"it sent more than {LIMIT_MESSAGES:,} messages, or {LIMIT_BYTES:,} bytes"
            else:
                self._answers.setdefault(_key(message.get("id")), []).append(message)
            self._changed.notify_all()

    def end(self, why: str) -> None:
        """Nothing more comes."""
        with self._changed:
            self.ended = self.ended or why
            self._changed.notify_all()

    def wait(self, request: object, count: int, timeout_s: float) -> list[Message]:
        """The answers to a request as soon as there are so many, or what there is when the time is over."""
        until_s = wall_s() + timeout_s
        key = _key(request)
        with self._changed:
            while len(self._answers.get(key, ())) < count and self.ended is None:
                left_s = until_s - wall_s()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
            return list(self._answers.get(key, ()))

    def wait_for_either(self, requests: tuple[object, ...], timeout_s: float) -> Message | None:
        """The answer to whichever of these requests is answered first."""
        until_s = wall_s() + timeout_s
        with self._changed:
            while True:
                for request in requests:
                    if found := self._answers.get(_key(request)):
                        return found[0]
                left_s = until_s - wall_s()
                if self.ended is not None or left_s <= 0:
                    return None
                self._changed.wait(left_s)


def read(text: str | bytes) -> dict[str, Any] | None:
    """The message that a text is; None if it is none."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and not _is_too_deep(message) else None


def _is_too_deep(message: Message) -> bool:
    layer: list[Any] = [message]
    for _ in range(_DEPTH):
        parts = (part for one in layer for part in (one.values() if isinstance(one, dict) else one))
        layer = [part for part in parts if isinstance(part, (dict, list))]
        if not layer:
            return False
    return True


def _key(request: object) -> str:
    """``1`` and ``"1"`` are two ids."""
    return repr(request)
