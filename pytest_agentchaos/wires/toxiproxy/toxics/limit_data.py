"""Limit: so many bytes, then the end."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.wires.toxiproxy.toxics.base import Stage
from pytest_agentchaos.wires.toxiproxy.toxics.steps import Chunk, Close, Program, Send, Take


class LimitData:
    """``bytes`` in this direction of a connection, counted from when the toxic was added."""

    type_name: ClassVar[str] = "limit_data"
    go_name: ClassVar[str] = "LimitDataToxic"
    integers: ClassVar[dict[str, str]] = {"bytes": "int64"}
    buffer_chunks: ClassVar[int] = 1
    closes_when_removed: ClassVar[bool] = False

    def pipe(self, stage: Stage) -> Program:
        """The count is the stage's, so that it survives a change of the limit."""
        while isinstance(got := (yield Take()), Chunk):
            left = max(0, stage.attributes["bytes"] - stage.tally_bytes)
            data = got.data[:left]
            if data:
                stage.tally_bytes += len(data)
                yield Send(Chunk(data, got.arrived_s), firm=len(data) == left)
            if len(data) == left:
                break
        yield Close()
