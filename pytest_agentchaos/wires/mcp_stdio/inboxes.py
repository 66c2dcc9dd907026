"""Inboxes: where faults wait for answers of the server, by a request's id; several if it was sent several times."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.wires.mcp_port import TornError


class Inboxes:
    """Each takes one answer, in the order in which they were opened."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[asyncio.Future[Reply]]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @contextmanager
    def open(self, key: str) -> Iterator[asyncio.Future[Reply]]:
        """One more, for as long as somebody waits there."""
        inbox: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(inbox)
        try:
            yield inbox
        finally:
            self._shut(key, inbox)

    def answered(self, key: str, reply: Reply) -> bool:
        """The server answers; whether a fault takes that."""
        for inbox in self._waiting.get(key, ()):
            if not inbox.done():
                inbox.set_result(reply)
                return True
        return False

    def lose(self, error: TornError) -> None:
        """No more answers come."""
        for inboxes in self._waiting.values():
            for inbox in inboxes:
                if not inbox.done():
                    inbox.set_exception(error)

    def _shut(self, key: str, inbox: asyncio.Future[Reply]) -> None:
        """An answer that comes later is that to another copy."""
        inboxes = self._waiting[key]
        inboxes.remove(inbox)
        if not inboxes:
            del self._waiting[key]
