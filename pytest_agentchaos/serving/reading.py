"""Reading: one HTTP/1.1 request from a stream, or why it is refused.

It is strict where servers and proxies are known to read the same bytes differently: whatever is not plainly one request
is none, and ends the connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

METHODS: Final = ("GET", "HEAD", "POST")
LIMIT_BYTES: Final = 65_536
"""Of a body."""

_LINE_BYTES: Final = 8_192
_HEADERS: Final = 64
_REQUEST: Final = re.compile(rb"([A-Z]{1,16}) (/[!-~]*) HTTP/1\.([01])\r\n")
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*)\r\n")
_ONCE: Final = frozenset({"host", "content-length", "authorization", "transfer-encoding", "connection", "expect"})


class RefusedError(Exception):
    """A request that is not answered as it wants; the connection ends after it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    """As it was sent: nothing in it is decoded."""
    query: str = ""
    headers: Mapping[str, str] = ()  # type: ignore[assignment]  # an empty one does not change
    """By their names in small letters."""
    body: bytes = b""
    keeps: bool = True
    """The connection stays open for another request."""

    def header(self, name: str) -> str:
        """Its value; empty if there is none."""
        return dict(self.headers).get(name, "")


def read(file: BinaryIO, limit_bytes: int = LIMIT_BYTES) -> Asked | None:
    """The next request; None if the client has hung up."""
    first = file.readline(_LINE_BYTES + 1)
    if not first:
        return None
    method, target, minor = _request(first)
    headers = _headers(file)
    if minor == "1" and "host" not in headers:
        raise RefusedError(400, "an HTTP/1.1 request has a Host header, and this one has none")
    if method not in METHODS:
        raise RefusedError(405, f"{method}: only {', '.join(METHODS)} are answered")
    body = _body(file, headers, limit_bytes)
    path, _, query = target.partition("?")
    wishes = headers.get("connection", "").lower()
    return Asked(method, path, query, headers, body, keeps=minor == "1" and "close" not in wishes)


def _request(line: bytes) -> tuple[str, str, str]:
    if len(line) > _LINE_BYTES:
        raise RefusedError(414, f"a request line of more than {_LINE_BYTES} bytes")
    found = _REQUEST.fullmatch(line)
    if found is None:
        raise RefusedError(400, "the first line is no request of HTTP/1.1")  # it may hold a token: it is not repeated
    return found[1].decode(), found[2].decode(), found[3].decode()


def _headers(file: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_HEADERS + 1):
        line = file.readline(_LINE_BYTES + 1)
        if line == b"\r\n":
            return headers
        if len(line) > _LINE_BYTES:
            raise RefusedError(431, f"a header of more than {_LINE_BYTES} bytes")
        found = _HEADER.fullmatch(line)
        if found is None:
            raise RefusedError(400, "a line among the headers is none")  # the same
        name = found[1].decode().lower()
        if name in headers and name in _ONCE:
            raise RefusedError(400, f"two {name} headers")
        headers[name] = found[2].decode("latin-1").strip()
    raise RefusedError(431, f"more than {_HEADERS} headers")


def _body(file: BinaryIO, headers: Mapping[str, str], limit_bytes: int) -> bytes:
    told = headers.get("content-length")
    if "transfer-encoding" in headers:
        status = 400 if told is not None else 411
        raise RefusedError(status, "a body in chunks is not read; send it with its Content-Length")
    if told is None:
        return b""
    if re.fullmatch(r"[0-9]{1,18}", told) is None:
        raise RefusedError(400, "a Content-Length that is no number")
    length = int(told)
    if length > limit_bytes:
        raise RefusedError(413, f"a body of more than {limit_bytes} bytes")
    if headers.get("expect"):
        raise RefusedError(417, "send the body without Expect")
    body = file.read(length)
    if len(body) < length:
        raise RefusedError(400, f"the connection ended after {len(body)} of {length} bytes")
    return body
