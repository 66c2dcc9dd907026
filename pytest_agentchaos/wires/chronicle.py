"""The chronicle of a trial that may stand for days: what has happened is written down, and memory lets go of it.

The file becomes what the whole history would have made of it, line by line while it happens, so that not even
``kill -9`` takes that away; without a file nothing is kept. What counts stays: of rules, of attempts, of calls seen.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.canonical import encode, told
from pytest_agentchaos.evidence.lines import OpLines
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.evidence.spool import Spool

Follower = Callable[[Sequence[Op]], None]
"""Told of all ops, in their order; before them, of the beginnings of older calls to which they belong."""

QUIET_S: Final = 0.02
"""Nothing is written while calls follow each other as closely as this ..."""
LATEST_S: Final = 1.0
"""... but for so long at most, ..."""
MOST: Final = 256
"""... and until so many ops wait."""


class Chronicle:
    """Follows a live trial from before it begins. The loops that its wires run on call it; they may be several."""

    def __init__(
        self, engine: Engine, path: Path | None = None, *, followers: Sequence[Follower] = (), is_asked: bool = False
    ) -> None:
        self._engine = engine
        self._history = engine.history
        self._followers = followers
        self._lines = OpLines(mode="live", seed=engine.seed)
        self._path = path
        self._file = None if path is None else path.open("wb", buffering=0)
        self._spool = Spool() if is_asked else None
        self._lock = threading.RLock()
        self._written = self._seen = 0
        self._due_s = 0.0
        self._waits = self._hurries = False
        self.is_recalled = False
        """Whether all of the history is in memory (again)."""
        self._write(self._lines.head)
        if path is not None and self._file is None:
            raise engine.problems[-1]  # before anything has happened
        self._history.told = self._soon

    def write_down(self) -> None:
        """Everything so far is in the file when this returns."""
        with self._lock:
            before, news = self._news()
            if self._file is not None:
                self._write("".join(map(self._lines.line, news)))
            self._written += len(news)
            for follow in self._followers:
                follow([*before, *news])

    def recall(self) -> None:
        """All of the history is in memory again, if that was to be asked; from here on nothing is let go of."""
        with self._lock:
            self.write_down()
            if self._spool is not None:
                self._history.recall(self._spool.ops())
                self._shut_spool()
                self.is_recalled = True

    def close(self) -> None:
        """The last has been written."""
        with self._lock:
            self._history.told = None
            self.write_down()
            if self.is_recalled:
                self.is_recalled = False
                self._history.take()
            self._shut_file()
            self._shut_spool()

    def _news(self) -> tuple[list[Op], list[Op]]:
        if self.is_recalled:
            news = self._history[self._written :]
            before = [self._history[op.of] for op in news if op.of is not None and op.of < self._written]
        else:
            before, news = self._history.take()
            self._keep(news)
        return before, news

    def _keep(self, news: Sequence[Op]) -> None:
        try:
            if self._spool is not None and news:
                self._spool.put(news)
        except Exception as error:  # noqa: BLE001 - a full disk, or what peers have made so that nothing can hold it
            self._shut_spool()
            self._lose("a temporary file", error)

    def _write(self, text: str) -> None:
        try:
            rest = memoryview(encode(text))
            while self._file is not None and rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self._shut_file()
            self._lose(str(self._path), error)

    def _lose(self, where: str, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) else told(error)
        msg = f"{where}: {why}; of the history, what came after op {self._written} is lost"
        self._engine.problem(UsageError(msg))

    def _shut_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _shut_spool(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    # When it is written down

    def _soon(self) -> None:
        """Something has happened, in whatever thread: at the next quiet moment of its loop it is written down."""
        if self._hurries or (self._waits and self._history.held < MOST):
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # then with what comes next, or at the end
            return
        if self._waits:
            self._hurries = True
            loop.call_soon(self._hurry)
        else:
            self._waits = True
            self._due_s = wall_s() + LATEST_S
            loop.call_later(QUIET_S, self._look)

    def _look(self) -> None:
        count = len(self._history)
        if count != self._seen and wall_s() < self._due_s:
            self._seen = count
            asyncio.get_running_loop().call_later(QUIET_S, self._look)
            return
        self._waits = False
        self.write_down()

    def _hurry(self) -> None:
        self._hurries = False
        self.write_down()
