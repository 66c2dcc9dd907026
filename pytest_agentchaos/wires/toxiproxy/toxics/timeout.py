"""Timeout: data is dropped, and the connection ends when none has come for a while."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.wires.toxiproxy.toxics.base import MS, Stage
from pytest_agentchaos.wires.toxiproxy.toxics.steps import Chunk, Close, Program, Take


class Timeout:
    """``timeout`` milliseconds, which every chunk begins anew; 0 waits for as long as the toxic is there."""

    type_name: ClassVar[str] = "timeout"
    go_name: ClassVar[str] = "TimeoutToxic"
    integers: ClassVar[dict[str, str]] = {"timeout": "int64"}
    buffer_chunks: ClassVar[int] = 1
    closes_when_removed: ClassVar[bool] = True  # what was dropped is missing for good

    def pipe(self, stage: Stage) -> Program:
        """Take, and do nothing with it."""
        timeout_ms = stage.attributes["timeout"]
        while isinstance((yield Take(within_s=timeout_ms * MS if timeout_ms > 0 else None)), Chunk):
            stage.has_gap = True
        yield Close()
