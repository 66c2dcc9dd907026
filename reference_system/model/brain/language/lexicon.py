"""One language as tables, made ready for reading: which cue stands at this token?

A *cue* is a word or phrase that says how the next thing is meant ("from", "at most", "no later than"). A phrase
may carry several cues: English "to" leads to a city or to the end of a stay; what follows decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reference_system.model.brain.language.tokens import Token, tokens

Phrases = Mapping[str, str]
"""Cue -> the phrases that carry it, separated by ``|``."""


@dataclass(frozen=True, eq=False)
class Language:
    """The tables of one language; words are written without accents and capitals."""

    code: str
    telltales: str
    """Small words that give the language away."""
    months: str
    weekdays: str
    """From Monday on; variants of one separated by ``/``."""
    numbers: str
    """From one on."""
    one: str
    """Articles that count: "a week"."""
    cues: Phrases
    cuisines: Phrases
    """Kitchen in English -> words for it."""
    not_names: str = ""
    """Words with a capital that are no travellers."""

    @cached_property
    def month_of(self) -> dict[str, int]:
        """Name -> 1 to 12."""
        return _numbered(self.months, 1)

    @cached_property
    def weekday_of(self) -> dict[str, int]:
        """Name -> 0 (Monday) to 6."""
        return _numbered(self.weekdays, 0)

    @cached_property
    def number_of(self) -> dict[str, int]:
        """Name -> value."""
        return _numbered(self.numbers, 1)

    @cached_property
    def articles(self) -> frozenset[str]:
        """Words that count one thing."""
        return frozenset(self.one.split())

    @cached_property
    def phrases(self) -> dict[tuple[str, ...], frozenset[str]]:
        """Words -> the cues that they carry together."""
        found: dict[tuple[str, ...], set[str]] = {}
        for cue, alternatives in self.cues.items():
            for words in _alternatives(alternatives):
                found.setdefault(words, set()).add(cue)
        for kitchen, alternatives in self.cuisines.items():
            for words in _alternatives(alternatives):
                found.setdefault(words, set()).add(f"cuisine:{kitchen}")
        return {words: frozenset(cues) for words, cues in found.items()}

    @cached_property
    def lengths(self) -> dict[str, tuple[int, ...]]:
        """First word of a phrase -> the lengths of phrases that begin with it, longest first."""
        found: dict[str, set[int]] = {}
        for words in self.phrases:
            found.setdefault(words[0], set()).add(len(words))
        return {word: tuple(sorted(lengths, reverse=True)) for word, lengths in found.items()}

    @cached_property
    def known(self) -> frozenset[str]:
        """Every word that means something here, so that it is neither a name nor an unknown city."""
        words = {word for phrase in self.phrases for word in phrase}
        words.update(self.month_of, self.weekday_of, self.number_of, self.articles)
        words.update(self.telltales.split(), self.not_names.split())
        return frozenset(words)

    def cues_at(self, found: Sequence[Token], at: int) -> tuple[frozenset[str], int]:
        """The cues of the longest phrase that begins at this token, and where it ends."""
        for length in self.lengths.get(found[at].plain, ()):
            if length == 1:
                return self.phrases[(found[at].plain,)], at + 1
            words = tuple(token.plain for token in found[at : at + length])
            if words in self.phrases:
                return self.phrases[words], at + length
        return _NO_CUES, at


_NO_CUES: frozenset[str] = frozenset()


def _alternatives(text: str) -> Iterator[tuple[str, ...]]:
    found = (tuple(token.plain for token in tokens(phrase)) for phrase in text.split("|"))
    return (words for words in found if words)


def _numbered(text: str, first: int) -> dict[str, int]:
    return {name: number for number, names in enumerate(text.split(), first) for name in names.split("/")}
