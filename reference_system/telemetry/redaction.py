"""Hides secrets and personal data in texts and JSON before they are logged, traced or kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from reference_system.telemetry.sensitive import CARD, HINTS, LONG_NUMBER, MARK_OF_FIELD, RULES, SECRET

_TEXT_LIMIT_CHARACTERS: Final = 20_000
_SHORTEST_CHARACTERS: Final = len("a@b.ch")
_CUT: Final = " ... [cut]"
_CARD_DIGITS: Final = range(10**12, 10**19)


class Redactor:
    """Hides what the rules describe, and these very ``secrets``; with ``enabled=False``, nothing.

    What comes out is left alone when it comes in again. Of a text longer than a user may write, the end is dropped.
    """

    def __init__(self, *, enabled: bool = True, secrets: Iterable[str] = ()) -> None:
        self._enabled = enabled
        self._secrets = tuple(secret for secret in secrets if len(secret) >= len("password"))

    def text(self, text: str) -> str:
        """The text, with marks in place of what is hidden."""
        if not self._enabled or len(text) < _SHORTEST_CHARACTERS:
            return text
        return self._replaced(_cut(text))

    def json(self, value: Any) -> Any:
        """A copy as plain JSON, with marks in place of what is hidden in values, field names and nested texts."""
        plain = json.dumps(value, default=str, ensure_ascii=False)
        copy = json.loads(plain)
        if self._enabled and (len(plain) > _TEXT_LIMIT_CHARACTERS or self._suspicious(plain)):
            return self._walked(copy)
        return copy

    def _walked(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self._name(key): self._field(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._walked(item) for item in value]
        if type(value) is int and value in _CARD_DIGITS and self.text(str(value)) == CARD:
            return CARD
        return value

    def _name(self, name: str) -> str:
        return name if name.isidentifier() and name.islower() else self.text(name)

    def _field(self, name: str, value: Any) -> Any:
        mark = None if name.startswith("[") else MARK_OF_FIELD.get(_letters(name))
        if mark is None or value is None or isinstance(value, bool):
            return self._walked(value)
        return mark

    def _replaced(self, text: str) -> str:
        """What one rule has hidden may lay bare the start of something else: until nothing changes."""
        for _ in range(4):
            if not self._suspicious(text):
                return text
            before = text
            for secret in self._secrets:
                text = text.replace(secret, SECRET)
            lower = text.lower()
            number = LONG_NUMBER.search(text) is not None
            for rule in RULES:
                if any(hint in lower for hint in rule.hints) if rule.hints else number:
                    text = rule.pattern.sub(rule.replacement, text)
            if text == before:
                break
        return text

    def _suspicious(self, text: str) -> bool:
        """Whether a closer look is worth it; nearly all messages end here."""
        return (
            any(map(text.lower().__contains__, HINTS))
            or LONG_NUMBER.search(text) is not None
            or any(map(text.__contains__, self._secrets))
        )


@lru_cache(maxsize=1_000)
def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name)).lower()


def _cut(text: str) -> str:
    """At a space, if there is one near, so that no half of a secret escapes the rules."""
    if len(text) <= _TEXT_LIMIT_CHARACTERS:
        return text
    end = _TEXT_LIMIT_CHARACTERS - len(_CUT)
    return text[: max(text.rfind(" ", end - 200, end), end - 200)] + _CUT
