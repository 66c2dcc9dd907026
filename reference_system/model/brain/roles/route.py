"""The router's mind: what kind of request it is, and in which language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from reference_system.contracts.asks import AskRoute, Talk
from reference_system.contracts.plan import Route
from reference_system.model.brain.language.marks import Text, read
from reference_system.model.brain.language.places import KNOWN_CITIES, places
from reference_system.model.brain.language.sentences import believable
from reference_system.model.brain.language.speech import detect, speak

Kind = Literal["trip", "change", "cancel", "question", "out_of_scope"]

ANY_DAY = date(2027, 3, 1)
"""A router needs to see that a day is told, not which."""
CHARACTERS_AT_MOST = 12_000
SHORT = 40
"""Tokens of an answer to a question."""

_TRAVEL = frozenset({"flight", "hotel", "dinner", "trip", "fly", "weather"})
_ORDERS = frozenset({"book", "flight", "hotel", "dinner", "trip", "fly"})


def route(ask: AskRoute) -> Route:
    """The route of a request."""
    before = " ".join(_said_before(ask.talk))
    language = detect(ask.text, detect(before) if before else "en")
    return Route(kind=_kind(ask, _signs(ask.text, language), before, language), language=language)


def _kind(ask: AskRoute, signs: _Signs | None, before: str, language: str) -> Kind:
    if signs is None or signs.off_topic:
        return "out_of_scope"
    if "cancel" in signs.cues and (signs.speaks_of_travel or ask.about_a_trip or not signs.tells):
        return "cancel"
    if ask.about_a_trip:
        return _about_a_trip(signs)
    if "change" in signs.cues and not (signs.cities > 1 and signs.days):
        return "change"
    if signs.asks:
        return "question"
    return "trip" if signs.wants_a_trip or _goes_on(signs, before, language) else "out_of_scope"


def _goes_on(signs: _Signs, before: str, language: str) -> bool:
    """Whether a few words go on with a talk about travelling."""
    earlier = _signs(before, language) if before else None
    return earlier is not None and earlier.wants_a_trip and signs.short


def _about_a_trip(signs: _Signs) -> Kind:
    if signs.cues & {"change", "tweak", "correction"} and not (signs.weather and signs.question_mark):
        return "change"
    if "more" in signs.cues and signs.cues & {"nights", "days", "weeks"}:
        return "change"
    if signs.asks or signs.question_mark:
        return "question"
    return "change" if signs.tells or signs.speaks_of_travel or signs.short else "out_of_scope"


class _Signs:
    """What the words of a request point to."""

    def __init__(self, source: str, text: Text) -> None:
        self.cues = frozenset().union(*(mark.cues for mark in text.marks))
        self.cities = sum(mark.kind == "city" for mark in text.marks)
        self.days = any(mark.kind == "days" for mark in text.marks)
        self.tells = self.cities > 0 or self.days or any(mark.kind == "number" for mark in text.marks)
        self.question_mark = source.rstrip().endswith("?")
        self.short = len(text.tokens) <= SHORT
        self.weather = "weather" in self.cues

    @property
    def speaks_of_travel(self) -> bool:
        """Whether a word of travelling occurs."""
        return bool(self.cues & _TRAVEL)

    @property
    def wants_a_trip(self) -> bool:
        """Whether anything in it is a matter of travel."""
        return self.speaks_of_travel or self.cities > 0 or self.days

    @property
    def asks(self) -> bool:
        """Whether something is to be told, not booked."""
        if self.weather and not self.cues & (_ORDERS - {"trip"}):
            return True
        return self.question_mark and "ask" in self.cues and self.cities > 0 and not self.cues & _ORDERS

    @property
    def off_topic(self) -> bool:
        """Whether something quite different is asked for, even if a city occurs in it."""
        return "off_topic" in self.cues and not (self.cities > 0 and self.days and self.speaks_of_travel)


def _signs(source: str, language: str) -> _Signs | None:
    """The signs in what a traveller may mean; None if nothing is left of it."""
    meant = " ".join(believable(source[:CHARACTERS_AT_MOST]))
    if not any(letter.isalnum() for letter in meant):
        return None
    return _Signs(source, read(meant, speak(language), places(KNOWN_CITIES), ANY_DAY))


def _said_before(talk: Talk) -> Iterable[str]:
    yield from talk.facts
    yield from (turn.text for turn in talk.turns if turn.role == "user")
