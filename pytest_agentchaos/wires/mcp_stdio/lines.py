"""Lines: messages out of chunks that end anywhere. One that is too long to be held comes in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

LIMIT_BYTES: Final = 32 << 20
"""A message above this is never held whole, and so no fault sees it."""

Part = Literal["whole", "piece", "last"]


class Utterance(NamedTuple):
    """What a peer says: the bytes of a line with its end, or a piece of one that is too long."""

    data: bytes
    part: Part = "whole"


class Lines:
    """Takes chunks and gives lines, byte for byte what came."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._begun: list[bytes] = []
        self._bytes = 0
        self._too_long = False

    def feed(self, chunk: bytes) -> Iterator[Utterance]:
        """The lines that end in this chunk, and pieces of one that is too long."""
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            yield self._ended(chunk[start : end + 1])
            start = end + 1
        if start < len(chunk):
            self._begun.append(chunk[start:])
            self._bytes += len(chunk) - start
            if self._too_long or self._bytes > self._limit_bytes:
                self._too_long = True
                yield Utterance(self._taken(), "piece")

    def finish(self) -> Iterator[Utterance]:
        """What has begun and never ends."""
        if self._begun or self._too_long:
            yield self._ended(b"")

    def _ended(self, rest: bytes) -> Utterance:
        if self._begun:
            self._begun.append(rest)
            rest = self._taken()
        too_long, self._too_long = self._too_long, False
        return Utterance(rest, "last" if too_long else "whole")

    def _taken(self) -> bytes:
        data = b"".join(self._begun)
        self._begun.clear()
        self._bytes = 0
        return data
