"""The steps of which every fault is made, and how programs of steps combine.

A step is data. Each wire interprets the same few, so that a new fault works on every wire and a new wire
runs every fault (see ``wires/interpreter.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from pytest_agentchaos.evidence.message import Reply, Request

Acted = Callable[[], None]


def nothing() -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Let time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the message back until other calls have overtaken it, or the limit is reached."""

    calls: int
    limit_s: float


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand the request to the callee; its reply (the first, of several copies) is then in hand.

    Several copies are in flight at the same time. For one after the other, say Deliver twice.
    """

    copies: int = 1
    discard: bool = False
    """The callee gets it, but a reply that is already in hand stays in hand."""


@dataclass(frozen=True, slots=True)
class DeliverLater:
    """The request will reach the callee after a while; nobody waits for the reply."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RewriteRequest:
    """Change what the callee will get."""

    change: Callable[[Request], Request]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Change the reply in hand; a stream is collected first.

    A change that gives back the very same object found nothing to change: the fault did not fire.
    """

    change: Callable[[Reply], Reply]


@dataclass(frozen=True, slots=True)
class Answer:
    """Take this reply in hand without delivering anything."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer: the caller sees what its own timeout gives it."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The connection is refused."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is torn."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The body in hand ends early: after so many events of a stream, or so many bytes of any other body."""

    events: int | None = None
    limit_bytes: int | None = None
    then: Literal["end", "reset", "hang"] = "end"
    """A clean end, a torn connection, or silence until the caller's timeout."""
    acted: Acted = field(default=nothing, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Drip:
    """The body in hand comes slowly: a pause before the first piece, and one between pieces."""

    first_s: float = 0.0
    interval_s: float = 0.0
    piece_bytes: int | None = None
    """Size of a piece; None means one event of a stream, or the whole of any other body."""
    acted: Acted = field(default=nothing, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Insert:
    """Put raw bytes into a stream after so many events."""

    events: int
    body: bytes
    acted: Acted = field(default=nothing, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Crash:
    """A process ends here: that of the caller or of the callee. A reply in hand has come to its end before."""

    of: Literal["caller", "callee"]
    down_s: float
    """So long until it is back."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A process stands still. A request to one that does is worked on afterwards, whoever still waits."""

    of: Literal["caller", "callee"]
    seconds: float


@dataclass(frozen=True, slots=True)
class Gone:
    """Nobody is there any more to whom anything could be said."""


@dataclass(frozen=True, slots=True)
class Return:
    """Give the reply in hand to the caller."""


Step = (
    Delay
    | Hold
    | Deliver
    | DeliverLater
    | RewriteRequest
    | Rewrite
    | Answer
    | Hang
    | Refuse
    | Reset
    | Cut
    | Drip
    | Insert
    | Crash
    | Pause
    | Gone
    | Return
)
Program = tuple[Step, ...]

SHAPES = (Cut, Drip, Insert)
"""Steps that act on the pieces of a body, and therefore only on a body that has such pieces; they say when they do."""

STOPS = (Crash, Pause)
"""Steps that concern a whole process, and so other calls as well."""

ENDS: tuple[type, ...] = (Hang, Refuse, Reset, Gone, Return)
"""After one of these there is nothing left to do."""


def splice(outer: Program, inner: Program) -> Program:
    """Two faults on one call: wherever the outer one delivers, the inner one happens.

    The outer is the one that was injected first. What the inner leaves in hand goes on through the rest of
    the outer program; an end inside the inner (a hang, a reset) ends the whole.
    """
    filling = tuple(step for step in inner if not isinstance(step, Return))
    program: list[Step] = []
    for step in outer:
        if isinstance(step, Deliver):
            delivered = _multiplied(filling, step.copies)
            program += _discarded(delivered) if step.discard else delivered
        elif isinstance(step, DeliverLater):
            program += _later(filling, step)
        else:
            program.append(step)
        if program and isinstance(program[-1], ENDS):
            break
    return tuple(program)


def _multiplied(filling: Program, copies: int) -> Program:
    """Copies in flight at once stay one step, so that they stay at once."""
    return tuple(replace(step, copies=step.copies * copies) if isinstance(step, Deliver) else step for step in filling)


def _discarded(filling: Program) -> Program:
    """What happens to a request whose reply nobody takes in hand: nothing happens to the reply that is there."""
    on_reply = (Rewrite, Answer, *SHAPES)
    return tuple(
        replace(step, discard=True) if isinstance(step, Deliver) else step
        for step in filling
        if not isinstance(step, on_reply)
    )


def _later(filling: Program, later: DeliverLater) -> Program:
    """A late request that meets another fault arrives late if it would have arrived at all."""
    arrives = any(isinstance(step, (Deliver, DeliverLater)) for step in filling)
    extra_s = sum(step.seconds for step in filling if isinstance(step, (Delay, DeliverLater)))
    return (DeliverLater(later.seconds + extra_s),) if arrives else ()
