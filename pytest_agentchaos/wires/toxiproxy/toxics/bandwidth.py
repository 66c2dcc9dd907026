"""Bandwidth: a rate in kilobytes a second, of a thousand bytes each."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.wires.toxiproxy.toxics.base import MS, Stage
from pytest_agentchaos.wires.toxiproxy.toxics.steps import Chunk, Close, Program, Send, Take, Wait

_SLICE_S = 0.1


class Bandwidth:
    """``rate`` 0 lets nothing pass; so does a negative one, at which the real server crashes."""

    type_name: ClassVar[str] = "bandwidth"
    go_name: ClassVar[str] = "BandwidthToxic"
    integers: ClassVar[dict[str, str]] = {"rate": "int64"}
    buffer_chunks: ClassVar[int] = 1
    closes_when_removed: ClassVar[bool] = False

    def pipe(self, stage: Stage) -> Program:
        """Slices of a tenth of a second, the first delayed as well; a wait that was too long is made up for."""
        rate = stage.attributes["rate"]
        owed_s = 0.0
        while isinstance(got := (yield Take()), Chunk):
            if rate <= 0:
                yield Wait(float("inf"), held=got)
                continue
            owed_s += len(got.data) * MS / rate
            most = rate * 100
            while len(got.data) > most:
                yield Wait(stage.now_s() + _SLICE_S, held=got)
                part, got = Chunk(got.data[:most], got.arrived_s), Chunk(got.data[most:], got.arrived_s)
                yield Send(part, held=got)
                owed_s -= _SLICE_S
            began_s = stage.now_s()
            yield Wait(began_s + owed_s, held=got)
            owed_s -= stage.now_s() - began_s
            yield Send(got)
        yield Close()
