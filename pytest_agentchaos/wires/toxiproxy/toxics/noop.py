"""Nothing: what a connection gets that toxicity has spared."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.wires.toxiproxy.toxics.base import Stage
from pytest_agentchaos.wires.toxiproxy.toxics.steps import Chunk, Close, Program, Send, Take


class Noop:
    """Everything passes."""

    type_name: ClassVar[str] = "noop"
    go_name: ClassVar[str] = "NoopToxic"
    integers: ClassVar[dict[str, str]] = {}
    buffer_chunks: ClassVar[int] = 1
    closes_when_removed: ClassVar[bool] = False

    def pipe(self, stage: Stage) -> Program:
        """Take and send."""
        del stage
        while isinstance(got := (yield Take()), Chunk):
            yield Send(got)
        yield Close()
