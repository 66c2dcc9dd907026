"""A loopback port for something that answers requests: bodies have a limit, and nothing is left when it is closed."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.loopback import LoopbackServer

Handle = Callable[[Request], Reply]
Complain = Callable[[str, str], None]
"""Is told the place and the reason of whatever was lost."""

_CHUNK = 256 * 1024
_LINE_BYTES = 1024
_LONGEST_LENGTH = 18  # digits; nobody sends so many bytes
_CHUNK_LENGTH = re.compile(rb"[0-9a-fA-F]{1,16}(?![^;\s])")  # an extension may follow, which means nothing here


class _BodyError(Exception):
    """A body that is not read; a status says why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Listener(LoopbackServer):
    """Serves from the moment it is made until it is ended."""

    def __init__(self, handle: Handle, complain: Complain, *, port: int, limit_bytes: int) -> None:
        super().__init__(_Handler, "agentchaos-receiver", port)
        self.handle_call = handle
        self.complain = complain
        self.limit_bytes = limit_bytes
        self.begin()

    def failed(self, error: Exception) -> None:
        """What the client sent is lost."""
        self.complain("a connection", f"{type(error).__name__}: {error}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # status, headers and body leave in one piece
    server: Listener

    def answer(self) -> None:
        """Hand the request on and send what it is answered."""
        try:
            body = self._chunked() if self.headers.get("transfer-encoding") else self._counted()
        except _BodyError as error:
            self.server.complain(f"{self.command} {self.path}", str(error))
            self.close_connection = True
            self._send(Reply(error.status, (("content-type", "text/plain; charset=utf-8"),), str(error).encode()))
            return
        url = f"http://{self.headers.get('host', '127.0.0.1')}{self.path}"
        self._send(self.server.handle_call(Request(self.command, url, tuple(self.headers.items()), body)))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server looks for these names

    def _counted(self) -> bytes:
        told = self.headers.get("content-length", "0")
        if not (told.isascii() and told.isdecimal()):
            raise _BodyError(400, f"a content-length of {told!r}")
        if len(told) > _LONGEST_LENGTH or int(told) > self.server.limit_bytes:
            self._pass(int(told[:_LONGEST_LENGTH]))
            raise self._too_large()
        return self._exactly(int(told))

    def _chunked(self) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while length := self._chunk_length():
            size += length
            if size > self.server.limit_bytes:
                pieces.clear()
                self._pass(length)
                if size > 2 * self.server.limit_bytes:
                    raise self._too_large()
            else:
                pieces.append(self._exactly(length))
            self._line()
        while self._line():  # trailers
            pass
        if size > self.server.limit_bytes:
            raise self._too_large()
        return b"".join(pieces)

    def _chunk_length(self) -> int:
        line = self._line()
        if found := _CHUNK_LENGTH.match(line):
            return int(found[0], 16)
        raise _BodyError(400, f"{line!r} where the length of a chunk is due")

    def _line(self) -> bytes:
        line = self.rfile.readline(_LINE_BYTES)
        if not line.endswith(b"\n"):
            raise _BodyError(400, "the connection ended inside the body, or a line in it is too long")
        return line.strip()

    def _exactly(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) < length:
            raise _BodyError(400, f"the connection ended after {len(body)} of {length} bytes")
        return body

    def _pass(self, length: int) -> None:
        """Take what is too large, unless it is far too large: a client that still sends would not see the answer."""
        left = min(length, 2 * self.server.limit_bytes)
        while left > 0 and (data := self.rfile.read1(min(left, _CHUNK))):
            left -= len(data)

    def _too_large(self) -> _BodyError:
        return _BodyError(413, f"a body of more than {self.server.limit_bytes} bytes")

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("connection", "close")  # or the client would send its next batch into it
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: standard error belongs to the tests."""
