"""What every toxic has: attributes with Go's names, and a program."""

from __future__ import annotations

from random import Random
from typing import ClassVar, Protocol

from pytest_agentchaos.wires.toxiproxy.toxics.steps import Program

MS: float = 1e-3


class Stage(Protocol):
    """What a toxic's program may ask of the place where it runs."""

    tally_bytes: int
    """A figure that survives a change of the attributes."""
    has_gap: bool
    """Whether bytes were dropped: if this connection is spared from now on, it ends, and nothing follows the gap."""

    @property
    def attributes(self) -> dict[str, int]:
        """As they are now; a change begins the program anew."""

    @property
    def random(self) -> Random:
        """A stream of its own: of the seed, the proxy, the toxic and the number of the connection."""

    def now_s(self) -> float:
        """The time that chunks and waits are measured in."""


class Toxic(Protocol):
    """A kind of toxic."""

    type_name: ClassVar[str]
    go_name: ClassVar[str]
    """What the real one calls it in complaints."""
    integers: ClassVar[dict[str, str]]
    """The attributes and the Go type of each; all of them are whole numbers, and 0 unless given."""
    buffer_chunks: ClassVar[int]
    """How many chunks may wait in front of it."""
    closes_when_removed: ClassVar[bool]
    """Whether what it did to a connection cannot be undone, so that the connection ends with it."""

    def pipe(self, stage: Stage) -> Program:
        """What it does to one direction of one connection."""
        ...
