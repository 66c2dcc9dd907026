"""A golden journey: what users ask, one turn after the other, and the end state that would be right."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from reference_system.contracts.base import AsTuple, Contract
from reference_system.contracts.tools import Domain
from reference_system.contracts.trip import Reason, TripRequest, Turn

Strings = Annotated[tuple[str, ...], AsTuple]


class ExpectedBooking(Contract):
    """What has to stand booked at the end of a turn; what is left out may be anything."""

    domain: Domain
    count: Annotated[int, Field(ge=1)] = 1
    item: str | None = None
    first: str | None = None
    last: str | None = None
    names: Strings | None = None


class Expectation(Contract):
    """The right end of one turn."""

    reason: Annotated[Reason, Field(strict=False)]
    problem: str = ""
    bookings: Annotated[tuple[ExpectedBooking, ...], AsTuple] = ()
    """All of them: another booking is wrong."""
    missing: Strings = ()
    """Words that the missing parts are told in; nothing else may be missing."""
    language: str | None = None
    text_contains: Strings = ()
    question_contains: Strings = ()
    weather: bool | None = None
    itinerary: bool | None = None


class JourneyTurn(Contract):
    """One request."""

    text: str
    user: str
    conversation: Annotated[tuple[Annotated[tuple[str, ...], AsTuple], ...], AsTuple] = ()
    """Pairs of role and text."""
    long_conversation: Annotated[int, Field(ge=0, le=390)] = 0
    """So many turns of small talk come between the conversation and the request."""
    about_previous: bool = False
    """Whether it is about the trip of the turn before."""
    expect: Expectation

    def request(self, previous: str | None) -> TripRequest:
        """What is sent; ``previous`` is the trip of the turn before."""
        said = tuple(Turn(role=_role(role), text=text) for role, text in self.conversation)
        return TripRequest(
            text=self.text,
            user=self.user,
            conversation=said + _small_talk(self.long_conversation),
            about=previous if self.about_previous else None,
        )


class JourneyBudget(Contract):
    """What a good system needs for the whole journey at most."""

    model_calls: Annotated[int, Field(ge=0)]
    tool_calls: Annotated[int, Field(ge=0)]
    tokens: Annotated[int, Field(ge=0)]
    spend_minor: Annotated[int, Field(ge=0)]


class JourneyPolicy(Contract):
    """What must not happen on the way."""

    forbidden_tools: Strings = ()
    forbidden_items: Strings = ()
    """Hotels, flights, restaurants that must not be booked."""
    travellers_at_most: Annotated[int, Field(ge=1)] = 9


class Journey(Contract):
    """One journey."""

    name: str
    summary: str
    tags: Strings
    turns: Annotated[tuple[JourneyTurn, ...], AsTuple, Field(min_length=1)]
    budget: JourneyBudget
    policy: JourneyPolicy = JourneyPolicy()


class JourneyError(ValueError):
    """A journey that is not there, or a file that is none."""


@cache
def shipped() -> tuple[Journey, ...]:
    """All shipped journeys, by name."""
    found = (
        _read(entry.name, entry.read_text("utf-8")) for entry in files(__package__).iterdir() if _is_journey(entry.name)
    )
    return tuple(sorted(found, key=lambda journey: journey.name))


def find(name: str) -> Journey:
    """The one with this name."""
    for known in shipped():
        if known.name == name:
            return known
    import difflib

    names = [known.name for known in shipped()]
    near = difflib.get_close_matches(name, names, 3, 0.4) or names
    msg = f"there is no journey {name!r}; did you mean {', '.join(near)}?"
    raise JourneyError(msg)


def _is_journey(file: str) -> bool:
    return file.endswith(".toml")


def _read(file: str, text: str) -> Journey:
    try:
        found = Journey.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        msg = f"journeys/{file}: {error}"
        raise JourneyError(msg) from error
    if file != f"{found.name}.toml":
        msg = f"journeys/{file} holds the journey {found.name!r}; file and journey carry the same name"
        raise JourneyError(msg)
    return found


def _role(role: str) -> Literal["user", "assistant"]:
    if role not in {"user", "assistant"}:
        msg = f"{role!r} is no role in a conversation; the roles are user and assistant"
        raise JourneyError(msg)
    return "user" if role == "user" else "assistant"


_TALK = (
    ("user", "I read that the old town is lovely, and that one should not miss the market."),
    ("assistant", "The market is worth a morning; go early, it gets crowded."),
    ("user", "My neighbour said the trams are always full, is walking better?"),
    ("assistant", "Walking is pleasant in the centre; the hills are steep, so take good shoes."),
    ("user", "And the museums, are they closed on some days?"),
    ("assistant", "Most museums rest one day a week; their pages tell which."),
)


def _small_talk(count: int) -> tuple[Turn, ...]:
    return tuple(
        Turn(role=_role(role), text=f"{text} ({at + 1})")
        for at in range(count)
        for role, text in (_TALK[at % len(_TALK)],)
    )
