"""A text as tokens: words, numbers, days in digits, marks. An apostrophe only parts two words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple

Kind = Literal["iso", "digits", "number", "word", "mark", "line"]

_TOKEN = re.compile(
    r"""
      (?P<iso>\d{4}-\d{2}-\d{2}(?!\d))
    | (?P<digits>\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})?(?!\d) | \d{1,2}/\d{1,2}(?:/\d{2,4})?(?!\d))
    | (?P<number>\d{1,3}(?:[.,'\u2019]\d{3})+(?:[.,]\d{2})?(?!\d)
               | \d{1,3}(?:[\x20\u00a0\u202f]\d{3})+(?=\s?(?:€|[Ee][Uu][Rr])) | \d+[.,]\d{1,2}(?!\d) | \d+)
    | (?P<word>[^\W\d_]+)
    | (?P<line>\n)
    | (?P<mark>->|=>|[^\w\s'\u2019])
    """,
    re.VERBOSE,
)


LONGEST_NUMBER, LONGEST_WORD = 12, 60
"""Nobody counts further, and no word is longer."""

_NOTHING = frozenset({"", "'", "\u2019"})


class Token(NamedTuple):
    """One of them."""

    kind: Kind
    text: str
    """As it was written."""
    plain: str
    """Without case and accents."""
    start: int
    end: int
    glued: bool
    """Whether nothing but an apostrophe stands between it and the one before."""

    @property
    def capital(self) -> bool:
        """Whether it is written like a name."""
        return self.kind == "word" and self.text[0].isupper()


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """The word without case and accents: ``März`` and ``marz`` are one."""
    folded = word.casefold()
    if folded.isascii():
        return folded
    return "".join(mark for mark in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(mark))


def tokens(text: str, at_most: int | None = None) -> tuple[Token, ...]:
    """The tokens of a text, or so many of them."""
    found: list[Token] = []
    end = 0
    for match in islice(_TOKEN.finditer(text), at_most):
        kind: Kind = match.lastgroup  # type: ignore[assignment]  # one of the named groups always matches
        written, start = match.group(), match.start()
        if kind == "number" and len(written) > LONGEST_NUMBER:
            kind = "word"
        named = plain(written) if kind == "word" and len(written) <= LONGEST_WORD else written
        found.append(Token(kind, written, named, start, match.end(), text[end:start] in _NOTHING))
        end = match.end()
    return tuple(found)
