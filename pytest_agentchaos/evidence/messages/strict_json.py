"""JSON as its standard has it: Python also reads ``NaN`` and ``Infinity``, which nobody else does."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class _NotJSON:
    def __repr__(self) -> str:
        return "NOT_JSON"


NOT_JSON = _NotJSON()
"""What is read from a text that is no JSON; ``null`` is JSON."""


def read(text: str) -> Any:
    """The value of a text; NOT_JSON if it has none."""
    try:
        return _decoder.decode(text)
    except (ValueError, RecursionError):
        return NOT_JSON


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


_decoder = json.JSONDecoder(parse_constant=_refuse)
