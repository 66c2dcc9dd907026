"""The compressor's mind: a conversation made short, with the sentences that must not be lost kept word for word."""

from __future__ import annotations

from collections.abc import Iterator

from reference_system.contracts.asks import AskCompression, Compression
from reference_system.model.brain.language.lexicon import Language
from reference_system.model.brain.language.marks import Mark, read
from reference_system.model.brain.language.places import KNOWN_CITIES, places
from reference_system.model.brain.language.sentences import believable
from reference_system.model.brain.language.speech import detect, speak
from reference_system.model.brain.roles.route import ANY_DAY

FACTS_AT_MOST = 40
FACT_CHARACTERS = 500
SUMMARY_CHARACTERS = 1_500
TURN_CHARACTERS = 6_000
"""Of one turn; nobody says a fact behind that."""

_TELLING = frozenset(
    {"budget", "cap", "people", "crowd", "relation", "nights", "weeks", "stars", "rooms", "must", "one_way", "list"}
)


def compress(ask: AskCompression) -> Compression:
    """The summary and the facts; what is said twice is said the last time."""
    facts: dict[str, None] = {}
    language = detect(" ".join(turn.text[:FACT_CHARACTERS] for turn in ask.turns if turn.role == "user"))
    for turn in ask.turns:
        if turn.role == "user":
            for fact in _facts(turn.text[:TURN_CHARACTERS], speak(language)):
                facts.pop(fact, None)
                facts[fact] = None
    kept = tuple(facts)[-FACTS_AT_MOST:]
    told = " ".join(part for part in (ask.summary, *kept) if part)
    return Compression(summary=told[-SUMMARY_CHARACTERS:], facts=kept)


def _facts(text: str, language: Language) -> Iterator[str]:
    for sentence in believable(text):
        if any(_tells(mark) for mark in read(sentence, language, places(KNOWN_CITIES), ANY_DAY).marks):
            yield sentence[:FACT_CHARACTERS]


def _tells(mark: Mark) -> bool:
    if mark.kind in {"city", "days"}:
        return True
    return bool(mark.cues & _TELLING) or any(cue.startswith(("cuisine:", "count:")) for cue in mark.cues)
