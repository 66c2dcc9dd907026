"""A loopback port for something that answers requests: bodies have a limit, and nothing is left when it is closed."""

from __future__ import annotations

import re
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pytest_agentchaos.evidence.message import Reply, Request

Handle = Callable[[Request], Reply]
Complain = Callable[[str, str], None]
"""Is told the place and the reason of whatever was lost."""

_POLL_S = 0.01
_CHUNK = 256 * 1024
_LINE_BYTES = 1024
_LONGEST_LENGTH = 18  # digits; nobody sends so many bytes
_CHUNK_LENGTH = re.compile(rb"[0-9a-fA-F]{1,16}(?![^;\s])")  # an extension may follow, which means nothing here


class Listener:
    """Serves from the moment it is made until it is closed."""

    def __init__(self, handle: Handle, complain: Complain, *, port: int, limit_bytes: int) -> None:
        self._server = _Server(handle, complain, port, limit_bytes)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="agentchaos-receiver", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it was given, or that was free."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """End all connections and wait for their threads."""
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


class _BodyError(Exception):
    """A body that is not read; a status says why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class _Server(ThreadingHTTPServer):
    """Knows its open connections: a client that keeps one alive must not keep the server alive."""

    request_queue_size = 128

    def __init__(self, handle: Handle, complain: Complain, port: int, limit_bytes: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.handle_call = handle
        self.complain = complain
        self.limit_bytes = limit_bytes
        self._open: dict[threading.Thread, socket.socket] = {}

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""

        def run() -> None:
            try:
                self.process_request_thread(request, client_address)
            finally:
                self._open.pop(threading.current_thread(), None)

        thread = threading.Thread(target=run, name="agentchaos-receiver-connection", daemon=True)
        self._open[thread] = request
        thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class calls it so
        """A client that hangs up between requests has lost nothing; anything else may be."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.complain("a connection", f"{type(error).__name__}: {error}")

    def hang_up(self) -> None:
        """End all connections."""
        for thread, connection in list(self._open.items()):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # status, headers and body leave in one piece
    server: _Server

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
