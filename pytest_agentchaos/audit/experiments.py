"""Experiments: what can happen to a request on its way, and to the answer; each done to one server.

Each tells the client's side only: what was answered first, and what the retry was answered. What it did to the world,
others look at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_agentchaos.audit.answer import Answer
from pytest_agentchaos.audit.place import Place
from pytest_agentchaos.audit.tool import Key, Tool

_PATIENCE_S: Final = 0.5
_PATIENT: Final = 3.0
"""A server that is silent about a request for three times as long as it took before will stay so."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One tool, and what it is called with."""

    tool: Tool
    arguments: Mapping[str, Any]
    other: Mapping[str, Any] | None = None
    """Arguments of a newer call; None if there are none."""
    key: Key | None = None
    """Where the key goes; None if none is sent."""
    took_s: float = 0.0

    def call(self, key: int = 1, *, newer: bool = False) -> dict[str, Any]:
        """The call, with the first key that a client made, or a later one."""
        arguments = dict(self.other if newer and self.other is not None else self.arguments)
        if self.tool.key is not None and self.tool.key.is_argument:
            arguments.pop(self.tool.key.name, None)
        if self.key is None and self.tool.key is not None and self.tool.key.required:
            arguments[self.tool.key.name] = f"key-{{token}}-{key}"
        if self.key is not None and self.key.is_argument:
            arguments[self.key.name] = f"key-{{token}}-{key}"
        meta = {"_meta": {self.key.name: f"key-{{token}}-{key}"}} if self.key and not self.key.is_argument else {}
        return {"name": self.tool.name, "arguments": arguments, **meta}

    def again(self) -> dict[str, Any]:
        """The same call, sent again by a client that keeps its key, if it sends one; one that has to, makes another."""
        return self.call(1 if self.key is not None else 2)

    @property
    def patience_s(self) -> float:
        """How long to wait for what may never come."""
        return max(_PATIENCE_S, _PATIENT * self.took_s)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the client was answered."""

    first: Answer | None = None
    """By the server to the first request, whether or not it reached anybody."""
    last: Answer | None = None
    """To the retry."""
    remark: str = ""


Do = Callable[[Place, Subject], Heard]


@dataclass(frozen=True, slots=True)
class Experiment:
    """One thing that can happen."""

    name: str
    head: str
    """As the head of a column."""
    told: str
    do: Do
    needs: Callable[[Place, Subject], str | None] = field(default=lambda _place, _subject: None)
    """Why it cannot be done; None if it can."""


def once(place: Place, subject: Subject) -> Heard:
    """One call, and its answer."""
    first = place.session.call(place.fill(subject.call()))
    return Heard(first, first)


def twice(place: Place, subject: Subject) -> Heard:
    """Two calls that are both meant: a client that makes keys makes another for the second."""
    first = place.session.call(place.fill(subject.call()))
    return Heard(first, place.session.call(place.fill(subject.call(2))))


def then_newer(place: Place, subject: Subject) -> Heard:
    """A call, and a newer one, in order."""
    first = place.session.call(place.fill(subject.call()))
    return Heard(first, place.session.call(place.fill(subject.call(3, newer=True))))


def _lost(place: Place, subject: Subject) -> Heard:
    """The server answers; nobody hears it; the client sends the call again as a new request."""
    first = place.session.call(place.fill(subject.call()))
    return Heard(first, place.session.call(place.fill(subject.again())))


def _same_request(place: Place, subject: Subject) -> Heard:
    """The same message twice, as a proxy that retries by itself sends it: with the id that it had."""
    call = place.fill(subject.call())
    [request] = place.session.ask(call)
    first = place.session.answer(request)
    place.session.repeat(request, call)
    last = place.session.second_answer(request, subject.patience_s)
    return Heard(first, last, "" if last is not None else "the second one was not answered")


def _at_once(place: Place, subject: Subject) -> Heard:
    """Both are under way before either is answered."""
    requests = place.session.ask(place.fill(subject.call()), place.fill(subject.again()))
    first, last = (place.session.answer(request) for request in requests)
    return Heard(first, last)


def _cancelled(place: Place, subject: Subject) -> Heard:
    """Half-way through, as far as a clock can tell; what the server does about it is its own business."""
    [request] = place.session.ask(place.fill(subject.call()))
    place.session.answer_so_far(request, 1, subject.took_s / 2)
    place.session.cancel(request)
    last = place.session.call(place.fill(subject.again()))
    return Heard(place.session.late_answer(request, subject.patience_s), last)


def _overtaken(place: Place, subject: Subject) -> Heard:
    """The retry and a newer call arrive; then the first copy does, late."""
    first = place.session.call(place.fill(subject.again()))
    place.session.call(place.fill(subject.call(3, newer=True)))
    return Heard(first, place.session.call(place.fill(subject.call())))


def _no_other(_place: Place, subject: Subject) -> str | None:
    return None if subject.other is not None else "it takes no other arguments that would make a newer call"


def _restarted(place: Place, subject: Subject) -> Heard:
    """It is killed after it has answered, started again, and asked again."""
    first = place.session.call(place.fill(subject.call()))
    place.restart()
    return Heard(first, place.session.call(place.fill(subject.again())))


def _not_ours(place: Place, _subject: Subject) -> str | None:
    return None if place.can_restart() else "a server behind a URL is not ours to be killed"


OVERTAKEN: Final = Experiment("overtaken", "late", "overtaken by its retry and a newer call", _overtaken, _no_other)
EXPERIMENTS: Final = (
    Experiment("answer lost", "lost", "the answer lost, then sent again", _lost),
    Experiment("same request twice", "same id", "the same request twice", _same_request),
    Experiment("twice at once", "at once", "two requests at once", _at_once),
    Experiment("cancelled", "cancel", "cancelled mid-way, then sent again", _cancelled),
    OVERTAKEN,
    Experiment("restarted", "restart", "the server killed in between, then sent again", _restarted, _not_ours),
)
