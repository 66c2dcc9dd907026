"""Token usage, as a model reported it."""

from __future__ import annotations

from typing import NamedTuple


class Usage(NamedTuple):
    """Tokens of one model reply."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
