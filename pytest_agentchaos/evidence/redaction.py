"""Secrets never leave the process: what a saved history shows in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_agentchaos.evidence.canonical import snapshot

HIDDEN = "[hidden]"

_NAME = (
    r"(?:authorization|api[-_]?key|password|passwd|passphrase|pwd|secret|bearer|cookie|credentials?|private[-_]?key"
    r"|(?:access|auth|id|refresh|session)[-_]?token)"
)
_SECRET_KEY = re.compile(rf"{_NAME}$", re.IGNORECASE)

_TOKEN_HINTS = ("sk-", "k_live_", "k_test_", "gh", "xox", "hf_", "akia", "aiza", "eyj", "bearer", "://", "private key")
TOKEN = re.compile(
    r"\b(?:sk-[\w-]{16,}|[prs]k_(?:live|test)_\w{10,}|gh[pousr]_[a-z0-9]{20,}|github_pat_\w{20,}|xox[a-z]-[\w-]{10,}"
    r"|hf_[a-z0-9]{20,}|akia[0-9a-z]{16,}|aiza[\w-]{30,}|eyj[\w-]{10,}\.eyj[\w-]{10,}\.[\w-]{10,})"
    r"|(?P<before>\bbearer\s+)[\w.~+/=-]{12,}"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
    r"|-----begin [a-z ]*private key-----.*?(?:-----end [a-z ]*private key-----|\Z)",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)
"""Texts that are secrets wherever they stand: keys and tokens of well-known forms, and passwords in URLs."""

_PAIR_HINTS = ("auth", "key", "pass", "pwd", "secret", "bearer", "cookie", "credential", "token")
_VALUE = (
    r"(?:(?P<open>(?P<quote>\\*[\"'])).*?(?P<close>(?<!\\)(?P=quote)|\Z)"
    r"|(?!(?:null|none|true|false)\b)(?:(?:basic|bearer|digest|token)\s+)?[^\s&;,\"'\\{}()\[\]]+)"
)
_PAIR = re.compile(rf"(?P<name>{_NAME}\\*[\"']?\s*[:=]\s*){_VALUE}", re.IGNORECASE | re.DOTALL)
"""A name and its secret inside a text: JSON in a string, a query, a header, a repr. Better too much than too little."""
_OPTION = re.compile(rf"(?P<name>(?<![\w-])--?[\w-]*{_NAME}\s+(?!-)){_VALUE}", re.IGNORECASE | re.DOTALL)
"""The same in a command."""

_LEVELS = 100


def redact(value: Any, levels: int = _LEVELS) -> Any:
    """The same JSON value with passwords, keys and tokens hidden; below so many levels everything is."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return _redact_text(value)
    if levels == 0:
        return HIDDEN
    if isinstance(value, Mapping):
        return {_redact_text(str(key)): _redact_item(str(key), item, levels - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(item, levels - 1) for item in value]
    return redact(snapshot(value), levels - 1)


def _redact_item(key: str, item: Any, levels: int) -> Any:
    """What is empty, or only says yes or no, is no secret whatever its name."""
    return HIDDEN if item and item is not True and _SECRET_KEY.search(key) else redact(item, levels)


def _redact_text(text: str) -> str:
    """Until nothing more is found: what one pattern has hidden can bring the parts of another together."""
    while (hidden := _hide(text)) != text:
        text = hidden
    return text


def _hide(text: str) -> str:
    low = text.lower()  # looking for parts of it first is many times cheaper than the patterns
    if _has_one(low, _TOKEN_HINTS):
        text = TOKEN.sub(lambda match: (match["before"] or "") + HIDDEN, text)
    if _has_one(low, _PAIR_HINTS):
        text = _PAIR.sub(_hidden, text)
        if "-" in low:
            text = _OPTION.sub(_hidden, text)
    return text


def _hidden(found: re.Match[str]) -> str:
    return f"{found['name']}{found['open'] or ''}{HIDDEN}{found['close'] or ''}"


def _has_one(text: str, hints: tuple[str, ...]) -> bool:
    for hint in hints:  # noqa: SIM110 - any() takes three times as long, and this sees every text of a history
        if hint in text:
            return True
    return False
