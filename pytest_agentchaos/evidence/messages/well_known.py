"""Well-known forms of secrets: keys of providers, tokens, private keys, passwords in addresses.

They are those that a saved history hides. Here a text must also look as if a machine had made it, since a verdict
says more than a text that is hidden once too often.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_agentchaos.evidence.messages.texts import Text, Texts
from pytest_agentchaos.evidence.redaction import TOKEN  # the very forms that are hidden

_BEGINNINGS = (
    "sk-", "k_live_", "k_test_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "xox", "hf_", "akia", "aiza",
    ".eyj", "bearer", "-----begin",
)  # fmt: skip
_ADDRESS = "://"
_MACHINE_MADE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])", re.DOTALL)


def well_known(texts: Texts) -> Iterator[tuple[Text, str]]:
    """The texts in which such a secret stands, and what it is; the secret itself is not told."""
    low = (
        texts.joined.lower()
    )  # looking for beginnings is many times cheaper than the pattern, and mostly there are none
    beginnings = [beginning for beginning in _BEGINNINGS if beginning in low]
    with_addresses = _ADDRESS in low and "@" in low
    if not beginnings and not with_addresses:
        return
    for piece in texts.pieces:
        text = piece.text
        if (with_addresses and _ADDRESS in text and "@" in text) or _has_one(text.lower(), beginnings):
            for found in TOKEN.finditer(text):
                if (what := _what(found[0])) is not None:
                    yield piece, what


def _has_one(text: str, beginnings: list[str]) -> bool:
    return any(beginning in text for beginning in beginnings)


def _what(secret: str) -> str | None:
    """What kind of secret it is; None if it is none, such as the word after "bearer" in a sentence."""
    if secret.startswith("-----"):
        return "a private key"
    if ":" in secret:
        return "a password in an address"
    if _MACHINE_MADE.match(secret) is None:
        return None
    return "a bearer token" if secret.lower().startswith("bearer") else f"a key or token ({secret[:3]}...)"
