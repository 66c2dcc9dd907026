"""Slicer: a chunk comes in pieces, as networks deliver it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pytest_agentchaos.wires.toxiproxy.toxics.base import Stage
from pytest_agentchaos.wires.toxiproxy.toxics.steps import Chunk, Close, Program, Send, Take, Wait

_US = 1e-6


class Slicer:
    """Halves, and halves of halves, until they are of ``average_size`` and ``size_variation`` bytes at most.

    The real server crashes on an average below 1 and on a variation that is larger than the average; here a piece has
    one byte at least.
    """

    type_name: ClassVar[str] = "slicer"
    go_name: ClassVar[str] = "SlicerToxic"
    integers: ClassVar[dict[str, str]] = {"average_size": "int", "size_variation": "int", "delay": "int"}
    buffer_chunks: ClassVar[int] = 1
    closes_when_removed: ClassVar[bool] = False

    def pipe(self, stage: Stage) -> Program:
        """After every piece it waits ``delay`` microseconds."""
        delay_s = stage.attributes["delay"] * _US
        while isinstance(got := (yield Take()), Chunk):
            begin = 0
            for end in self._ends(0, len(got.data), stage):
                rest = Chunk(got.data[end:], got.arrived_s)
                yield Send(Chunk(got.data[begin:end], got.arrived_s), held=rest)
                if delay_s > 0:
                    yield Wait(stage.now_s() + delay_s, held=rest)
                begin = end
        yield Close()

    def _ends(self, begin: int, end: int, stage: Stage) -> Iterator[int]:
        """Where the pieces end, from left to right; a list of work, not recursion, whose depth a peer could choose."""
        average = max(1, stage.attributes["average_size"])
        variation = max(0, stage.attributes["size_variation"])
        parts = [(begin, end)]
        while parts:
            begin, end = parts.pop()
            if end - begin <= average + variation:
                yield end
                continue
            middle = begin + (end - begin) // 2
            if variation:
                middle += stage.random.randrange(-variation, variation)
            middle = min(max(middle, begin + 1), end - 1)
            parts += [(middle, end), (begin, middle)]
