"""Heads of messages: what is refused, what ends at a proxy, and what has to be said differently on the other side."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

import h11

from pytest_agentchaos.targets import is_loopback
from pytest_agentchaos.wires.http_transport.elsewhere import AGENT
from pytest_agentchaos.wires.reverse_proxy.upstream import RawHeaders

_OWN: Final = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te",
        b"trailer", b"transfer-encoding", b"upgrade", b"expect", b"host", AGENT.encode(),
    }
)  # fmt: skip
"""Headers that concern one connection and not the message, or that are meant for us."""
_LENGTHS: Final = re.compile(rb"\r\ncontent-length[ \t]*:([^\r\n]*)", re.IGNORECASE)
_FOLDED: Final = re.compile(rb"\r\n[ \t]")
_AUTHORITY: Final = re.compile(rb"[A-Za-z0-9._-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_AGENTS: Final = 200


class RefusedError(Exception):
    """A request that goes no further."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def check(raw: bytes, request: h11.Request, *, local: bool) -> None:
    """Refuse what two readers could read differently, and what is not meant for the one upstream."""
    head = raw[: raw.find(b"\r\n\r\n") + 4]
    lines = head.count(b"\r\n")
    if not lines or head.count(b"\n") != lines or head.count(b"\r") != lines:
        raise RefusedError(400, "a line of the head ends otherwise than by CR LF")
    if _FOLDED.search(head):
        raise RefusedError(400, "a header goes on in the next line, which HTTP has given up")
    lengths = _LENGTHS.findall(head)
    if len(lengths) > 1 or (lengths and b"," in lengths[0]):
        raise RefusedError(400, "more than one content-length")
    names = {name for name, _ in request.headers}
    if b"transfer-encoding" in names and (lengths or request.http_version < b"1.1"):
        raise RefusedError(400, "a transfer-encoding beside a content-length, or in HTTP/1.0")
    _check_target(request, local=local)


def _check_target(request: h11.Request, *, local: bool) -> None:
    if request.method == b"CONNECT" or not request.target.startswith(b"/"):
        raise RefusedError(400, "this leads to one upstream only and is no proxy for others: give a path")
    headers = dict(request.headers)
    host = headers.get(b"host", b"")
    if not _AUTHORITY.fullmatch(host) and (host or request.http_version >= b"1.1"):
        raise RefusedError(400, "the Host header is none")
    if local and host and not is_loopback(_name(host)):
        # It stands before servers that look at Host to keep web pages of others out, and replaces what they see.
        raise RefusedError(421, "the Host header names another machine, and this listens on loopback only")
    if b"websocket" in headers.get(b"upgrade", b"").lower():
        raise RefusedError(501, "WebSocket: this proxy carries HTTP requests and their answers only")


def _name(authority: bytes) -> str:
    host = authority.decode("ascii")
    return host.partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def passed_on(headers: RawHeaders) -> RawHeaders:
    """What of the headers goes on to the other side. A length beside chunks was never true."""
    low = [name.lower() for name, _ in headers]
    ended = _OWN | {b"content-length"} if b"transfer-encoding" in low else _OWN
    if b"connection" in low:
        listed = b",".join(value for name, (_, value) in zip(low, headers, strict=True) if name == b"connection")
        ended |= {name.strip().lower() for name in listed.split(b",")} - {b"content-length"}
    return [pair for name, pair in zip(low, headers, strict=True) if name not in ended]


def agent_of(headers: RawHeaders) -> tuple[str, ...]:
    """Which agent is calling, where a client says so."""
    told = next((value for name, value in headers if name.lower() == AGENT.encode()), b"")
    return tuple(unquote(part.decode("latin-1")) for part in told[:_AGENTS].split(b"/") if part)


def relocated(headers: RawHeaders, upstream: bytes, here: bytes) -> RawHeaders:
    """An answer that leads to the upstream itself leads through the proxy instead."""
    return [
        (name, here + value[len(upstream) :])
        if name.lower() in {b"location", b"content-location"} and _is_at(value, upstream)
        else (name, value)
        for name, value in headers
    ]


def _is_at(value: bytes, origin: bytes) -> bool:
    return value.startswith(origin) and value[len(origin) : len(origin) + 1] in {b"", b"/", b"?", b"#"}
