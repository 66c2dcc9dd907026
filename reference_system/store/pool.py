"""A few connections for many threads: each is one thread's alone while it is lent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from reference_system.errors import StoreError
from reference_system.store.database import PATIENCE_S

C = TypeVar("C")


class Pool(Generic[C]):
    """Opens connections when they are needed, at most so many, and keeps those that are fit for another use."""

    def __init__(
        self,
        connect: Callable[[], C],
        disconnect: Callable[[C], None],
        fit: Callable[[C], bool],
        *,
        connections_at_most: int,
    ) -> None:
        self._connect = connect
        self._disconnect = disconnect
        self._fit = fit
        self._at_most = connections_at_most
        self._places = threading.BoundedSemaphore(connections_at_most)
        self._lock = threading.Lock()
        self._idle: list[C] = []
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[C]:
        """A connection for one transaction; StoreError: none became free in time, or the store is closed."""
        if not self._places.acquire(timeout=PATIENCE_S):
            msg = f"all {self._at_most} connections to the store were busy for {PATIENCE_S:.0f} s; ask less at once"
            raise StoreError(msg)
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._places.release()

    def clear(self) -> None:
        """Let go of the idle connections: they have gone the way of the one that broke."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            self._disconnect(connection)

    def close(self) -> None:
        """Let go of all connections, of those that are lent as soon as they come back."""
        with self._lock:
            self._closed = True
        self.clear()

    def _take(self) -> C:
        with self._lock:
            if self._closed:
                msg = "the store is closed; open another one"
                raise StoreError(msg)
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _give_back(self, connection: C) -> None:
        if self._fit(connection):
            with self._lock:
                if not self._closed:
                    self._idle.append(connection)
                    return
        self._disconnect(connection)
