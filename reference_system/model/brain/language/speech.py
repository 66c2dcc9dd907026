"""The languages that the model speaks, and which one a text is in."""

from __future__ import annotations

from reference_system.model.brain.language.english import ENGLISH
from reference_system.model.brain.language.french import FRENCH
from reference_system.model.brain.language.german import GERMAN
from reference_system.model.brain.language.italian import ITALIAN
from reference_system.model.brain.language.lexicon import Language
from reference_system.model.brain.language.spanish import SPANISH
from reference_system.model.brain.language.tokens import tokens

LANGUAGES: dict[str, Language] = {language.code: language for language in (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN)}

_TELLTALES = {code: frozenset(language.telltales.split()) for code, language in LANGUAGES.items()}
_LETTERS = {"de": "äöüß", "es": "ñ¿¡", "fr": "çœêèàùî", "it": "òì"}
TOKENS_READ = 400
CHARACTERS_READ = 4_000


def speak(code: str) -> Language:
    """The language with this code; English if it is not spoken here."""
    return LANGUAGES.get(code, ENGLISH)


def detect(text: str, default: str = "en") -> str:
    """The language of a text: whose small words it uses most; the default when that is not clear."""
    words = [token.plain for token in tokens(text, TOKENS_READ) if token.kind == "word"]
    scores = {code: sum(word in telltales for word in words) for code, telltales in _TELLTALES.items()}
    lowered = text[:CHARACTERS_READ].casefold()
    for code, letters in _LETTERS.items():
        if code in scores and any(letter in lowered for letter in letters):
            scores[code] += 1
    best = max(scores.values())
    winners = [code for code, score in scores.items() if score == best]
    if best == 0 or (len(winners) > 1 and default in winners):
        return default
    return winners[0]
