"""The server: connections, their limits, and a line for each request."""

from __future__ import annotations

import io
import ipaddress
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, BinaryIO, Final, cast

from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.loopback import LoopbackServer
from pytest_agentchaos.serving.answer import Answer, text
from pytest_agentchaos.serving.reading import LIMIT_BYTES, Asked, RefusedError, read
from pytest_agentchaos.serving.site import Site

_LINE: Final = 500
_REST_BYTES: Final = 4 * LIMIT_BYTES
_END_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take from the others."""

    patience_s: float = 10.0
    """From the end of one answer to the end of the next request: who sends a byte a second is not waited for."""
    sending_s: float = 30.0
    rest_s: float = 1.0
    """So long a client that was refused may go on sending what nobody reads."""
    connections: int = 64
    body_bytes: int = LIMIT_BYTES


LIMITS: Final = Limits()


class Server(LoopbackServer):
    """Answers as a site does, on a port of this machine or, with a token, of any address."""

    def __init__(
        self,
        site: Site,
        log: Callable[[str], object],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits = LIMITS,
    ) -> None:
        self.site = site
        self.log = log
        self.limits = limits
        self._host = host
        if _is_ipv6(host):
            self.address_family = socket.AF_INET6
        super().__init__(_Connection, "agentchaos-serve", port)

    def server_bind(self) -> None:
        """At the host that was asked for."""
        self.server_address = (self._host.strip("[]"), int(self.server_address[1]))
        super().server_bind()

    @property
    def url(self) -> str:
        """Where it is."""
        host = self._host.strip("[]")
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection, unless there are too many."""
        if len(self._open) < self.limits.connections:
            super().process_request(request, client_address)
            return
        self.log("- 503 too many connections")
        answer = text(503, "too many connections; ask again", headers={"Retry-After": "1"})
        with suppress(OSError):
            request.settimeout(0.0)  # one small packet fits, or nobody waits for it
            request.sendall(answer.head(keeps=False) + answer.body)
        self.shutdown_request(request)

    def end(self) -> None:
        """Listen no more, and end all connections. A decision that is being made is not waited for."""
        self.shutdown()
        self._thread.join()
        still = list(self._open.items())
        for _, connection in still:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        until_s = wall_s() + _END_S
        for thread, _ in still:
            thread.join(max(0.0, until_s - wall_s()))
        self.server_close()

    def failed(self, error: Exception) -> None:
        """Something of ours went wrong while a connection was served."""
        self.log(f"- 500 {type(error).__name__}: {printable(str(error), _LINE)}")


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).version == 6  # noqa: PLR2004 - its name
    except ValueError:
        return False


class _Timed(io.RawIOBase):
    """What a client sends, until its time is over."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.until_s = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left_s = self.until_s - wall_s()
        if left_s <= 0:
            raise TimeoutError
        self._connection.settimeout(left_s)
        return self._connection.recv_into(buffer)


class _Connection(BaseHTTPRequestHandler):
    """One client, request by request. Of the base class only the connection is used."""

    server: Server

    def handle(self) -> None:
        raw = _Timed(self.connection)
        file = cast("BinaryIO", io.BufferedReader(raw))
        with file:
            while self._once(raw, file):
                pass

    def _once(self, raw: _Timed, file: BinaryIO) -> bool:
        """One request; whether the client may send another."""
        raw.until_s = wall_s() + self.server.limits.patience_s
        try:
            asked = read(file, self.server.limits.body_bytes)
        except RefusedError as error:
            self.server.log(printable(f"- {error.status} {error}", _LINE))
            self._send(text(error.status, str(error)), keeps=False)
            self._take_the_rest(raw)
            return False
        except TimeoutError:
            return False  # idle, or too slow; either way nothing is lost
        if asked is None:
            return False
        begun_s = wall_s()
        answer = self._answer(asked)
        words = (asked.method, asked.path, str(answer.status), answer.note, f"{1000 * (wall_s() - begun_s):.0f} ms")
        self.server.log(printable(" ".join(filter(None, words)), _LINE))  # a query may hold what no log should
        return self._send(answer, keeps=asked.keeps, has_body=asked.method != "HEAD") and asked.keeps

    def _answer(self, asked: Asked) -> Answer:
        try:
            return self.server.site.answer(asked)
        except Exception as error:  # noqa: BLE001 - the client is told, and whoever reads the log is told why
            self.server.failed(error)
            return text(500, "the server failed; its log says why")

    def _send(self, answer: Answer, *, keeps: bool, has_body: bool = True) -> bool:
        self.connection.settimeout(self.server.limits.sending_s)
        try:
            self.connection.sendall(answer.head(keeps=keeps) + (answer.body if has_body else b""))
        except OSError:
            return False  # the client is gone, or takes nothing
        return True

    def _take_the_rest(self, raw: _Timed) -> None:
        """A client that still sends would see its connection break and not the answer; so it may, for a moment."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            raw.until_s = wall_s() + self.server.limits.rest_s
            left, buffer = _REST_BYTES, bytearray(65_536)
            while left > 0 and (count := raw.readinto(buffer)):
                left -= count


def ended() -> threading.Event:
    """Is set by the signals that end a server."""
    import signal

    over = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: over.set())
    return over
