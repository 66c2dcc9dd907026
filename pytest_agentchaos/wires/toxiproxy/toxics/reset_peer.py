"""Reset: a connection ends with an RST, some time after the first data or the end in its direction."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.wires.toxiproxy.toxics.base import MS, Stage
from pytest_agentchaos.wires.toxiproxy.toxics.steps import Close, Program, Take, Wait


class ResetPeer:
    """``timeout`` milliseconds. An idle connection is never reset."""

    type_name: ClassVar[str] = "reset_peer"
    go_name: ClassVar[str] = "ResetToxic"
    integers: ClassVar[dict[str, str]] = {"timeout": "int64"}
    buffer_chunks: ClassVar[int] = 1
    closes_when_removed: ClassVar[bool] = False

    def pipe(self, stage: Stage) -> Program:
        """What came is dropped."""
        yield Take()
        yield Wait(stage.now_s() + stage.attributes["timeout"] * MS, firm=True)
        yield Close(reset=True)
