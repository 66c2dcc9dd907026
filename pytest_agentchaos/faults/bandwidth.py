"""Bandwidth: the bytes of a call trickle."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from pytest_agentchaos.faults.answers import without_bytes
from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Delay, Deliver, Drip, Program, Return

PIECES_PER_S = 10


@register
class Bandwidth(Fault):
    """A narrow or crowded line: bodies take as long as their size demands, in small pieces.

    A timeout that counts from piece to piece, as those of the usual clients do, never fires; the call just takes long.
    """

    name: ClassVar[str] = "bandwidth"
    family: ClassVar[Family] = "delivery"

    bytes_per_s: float = Field(default=1024.0, gt=0)
    direction: Literal["both", "request", "reply"] = "both"
    piece_bytes: int | None = Field(default=None, ge=1)
    """Size of a piece of the reply; by default what passes in a tenth of a second."""

    def inapplicable(self, situation: Situation) -> str | None:
        """Only calls that travel as bytes have a bandwidth."""
        return super().inapplicable(situation) or without_bytes(situation)

    def compile(self, situation: Situation) -> Program:
        """Wait for the request's bytes, deliver, then let the reply drip."""
        piece_bytes = self.piece_bytes or max(1, int(self.bytes_per_s / PIECES_PER_S))
        piece_s = piece_bytes / self.bytes_per_s
        sent: Program = (Delay(len(situation.request.body) / self.bytes_per_s),)
        received: Program = (Drip(first_s=piece_s, interval_s=piece_s, piece_bytes=piece_bytes),)
        return (
            *(sent if self.direction != "reply" else ()),
            Deliver(),
            *(received if self.direction != "request" else ()),
            Return(),
        )
