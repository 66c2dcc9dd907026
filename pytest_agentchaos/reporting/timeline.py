"""A timeline: one trial as lanes (agents, model, tools) with its calls, faults and effects on them, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ending = Literal["ok", "fail", "info", "open"]


@dataclass(frozen=True, slots=True)
class Lane:
    """Who: an agent that calls, or what is called."""

    name: str
    """As short as it can be told from the others: ``hotels``."""
    kind: Literal["user", "agent", "model", "tool", "http", "other"]
    full: str = ""
    """The whole name, where that is longer: ``hotels.travel.example/mcp``; the path of an agent; all that share it."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that acted on a call."""

    op: int
    fault: str
    at_s: float
    text: str = ""
    """Its parameters: ``seconds=4, of=callee``; empty if it was injected as it is."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Once that the callee got the request; told where a fault makes that news."""

    op: int
    at_s: float
    answer: str
    """What it truly answered, as text, shortened and without secrets."""
    late: bool = False
    """Whether its caller had stopped waiting by then."""


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
    kind: str = ""
    """Of the call: ``model``, ``tool`` ..."""
    asker: str = ""
    """Who makes it in the words of the trace, where the lane says less: one service may speak for several agents."""
    gist: str = ""
    """What is asked for, in a few words: ``hotel H-LIS-1, check_in 2027-03-05``."""
    reply: str = ""
    """What came of it for the caller, in a few words: ``503 unavailable``, ``no answer``; empty: nothing special."""
    wants: tuple[str, ...] = ()
    """Tools that a model asked for in its answer."""
    attempts: int = 1
    """So many attempts of this call there were in all."""
    series: int = -1
    """The op of the first attempt; -1: that is this one."""
    deliveries: tuple[Delivery, ...] = ()
    fate: str = ""
    """What the faults on it made of it, as a sentence: ``It was done, and its answer was lost.``"""
    wrong: bool = False
    """Whether its caller did not get what it asked for."""
    evidence: bool = False
    """Whether an invariant that does not hold points at it."""
    tokens: tuple[int, int] | None = None
    """In and out, of all that the model was paid for."""
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that is no call: an effect, a crash, a restart, the end, what an invariant points at."""

    op: int
    place: int
    at_s: float
    kind: Literal["effect", "note", "restart", "crash", "end", "evidence"]
    lane: int
    text: str
    of: int | None = None
    """The op of the call that it belongs to."""
    grave: bool = False
    """Whether it is what went wrong: done once more, crashed, not to be found."""
    undoes: bool = False
    """Of an effect: whether it was undone here."""
    detail: str = ""
    """More of it, for whoever asks."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Calls in a row that are not drawn one by one: there are too many, and nothing happened to them."""

    place: int
    op: int
    """Of the first of them."""
    calls: int
    text: str
    """``12 calls like these: model gpt-5 (6), tool search (6); all answered``"""
    ways: tuple[tuple[int, int], ...] = ()
    """From which lane to which, each once."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Where a trial and the same journey without faults part, call by call."""

    op: int | None
    """The first call that is made here and not there; None: here the calls end sooner."""
    here: str
    """What is done here at that point; empty if nothing is."""
    there: str
    """What is done there."""
    same: int
    """So many calls they have in common, in order."""
    only_here: tuple[str, ...] = ()
    only_there: tuple[str, ...] = ()


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
    folds: tuple[Fold, ...] = ()
    parting: Parting | None = None
    """None: nothing is known of the journey without faults, or nothing differs."""
    user: int | None = None
    """The lane of the user, if there is one."""
