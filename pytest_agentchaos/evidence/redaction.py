"""Secrets never leave the process: what a saved history shows in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[hidden]"

_SECRET_KEY = re.compile(
    r"(^|[-_.])(authorization|api[-_]?key|apikey|password|passwd|secret|client[-_]?secret|access[-_]?token"
    r"|refresh[-_]?token|auth[-_]?token|bearer|cookie|private[-_]?key)$",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"\b(?:sk-(?:proj-|ant-)?[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|AKIA[0-9A-Z]{16}|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})"
    r"|(?<=bearer )[A-Za-z0-9._~+/=-]{12,}",
    re.IGNORECASE,
)


def redact(value: Any) -> Any:
    """The same JSON value with passwords, keys and tokens hidden."""
    if isinstance(value, str):
        return _SECRET_TEXT.sub(HIDDEN, value)
    if isinstance(value, Mapping):
        return {str(key): HIDDEN if _SECRET_KEY.search(str(key)) and item else redact(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(item) for item in value]
    return value
