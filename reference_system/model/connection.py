"""The HTTP connection under the clients."""

from __future__ import annotations

import ssl
from functools import cache

import httpx2

CONNECT_S = 5.0
_LIMITS = httpx2.Limits(max_connections=200, max_keepalive_connections=50)


def http_client(read_timeout_s: float) -> httpx2.AsyncClient:
    """A new one. Its timeout is for each read; how long a whole exchange may take, its user decides."""
    timeout = httpx2.Timeout(read_timeout_s, connect=min(CONNECT_S, read_timeout_s))
    return httpx2.AsyncClient(verify=_tls(), timeout=timeout, limits=_LIMITS)


@cache
def _tls() -> ssl.SSLContext:
    """The library's own, but made once a process: reading all certificates takes longer than a whole trip."""
    return httpx2.create_ssl_context()
