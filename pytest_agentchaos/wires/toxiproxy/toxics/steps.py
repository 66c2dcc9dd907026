"""What a toxic can do, as data. A stage carries it out; a toxic sees neither sockets nor timers."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Chunk(NamedTuple):
    """What one read gave, and when it came in; a toxic that delayed it moves that time on."""

    data: bytes
    arrived_s: float


class Signal(Enum):
    """What a toxic may be given in place of a chunk."""

    END = "the sender has ended; it will be told again whenever it is asked for"
    LATE = "nothing came in the time that was given"


@dataclass(frozen=True, slots=True)
class Take:
    """The next chunk, please."""

    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """A chunk for the next toxic, or for the receiver. ``held``: what is still in hand after it.

    ``firm``: the end follows, for what came after it is dropped already; a change does not concern it, and with removal
    it goes on at once.
    """

    chunk: Chunk
    held: Chunk | None = None
    firm: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Until then. ``held``: what is in hand meanwhile; it goes on at once when the toxic is changed or removed.

    ``firm``: what has begun cannot be undone; a change does not concern it, and removal ends the wait only.
    """

    until_s: float
    held: Chunk | None = None
    firm: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """The receiver is told that the sender has ended; what still comes is dropped. ``reset``: by an RST, both ways."""

    reset: bool = False


Step = Take | Send | Wait | Close
Given = Chunk | Signal | None
Program = Generator[Step, Given, None]
