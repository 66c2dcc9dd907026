"""Reads wishes out of what was said: sentence by sentence, and what is said later counts more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from reference_system.model.brain.language.marks import Mark, Text, read
from reference_system.model.brain.language.places import Places
from reference_system.model.brain.language.sentences import believable
from reference_system.model.brain.language.speech import detect, speak
from reference_system.model.brain.wishes.money import read_amounts
from reference_system.model.brain.wishes.party import read_party
from reference_system.model.brain.wishes.services import read_services
from reference_system.model.brain.wishes.way import read_way
from reference_system.model.brain.wishes.wishes import Clash, Wishes

CHARACTERS_AT_MOST = 12_000
"""Of one text; a wish stands before that."""

_ENDS = frozenset({".", "!", "?"})
_WISHING = frozenset({"flight", "hotel", "dinner", "trip", "fly", "book", "origin", "budget"})


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading takes, whoever speaks."""

    places: Places
    today: date
    language: str

    def request(self, text: str) -> Wishes:
        """What the request itself says."""
        return self._read(text, _is_past)

    def talk(self, texts: Iterable[str]) -> Wishes:
        """What was said before."""
        wishes = Wishes()
        for text in texts:
            wishes = wishes.then(self._read(text, _is_aside))
        return wishes

    def _read(self, text: str, passes_over: Callable[[Sequence[Mark]], bool]) -> Wishes:
        """All that a text says; orders to the machine are left out, and sentences that are of another matter."""
        text = text[:CHARACTERS_AT_MOST]
        language = speak(detect(text, self.language))
        meant = " ".join(sentence if sentence[-1] in ".!?" else f"{sentence}." for sentence in believable(text))
        found = read(meant, language, self.places, self.today)
        kept = [mark for marks in _sentences(found) if not passes_over(marks) for mark in marks]
        wishes = Wishes()
        for part in _corrected(replace(found, marks=tuple(kept))):
            wishes = wishes.then(_wishes(part))
        return wishes


def _sentences(text: Text) -> Iterator[list[Mark]]:
    sentence: list[Mark] = []
    for mark in text.marks:
        sentence.append(mark)
        if mark.kind == "stop" and mark.value in _ENDS:
            yield sentence
            sentence = []
    yield sentence


def _is_past(sentence: Sequence[Mark]) -> bool:
    """Whether it tells of earlier days, or of other people's journeys."""
    return any("past" in mark.cues for mark in sentence)


def _is_aside(sentence: Sequence[Mark]) -> bool:
    """Whether it is past, or an idle question: "Is Oslo cold in April?"."""
    asks = bool(sentence) and sentence[-1].value == "?"
    wishes = any(mark.cues & _WISHING for mark in sentence)
    return _is_past(sentence) or (asks and not wishes)


def _corrected(text: Text) -> Iterable[Text]:
    """The text, cut before each "no, wait"."""
    start = 0
    for at, mark in enumerate(text.marks):
        if "correction" in mark.cues and at > start:
            yield replace(text, marks=text.marks[start:at])
            start = at
    yield replace(text, marks=text.marks[start:])


def _wishes(text: Text) -> Wishes:
    wishes = read_way(text)
    services = read_services(text)
    amounts = read_amounts(text)
    budgets = [amount for amount in amounts if amount.unclear is None]
    last = budgets[-1] if budgets else None
    clashes = tuple(
        Clash(f"{one.minor / 100:g} EUR", f"{other.minor / 100:g} EUR")
        for one, other in pairwise(budgets)
        if one != other
    )
    return replace(
        wishes,
        party=read_party(text),
        rooms=services.rooms,
        budget_minor=last.minor if last else None,
        budget_each=last.each if last else False,
        no_budget=any("no_limit" in mark.cues for mark in text.marks),
        stars=services.stars,
        cuisine=services.cuisine,
        wants=services.wants,
        only=services.only,
        without=services.without,
        trip=services.trip,
        other_hotel=services.other_hotel,
        unknown_cities=_unknown_cities(text),
        unclear_money=next((amount.unclear for amount in amounts if amount.unclear is not None), None),
        clashes=wishes.clashes + clashes,
    )


def _unknown_cities(text: Text) -> tuple[str, ...]:
    """Names that "to" or "from" leads to and that are no city on offer."""
    found: list[str] = []
    for cue, mark in pairwise(text.marks):
        leads = cue.kind == "cue" and bool(cue.cues & {"target", "origin"}) and mark.start == cue.end
        if leads and mark.kind == "name" and not _starts_sentence(text, mark) and not cue.cues & {"for", "with"}:
            found.append(_name(text, mark))
    return tuple(found)


def _name(text: Text, first: Mark) -> str:
    """All words of a name, as they were written."""
    end = first.end
    for mark in text.marks:
        if mark.kind == "name" and mark.start == end:
            end = mark.end
    return text.words(first.start, end)


def _starts_sentence(text: Text, mark: Mark) -> bool:
    return mark.start == 0 or text.tokens[mark.start - 1].text in _ENDS
