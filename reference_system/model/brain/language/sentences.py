"""The sentences of a text, and which of them are orders to the machine instead of wishes of a traveller."""

from __future__ import annotations

import re

from reference_system.model.brain.language.speech import LANGUAGES
from reference_system.model.brain.language.tokens import plain

_STOP = re.compile(r"[.!?]+(?=\s|$)|\n+|[!?]+")
_NO_STOP = re.compile(r"(?:^|[\s(])(?:max|min|ca|no|nr|approx|mr|mrs|ms|dr|st|bzw|inkl|env|p)\Z", re.IGNORECASE)
_NUMBER = re.compile(r"(?:^|[^\d.,])\d{1,2}\Z")
_WORD = re.compile(r"\s*([^\W\d_]+|\d*)")
_LOOK_BACK = 12
CHARACTERS_AT_MOST = 4_000
"""Of one sentence."""
_MONTHS = frozenset(name for language in LANGUAGES.values() for name in language.month_of)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences, without the blanks around them; ``5. März``, ``5.-8.`` and ``max. 800`` go on."""
    found, start = [], 0
    for match in _STOP.finditer(text):
        if match.group() == "." and _goes_on(text, match.start(), match.end()):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return tuple(sentence for sentence in found if sentence)


def _goes_on(text: str, dot: int, end: int) -> bool:
    before = max(0, dot - _LOOK_BACK)
    if _NO_STOP.search(text, before, dot):
        return True
    follows = _WORD.match(text, end)
    word = follows.group(1) if follows else ""
    if not word:
        return False
    return plain(word) in _MONTHS or (bool(_NUMBER.search(text, before, dot)) and word[0].islower())


_ORDERS = re.compile(
    r"""
      \b(?:ignore|disregard|forget|override|bypass)\b.{0,60}
        \b(?:instruction|prompt|rule|guideline|polic|all\s+(?:the\s+)?(?:previous|above)|everything\s+(?:above|before))
    | \b(?:ignorier\w*|vergiss|vergesst|missachte\w*)\b.{0,60}
        \b(?:anweisung|regel|vorgabe|instruktion|alles\s+(?:bisherige|vorherige|davor))
    | \b(?:ignore[zsr]?|oublie[zsr]?)\b.{0,60}\b(?:instruction|consigne|regle|tout\s+ce\s+qui\s+precede)
    | \b(?:ignora|ignore|olvida|olvide)\b.{0,60}\b(?:instruccion|regla|todo\s+lo\s+anterior)
    | \b(?:ignora|ignorate|dimentica)\b.{0,60}\b(?:istruzion|regol|tutto\s+quanto\s+precede)
    | \b(?:system\s*prompt|developer\s+mode|jailbreak|you\s+are\s+now)
    | \bact\s+as\s+(?:an?\s+)?(?:admin|root|system|developer)
    | \b(?:reveal|print|show|repeat|output|tell\s+me)\b.{0,40}
        \b(?:your|the|hidden|system)\s+(?:instructions|prompt|rules|api\s*key|secrets?)
    | \b(?:zeige?|verrate?|nenne?)\b.{0,40}\b(?:anweisungen|systemprompt|api-?schlussel)
    | ^\W*(?:system|assistant|developer)\s*:
    | <\s*/?\s*(?:system|instructions?)\s*>
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_order(sentence: str) -> bool:
    """Whether a sentence talks to the machine about its instructions. What it asks for besides is not done either."""
    return _ORDERS.search(_flat(sentence[:CHARACTERS_AT_MOST])) is not None


def _flat(sentence: str) -> str:
    return sentence if sentence.isascii() else plain(sentence)


def believable(text: str) -> tuple[str, ...]:
    """The sentences that a traveller means."""
    return tuple(sentence for sentence in sentences(text) if not is_order(sentence))
