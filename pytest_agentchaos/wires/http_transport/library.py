"""httpx and httpx2, one library under two names: what the wire needs of it to read and build messages."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from pytest_agentchaos.evidence.message import Headers, Reply, Request
from pytest_agentchaos.wires.http_transport.body import Record, Watched
from pytest_agentchaos.wires.http_transport.upload import ReadAhead

NAMES = ("httpx", "httpx2")

NEVER_SENT = ("ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "LocalProtocolError")
"""Errors after which the callee surely has not got the request."""

HTTP_1_1: Mapping[str, Any] = {"http_version": b"HTTP/1.1"}
"""What a connection says of itself with each response."""
DECODED_BYTES = 16 << 20
"""What a small body may become, when it is read for the history; a larger one stays compressed there."""
_PIECE_BYTES = 4096


class Library:
    """One of the two, loaded."""

    def __init__(self, module: ModuleType) -> None:
        self.module: Any = module
        self.name = module.__name__
        self.never_sent: tuple[type[Exception], ...] = tuple(getattr(self.module, name) for name in NEVER_SENT)
        self._sync, self._async = module.SyncByteStream, module.AsyncByteStream
        self._made: dict[tuple[type, tuple[type, ...]], Any] = {}

    def error(self, name: str, message: str, request: Any) -> Exception:
        """An exception of the library's own."""
        error: Exception = getattr(self.module, name)(message, request=request)
        return error

    def watched(self, source: Any, record: Record) -> Any:
        """The same byte stream, which tells the record what passes."""
        return self._like(source, Watched)(source, record)

    def read_ahead(self, source: Any, chunks: list[bytes], error: Exception | None) -> Any:
        """The same byte stream, whose first reading has been done already."""
        return self._like(source, ReadAhead)(source, chunks, error)

    def sync_stream(self, source: Any, record: Record) -> Any:
        """What the wire made, as the body of a response to a sync caller."""
        return self._class(Watched, (self._sync,))(source, record)

    def async_stream(self, source: Any, record: Record) -> Any:
        """What the wire made, as the body of a response to an async caller."""
        return self._class(Watched, (self._async,))(source, record)

    def _like(self, source: Any, own: type) -> Any:
        """Clients ask whether a stream is of the library's sync class, of its async class, or both: so is ours."""
        return self._class(own, tuple(base for base in (self._sync, self._async) if isinstance(source, base)))

    def _class(self, own: type, bases: tuple[type, ...]) -> Any:
        made = self._made.get((own, bases))
        if made is None:
            made = self._made[own, bases] = type(own.__name__, (own, *bases), {"__module__": own.__module__})
        return made

    def response(self, status: int, headers: Headers, stream: Any, extensions: Mapping[str, Any] = HTTP_1_1) -> Any:
        """A response whose body is still to be read, as a connection would give it."""
        return self.module.Response(status, headers=list(headers), stream=stream, extensions=dict(extensions))

    def whole(self, status: int, headers: Headers, body: bytes, extensions: Mapping[str, Any] = HTTP_1_1) -> Any:
        """A response whose body is there."""
        return self.response(status, headers, self.module.ByteStream(body), extensions)

    def rebuilt(self, request: Request, like: Any) -> Any:
        """A request to send in place of the caller's, with the caller's options."""
        headers = [pair for pair in request.headers if pair[0].lower() != "content-length"]
        if request.body or request.header("content-length") is not None:
            headers = [pair for pair in headers if pair[0].lower() != "transfer-encoding"]
        return self.module.Request(
            request.method, request.url, headers=headers, content=request.body, extensions=dict(like.extensions)
        )

    def decoded(self, status: int, headers: Headers, raw: bytes) -> Reply:
        """A reply out of raw bytes, its compression undone (and forgotten, if there was one)."""
        reply = Reply(status, headers, raw)
        if not is_compressed(headers):
            return reply
        try:
            body = bytearray()
            for part in self.module.Response(status, headers=list(headers), content=_pieces(raw)).iter_bytes():
                body += part
                if len(body) > DECODED_BYTES:
                    return reply
        except self.module.DecodingError:
            return reply
        # A compression that the library does not know is given to the caller as it is.
        return reply if body == raw else reply.with_body(bytes(body))


def _pieces(raw: bytes) -> Iterator[bytes]:
    """So few at a time that nobody can hide gigabytes in one of them."""
    return (raw[start : start + _PIECE_BYTES] for start in range(0, len(raw), _PIECE_BYTES))


def loaded() -> list[Library]:
    """The libraries that the process has imported so far (one may be known under both names)."""
    modules = [sys.modules[name] for name in NAMES if name in sys.modules]
    return [library(module) for number, module in enumerate(modules) if module not in modules[:number]]


_known: dict[str, Library] = {}


def library(module: ModuleType) -> Library:
    """What the wire needs of a module, made once as long as nobody imports the library anew."""
    known = _known.get(module.__name__)
    if known is None or known.module is not module:
        known = _known[module.__name__] = Library(module)
    return known


def to_request(request: Any) -> Request:
    """Our view of the library's request; a body that has not been read is left alone."""
    return Request(request.method, str(request.url), headers_of(request), getattr(request, "_content", b""))


def headers_of(message: Any) -> Headers:
    """All headers, in order, as text."""
    return text_of(message.headers.raw)


def text_of(raw: list[tuple[bytes, bytes]]) -> Headers:
    """Headers as text."""
    return tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in raw)


def is_compressed(headers: Headers) -> bool:
    """Whether a body has to be decoded before anybody can read it."""
    return any(key.lower() == "content-encoding" and value.lower() != "identity" for key, value in headers)
