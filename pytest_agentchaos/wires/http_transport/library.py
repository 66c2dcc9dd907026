"""httpx and httpx2 are one library under two names: what of it the wire needs, and how to read and build its messages."""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType
from typing import Any

from pytest_agentchaos.evidence.message import Headers, Reply, Request
from pytest_agentchaos.wires.http_transport.body import AsyncBody, SyncBody

NAMES = ("httpx", "httpx2")

NEVER_SENT = ("ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "LocalProtocolError")
"""Errors after which the callee surely has not got the request."""


class Library:
    """One of the two, loaded."""

    def __init__(self, module: ModuleType) -> None:
        self.module: Any = module
        self.name = module.__name__
        self.sync_body: Any = type("SyncBody", (SyncBody, self.module.SyncByteStream), {})
        self.async_body: Any = type("AsyncBody", (AsyncBody, self.module.AsyncByteStream), {})
        self.never_sent: tuple[type[Exception], ...] = tuple(getattr(self.module, name) for name in NEVER_SENT)

    def error(self, name: str, message: str, request: Any) -> Exception:
        """An exception of the library's own."""
        error: Exception = getattr(self.module, name)(message, request=request)
        return error

    def response(self, status: int, headers: Headers, stream: Any) -> Any:
        """A response whose body is still to be read, as a connection would give it."""
        return self.module.Response(status, headers=list(headers), stream=stream, extensions={"http_version": b"HTTP/1.1"})

    def whole(self, status: int, headers: Headers, body: bytes) -> Any:
        """A response whose body is there."""
        return self.response(status, headers, self.module.ByteStream(body))

    def rebuilt(self, request: Request, like: Any) -> Any:
        """A request to send (again), with the options of the caller's."""
        headers = [pair for pair in request.headers if pair[0].lower() != "content-length"]
        if request.body or request.header("content-length") is not None:
            headers = [pair for pair in headers if pair[0].lower() != "transfer-encoding"]
        return self.module.Request(
            request.method, request.url, headers=headers, content=request.body, extensions=dict(like.extensions)
        )


def loaded() -> list[Library]:
    """The libraries that the process has imported so far."""
    return [library(name) for name in NAMES if name in sys.modules]


@cache
def library(name: str) -> Library:
    """One library by name; it has to be imported already."""
    return Library(sys.modules[name])


def to_request(request: Any) -> Request:
    """Our view of the library's request; a body that has not been read is left alone."""
    return Request(
        request.method, str(request.url), headers_of(request), getattr(request, "_content", b"")
    )


def to_reply(response: Any) -> Reply:
    """Our view of a response whose body has been read, decoded."""
    return Reply(response.status_code, headers_of(response), getattr(response, "_content", b""))


def headers_of(message: Any) -> Headers:
    """All headers, in order, as text."""
    return tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in message.headers.raw)


def decoded(lib: Library, status: int, headers: Headers, raw: bytes) -> Reply:
    """A reply out of raw bytes, its compression undone (and forgotten, if there was one)."""
    if not any(key.lower() == "content-encoding" for key, _ in headers):
        return Reply(status, headers, raw)
    try:
        body = lib.module.Response(status, headers=list(headers), content=raw).content
    except lib.module.DecodingError:
        return Reply(status, headers, raw)
    return Reply(status, headers).with_body(body)
