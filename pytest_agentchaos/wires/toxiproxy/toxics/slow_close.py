"""Slow close: the end of a stream comes later; data does not."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.wires.toxiproxy.toxics.base import MS, Stage
from pytest_agentchaos.wires.toxiproxy.toxics.steps import Chunk, Close, Program, Send, Take, Wait


class SlowClose:
    """``delay`` milliseconds."""

    type_name: ClassVar[str] = "slow_close"
    go_name: ClassVar[str] = "SlowCloseToxic"
    integers: ClassVar[dict[str, str]] = {"delay": "int64"}
    buffer_chunks: ClassVar[int] = 1
    closes_when_removed: ClassVar[bool] = False

    def pipe(self, stage: Stage) -> Program:
        """As if nothing were there, until the end."""
        while isinstance(got := (yield Take()), Chunk):
            yield Send(got)
        yield Wait(stage.now_s() + stage.attributes["delay"] * MS)
        yield Close()
