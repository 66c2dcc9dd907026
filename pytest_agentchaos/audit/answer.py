"""Answer: what a server said to a call, as a value that can be compared."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.messages.strict_json import NOT_JSON, read
from pytest_agentchaos.evidence.printable import printable

_TOLD: Final = 200
_ERROR: Final = re.compile(r"(?:\w+ )?error: ", re.IGNORECASE)
"""Some servers say so in their words only."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    value: Any
    """What it holds: structured content, else its texts, read as JSON where they are that."""
    error: str | None = None
    """Why it says that it did not work; None if it did."""
    took_s: float = 0.0
    lost: bool = False
    """Whether there was none."""

    def but(self, ours: Mapping[str, str]) -> str:
        """The error without what only this one experiment has."""
        text = self.error or "no error"
        for own, placeholder in ours.items():
            text = text.replace(own, placeholder)
        return printable(text, _TOLD)

    @property
    def told(self) -> str:
        """The error, fit to be shown."""
        return printable(self.error or "no error", _TOLD)

    @classmethod
    def read(cls, message: Mapping[str, Any], took_s: float = 0.0) -> Answer:
        """The answer in a message of JSON-RPC, whatever it looks like."""
        result = message.get("result")
        if not isinstance(result, Mapping):
            error = message.get("error")
            said = error.get("message") if isinstance(error, Mapping) else None
            return cls(None, str(said or "an answer without a result"), took_s, lost="_lost" in message)
        if result.get("resultType", "complete") != "complete":
            return cls(None, f"it wants more than its arguments ({result['resultType']})", took_s)
        value = _value(result)
        text = _first_text(value)
        return cls(value, text if result.get("isError") is True or _ERROR.match(text) else None, took_s)


def as_value(text: str) -> Any:
    """JSON, or lines."""
    stripped = text.strip()
    value = read(stripped) if stripped[:1] in {"{", "["} else NOT_JSON
    return text.splitlines() if value is NOT_JSON else value


def _value(result: Mapping[str, Any]) -> Any:
    if (structured := result.get("structuredContent")) is not None:
        return structured
    items = result.get("content", result.get("contents", []))
    values = [_item(item) for item in items] if isinstance(items, list) else [items]
    return values[0] if len(values) == 1 else values


def _item(item: Any) -> Any:
    if isinstance(item, Mapping) and isinstance(text := item.get("text"), str):
        return as_value(text)
    return hashlib.sha256(encode(dump(item))).hexdigest()


def _first_text(value: Any) -> str:
    while isinstance(value, (list, Mapping)) and value:
        value = next(iter(value.values() if isinstance(value, Mapping) else value))
    return str(value) if value else "an error without words"
