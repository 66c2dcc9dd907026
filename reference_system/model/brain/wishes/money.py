"""How much it may cost."""

from __future__ import annotations

from dataclasses import dataclass

from reference_system.model.brain.language.marks import Text

MINOR = 100
MOST_MINOR = 100_000_000
NEAR_CUE = 4
"""So many tokens may stand between "budget" and the amount."""

_EUROS = frozenset({"€", "eur", "euro", "euros"})
_OTHERS = frozenset(
    {
        "$",
        "£",
        "chf",
        "usd",
        "gbp",
        "dollars",
        "dollar",
        "pounds",
        "francs",
        "franken",
        "dolares",
        "dollari",
        "sterline",
    }
)
_MINUS = frozenset({"-", "\N{MINUS SIGN}", "\N{EN DASH}"})
_NO_MONEY = frozenset({"nights", "days", "weeks", "people", "stars", "rooms", "relation"})


@dataclass(frozen=True, slots=True)
class Amount:
    """A budget that was named."""

    minor: int
    each: bool = False
    unclear: str | None = None
    """Why it is no budget of a trip: the words that say so."""


def read_amounts(text: Text) -> tuple[Amount, ...]:
    """Everything that is said of money, in its order."""
    return tuple(amount for at in range(len(text.marks)) if (amount := _amount(text, at)) is not None)


def _amount(text: Text, at: int) -> Amount | None:
    mark = text.marks[at]
    if mark.kind != "number" or text.tokens[mark.start].kind != "number":
        return None
    end, factor = _thousands(text, mark.end)
    before = text.tokens[mark.start - 1].plain if mark.start else ""
    negative = _is_negative(text, mark.start - (before in _EUROS | _OTHERS))
    after = text.tokens[end].plain if end < len(text.tokens) else ""
    foreign = before in _OTHERS or after in _OTHERS
    euros = before in _EUROS or after in _EUROS
    if not (foreign or euros or (_led(text, at) and not _counts(text, end))):
        return None
    if after in _EUROS or after in _OTHERS:
        end += 1
    minor = min(MOST_MINOR, round(float(mark.value) * factor * MINOR))
    cues, behind = text.language.cues_at(text.tokens, end) if end < len(text.tokens) else (frozenset(), end)
    end = behind if "per_night" in cues else end
    said = text.words(mark.start - (before in _EUROS | _OTHERS) - negative, end)
    return Amount(minor, "each" in cues, said if foreign or negative or "per_night" in cues else None)


def _is_negative(text: Text, start: int) -> bool:
    """Whether a minus belongs to it: not the dash of "400-500", nor that of "two nights - 400"."""
    if start < 1:
        return False
    sign = text.tokens[start - 1]
    if sign.plain == "minus":
        return True
    alone = not sign.glued or text.tokens[start - 2].plain in _EUROS | _OTHERS
    return sign.plain in _MINUS and text.tokens[start].glued and alone


def _thousands(text: Text, end: int) -> tuple[int, int]:
    """``2k``."""
    token = text.tokens[end] if end < len(text.tokens) else None
    return (end + 1, 1_000) if token is not None and token.glued and token.plain == "k" else (end, 1)


def _led(text: Text, at: int) -> bool:
    """Whether "budget" or "at most" leads to this number."""
    start = text.marks[at].start
    for before in range(at - 1, max(-1, at - NEAR_CUE), -1):
        mark = text.marks[before]
        if start - mark.end > NEAR_CUE or mark.kind in {"number", "days", "city"}:
            return False
        if mark.kind == "cue" and mark.cues & {"budget", "cap"}:
            return True
    return False


def _counts(text: Text, end: int) -> bool:
    """Whether what follows is counted instead: "at most 3 nights"."""
    if end >= len(text.tokens):
        return False
    cues, _ = text.language.cues_at(text.tokens, end)
    return bool(cues & _NO_MONEY) or text.tokens[end].text == "-"
