"""Security: what the browser may do with the page: draw it, and run the scripts that stand in it as we wrote them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence


def policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """A Content-Security-Policy under which only these inline blocks act: no network, no form, no other script."""
    rules = {
        "default-src": "'none'",
        "style-src": " ".join(map(_source, styles)) or "'none'",
        "script-src": " ".join(map(_source, scripts)) or "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _source(block: str) -> str:
    digest = hashlib.sha256(block.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
