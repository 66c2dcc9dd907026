"""Addresses whose calls another wire sees, in live mode: what this one wrote down as well would be there twice."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from pytest_agentchaos import agents

SEEN: Final[set[tuple[str, int]]] = set()
"""Host and port of each proxy of this process that has joined the trial under way."""

AGENT: Final = "agentchaos-agent"
"""The header that tells a proxy which agent is calling; it goes no further."""


def is_seen_elsewhere(request: Any) -> bool:
    """Whether a request of httpx or httpx2 goes to a proxy of ours, which is then told who is calling."""
    url = request.url
    if (url.host, url.port) not in SEEN:
        return False
    if (path := agents.current()) and AGENT not in request.headers:
        request.headers[AGENT] = "/".join(quote(name, safe=" ") for name in path)
    return True
