"""What a user said that must not be lost: found by rules, so that it does not depend on a model's attention."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from reference_system.context.telling import KINDS, PROPER_NAME
from reference_system.context.tokens import tokens_of
from reference_system.contracts.trip import Turn

SENTENCE_CHARACTERS = 400
"""A longer sentence is taken in pieces, so that one that never ends cannot push out all the others."""

_NAME_WEIGHT = 1
_CHOSEN_WEIGHT = 3
_TELLING_CHARACTERS = 8
"""What is shorter may stand in any sentence."""

_END = re.compile(r"(?<=[.!?])(?<!\d\.)\s+(?=[^\W\d_a-z]|[¿¡\"'(])|(?<=;)\s+|\n+")
"""Between two sentences. After "5." (März) and "max." (800) there is none."""
_PIECE = re.compile(rf"\S.{{0,{SENTENCE_CHARACTERS - 1}}}(?!\S)|\S{{1,{SENTENCE_CHARACTERS}}}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something that a user said, word for word."""

    text: str
    weight: int
    """How much would be lost with it; 0: it is no fact."""


def said(turns: Iterable[Turn], names: Collection[str] = ()) -> list[Sentence]:
    """The sentences of the user, in their order; what is said twice is said the last time.

    ``names`` are looked for in whatever case they are written.
    """
    known = re.compile(rf"\b(?:{'|'.join(re.escape(name.lower()) for name in sorted(names))})\b") if names else None
    texts = [text for turn in turns if turn.role == "user" for text in sentences(turn.text)]
    last_first = dict.fromkeys(reversed(texts))
    return [Sentence(text, _weight(text, known)) for text in reversed(last_first)]


def chosen_too(found: Iterable[Sentence], choice: Collection[str]) -> list[Sentence]:
    """The sentences, with more weight for those that a model has chosen; what nobody said cannot be chosen."""
    return [
        replace(sentence, weight=sentence.weight + _CHOSEN_WEIGHT)
        if any(_same(sentence.text, text) for text in choice)
        else sentence
        for sentence in found
    ]


def pinned(found: Iterable[Sentence], tokens_at_most: int) -> tuple[str, ...]:
    """The facts for which there is room, in their order. The weightiest go in first, among equals the later ones."""
    facts = [(index, sentence) for index, sentence in enumerate(found) if sentence.weight]
    chosen: dict[int, str] = {}
    left = tokens_at_most
    for index, sentence in sorted(facts, key=lambda fact: (-fact[1].weight, -fact[0])):
        needed = tokens_of(sentence.text) + 1
        if needed <= left:
            chosen[index] = sentence.text
            left -= needed
    return tuple(chosen[index] for index in sorted(chosen))


def sentences(text: str) -> Iterator[str]:
    """Word for word; a very long one in pieces."""
    for sentence in _END.split(text):
        yield from _PIECE.findall(sentence.strip())


def _weight(text: str, known: re.Pattern[str] | None) -> int:
    lower = text.lower()
    weight = sum(weight for telling, weight in KINDS if telling.search(lower))
    named = PROPER_NAME.search(text) or (known is not None and known.search(lower))
    return weight + (_NAME_WEIGHT if named else 0)


def _same(one: str, other: str) -> bool:
    """A model may leave out the full stop, or take two sentences together."""
    short, long = sorted((one, other), key=len)
    return len(short) >= _TELLING_CHARACTERS and short in long
