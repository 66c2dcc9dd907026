"""A truncated answer: its end is missing."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from pytest_agentchaos.evidence.call import Kind
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.answers import ANSWERED, without_bytes
from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Cut, Deliver, Program, Return, Rewrite

KEEP_BYTES = 16


@register
class Truncated(Fault):
    """The connection ends in the middle of the answer: the work was done, and the caller gets an error or half a text.

    With ``fraction`` a proxy cuts the body and tells a length that fits: no error on the line, only broken content.
    """

    name: ClassVar[str] = "truncated"
    family: ClassVar[Family] = "answer"
    kinds: ClassVar[frozenset[Kind]] = ANSWERED

    keep_bytes: int | None = Field(default=None, ge=0)
    """How much arrives before the line ends; 16 bytes unless told."""
    then: Literal["end", "reset", "hang"] = "end"
    fraction: float | None = Field(default=None, ge=0, lt=1)
    """Which part of the body the proxy lets through."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.fraction is not None and {"keep_bytes", "then"} & self.model_fields_set:
            msg = f"fraction={self.fraction:g} cuts the body and leaves the line whole; leave out keep_bytes= and then="
            raise ValueError(msg)
        return self

    def inapplicable(self, situation: Situation) -> str | None:
        """Only an answer of bytes can lose some; a stream is cut between events."""
        if situation.call.streams and self.fraction is None:
            return "it counts bytes, and this call streams events; use stream_cut"
        return super().inapplicable(situation) or without_bytes(situation)

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Deliver, then end the body early."""
        if self.fraction is not None:
            return (Deliver(), Rewrite(self._shorten), Return())
        keep_bytes = KEEP_BYTES if self.keep_bytes is None else self.keep_bytes
        return (Deliver(), Cut(limit_bytes=keep_bytes, then=self.then), Return())

    def _shorten(self, reply: Reply) -> Reply:
        return reply.with_body(reply.body[: int(len(reply.body) * (self.fraction or 0.0))]) if reply.body else reply
