"""A text as marks: the cities, days, numbers and cues in it, in their order. Other words are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from reference_system.model.brain.language.days import DayReader
from reference_system.model.brain.language.lexicon import Language
from reference_system.model.brain.language.places import Places
from reference_system.model.brain.language.speech import LANGUAGES
from reference_system.model.brain.language.tokens import Token, tokens

MarkKind = Literal["city", "days", "number", "cue", "name", "stop"]

TOKENS_AT_MOST = 1_500
"""Nobody needs more words for a trip; what comes after them is not read."""

MONEY = frozenset({"€", "eur", "euro", "euros", "$", "£", "chf"})

_NOTHING: frozenset[str] = frozenset()
_COUNTED = frozenset({"nights", "days", "weeks", "people", "stars", "rooms", "relation"})
_BEFORE_PEOPLE = frozenset({"for", "with", "list", "and"})
_BEFORE_PLACES = frozenset({"origin", "target", "home"})


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that means something."""

    kind: MarkKind
    start: int
    """Its first token."""
    end: int
    """Behind its last token."""
    value: Any = None
    """Of a city its English name, of days a Days, of a number its value, of a name the name as written."""
    cues: frozenset[str] = _NOTHING


@lru_cache(maxsize=8)
def months(language: Language) -> dict[str, int]:
    """The names of months in all languages; those of this one count first."""
    found: dict[str, int] = {}
    for known in (language, *LANGUAGES.values()):
        for name, number in known.month_of.items():
            found.setdefault(name, number)
    return found


@dataclass(frozen=True, slots=True)
class Text:
    """A text that was read."""

    source: str
    tokens: tuple[Token, ...]
    marks: tuple[Mark, ...]
    language: Language

    def words(self, start: int, end: int) -> str:
        """As they were written."""
        return self.source[self.tokens[start].start : self.tokens[end - 1].end] if start < end else ""


def read(source: str, language: Language, places: Places, today: date) -> Text:
    """The marks in a text."""
    found = tokens(source, TOKENS_AT_MOST)
    scanner = _Scanner(found, language, places, DayReader(found, language, months(language), today))
    return Text(source, found, scanner.marks(), language)


class _Scanner:
    """Goes over the tokens once, from left to right."""

    def __init__(self, found: Sequence[Token], language: Language, places: Places, days: DayReader) -> None:
        self._tokens = found
        self._language = language
        self._places = places
        self._days = days
        self._before: Mark | None = None
        """The last mark."""

    def marks(self) -> tuple[Mark, ...]:
        """All marks."""
        marks: list[Mark] = []
        at = 0
        while at < len(self._tokens):
            mark = self._mark(at)
            if mark is None:
                at += 1
                continue
            marks.append(mark)
            self._before = mark
            at = mark.end
        return tuple(marks)

    def _mark(self, at: int) -> Mark | None:
        token = self._tokens[at]
        if (told := self._days.at(at)) is not None:
            return Mark("days", at, told[1], told[0])
        if token.kind == "word":
            return self._word(at)
        if token.kind == "number":
            return self._bare_day(at) or Mark("number", at, at + 1, number(token.text))
        return Mark("stop", at, at + 1, token.text)

    def _word(self, at: int) -> Mark | None:
        if (place := self._places.at(self._tokens, at)) is not None:
            return Mark("city", at, place[1], place[0])
        cues, end = self._language.cues_at(self._tokens, at)
        return Mark("cue", at, end, cues=cues) if cues else self._other_word(at)

    def _other_word(self, at: int) -> Mark | None:
        """A word that is no cue: a number, a name, or a city with a typing error."""
        token = self._tokens[at]
        if (count := self._language.number_of.get(token.plain)) is not None:
            return Mark("number", at, at + 1, count)
        if token.plain in self._language.known:
            return None
        cues = self._before.cues if self._before is not None and self._before.end == at else _NOTHING
        if (token.capital and not cues & _BEFORE_PEOPLE) or cues & _BEFORE_PLACES:
            near = self._places.like(token.plain)
            if near is not None:
                return Mark("city", at, at + 1, near)
        return Mark("name", at, at + 1, token.text) if token.capital else None

    def _bare_day(self, at: int) -> Mark | None:
        """The 8 of "until the 8th"; of "until 8 people" it is none."""
        if self._before is None or self._before.end < at - 1 or "end" not in self._before.cues:
            return None
        bare = self._days.bare(at)
        if bare is None or self._counts(bare[1]):
            return None
        return Mark("days", at, bare[1], bare[0])

    def _counts(self, at: int) -> bool:
        """Whether the number before this token counts something or is money."""
        if at >= len(self._tokens):
            return False
        cues, _ = self._language.cues_at(self._tokens, at)
        return bool(cues & _COUNTED) or self._tokens[at].plain in MONEY


def number(text: str) -> float:
    """A number as people write it: ``1,200``, ``1.200,50``, ``1'200``, ``99.90``."""
    digits = text.replace("'", "").replace("\u2019", "").replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    cut = max(digits.rfind("."), digits.rfind(","))
    if cut < 0:
        return float(digits)
    fraction = digits[cut + 1 :]
    if len(fraction) == len("000"):
        return float(digits.replace(".", "").replace(",", ""))
    return float(f"{digits[:cut].replace('.', '').replace(',', '')}.{fraction}")
