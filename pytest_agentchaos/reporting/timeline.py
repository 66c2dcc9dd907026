"""A timeline: one trial as lanes (agents, model, tools) with its calls, faults and effects on them, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ending = Literal["ok", "fail", "info", "open"]


@dataclass(frozen=True, slots=True)
class Lane:
    """Who: an agent that calls, or what is called."""

    name: str
    kind: Literal["user", "agent", "model", "tool", "http", "other"]


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that acted on a call."""

    op: int
    fault: str
    at_s: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One call, from its caller's lane to the lane of what it called."""

    op: int
    caller: int
    """Index of a lane."""
    callee: int
    name: str
    begin: int
    """Its place in the order of all ops, from 0: in virtual time many things happen at the same second."""
    end: int | None
    at_s: float
    ended_s: float | None
    ending: Ending
    attempt: int = 1
    strikes: tuple[Strike, ...] = ()
    traced: bool | None = None
    """Whether the trace shows it; None if there is no trace, or it need not."""
    asked: str = ""
    """What was sent, as text, shortened and without secrets."""
    answered: str = ""
    """What the caller was told, or why not."""
    delivered: str = ""
    """What the callee truly answered, where a fault kept it from the caller."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that is no call: an effect, a crash, a restart, the end, what an invariant points at."""

    op: int
    place: int
    at_s: float
    kind: Literal["effect", "note", "restart", "crash", "end", "evidence"]
    lane: int
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """One trial, to be drawn."""

    trial: str
    title: str
    status: str
    why: str
    schedule: tuple[str, ...]
    lanes: tuple[Lane, ...]
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...] = ()
    verdicts: tuple[tuple[str, str, str, tuple[int, ...]], ...] = ()
    """Invariant, status, reason, ops."""
    length: int = 0
    """Places on its axis."""
    duration_s: float = 0.0
    replay: str = ""
    ended: str = ""
    answer: str = ""
    """What the user was told."""
    left_out: int = 0
    """Calls that are not drawn, since there are too many."""
    tokens: int | None = None
    cost: float | None = None
    currency: str = ""
    golden: str = ""
    """The same journey without faults, as a trial's name, if its timeline is drawn too."""
