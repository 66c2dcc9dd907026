"""Latency: every chunk comes later, with the spacing kept. The end of a stream alone is not delayed."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.wires.toxiproxy.toxics.base import MS, Stage
from pytest_agentchaos.wires.toxiproxy.toxics.steps import Chunk, Close, Program, Send, Take, Wait


class Latency:
    """``latency`` milliseconds, give or take ``jitter``."""

    type_name: ClassVar[str] = "latency"
    go_name: ClassVar[str] = "LatencyToxic"
    integers: ClassVar[dict[str, str]] = {"latency": "int64", "jitter": "int64"}
    buffer_chunks: ClassVar[int] = 1024  # what is on the way at once: 32 MiB, as in the real one
    closes_when_removed: ClassVar[bool] = False

    def pipe(self, stage: Stage) -> Program:
        """Each chunk waits from its own arrival on."""
        while isinstance(got := (yield Take()), Chunk):
            due_s = got.arrived_s + self._delay_s(stage)
            yield Wait(due_s, held=got)
            yield Send(Chunk(got.data, max(due_s, got.arrived_s)))
        yield Close()

    def _delay_s(self, stage: Stage) -> float:
        delay_ms, jitter_ms = stage.attributes["latency"], stage.attributes["jitter"]
        if jitter_ms > 0:
            delay_ms += stage.random.randrange(-jitter_ms, jitter_ms)
        return delay_ms * MS
