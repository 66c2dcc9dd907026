"""The record: a history that is in its file while it goes on, so that not even ``kill -9`` takes it away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.evidence import lines
from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.wires.mcp_stdio.journal import Journal

QUIET_S = 0.02
"""Nothing is written while messages follow each other as closely as this ..."""
LATEST_S = 1.0
"""... but for so long at most."""


class Record:
    """Writes down what is new in a history, and tells the journal of faults that fired."""

    def __init__(
        self, engine: Engine, journal: Journal, path: Path | None = None, also: Callable[[], None] | None = None
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._also = also
        self._file = None if path is None else path.open("wb", buffering=0)
        self._written = 0
        self._heard = self._seen = 0
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = 0.0
        if self._file is not None:
            (head,) = lines.write((), mode="live", seed=engine.seed)
            self._file.write(encode(head))

    def soon(self) -> None:
        """Something has happened."""
        self._heard += 1
        if self._timer is None:
            self._due_s = wall_s() + LATEST_S
            self._timer = asyncio.get_running_loop().call_later(QUIET_S, self._look)

    def _look(self) -> None:
        if self._heard != self._seen and wall_s() < self._due_s:
            self._seen = self._heard
            self._timer = asyncio.get_running_loop().call_later(QUIET_S, self._look)
            return
        self._timer = None
        self.write_down()

    def write_down(self) -> None:
        """Everything so far is in the file when this returns."""
        history = self._engine.history
        news = history[self._written :]
        self._written += len(news)
        if self._file is not None and news:
            self._file.write(encode("".join(dump(lines.as_json(op)) + "\n" for op in news)))
        for op in news:
            if op.kind == "fault":
                call = history[op.of].call if op.of is not None else None
                self._journal.tell("fault", f"{op.data.get('fault')} on {call}")
        if self._also is not None:
            self._also()

    def close(self) -> None:
        """The last has been written."""
        self.write_down()
        if self._file is not None:
            self._file.close()
