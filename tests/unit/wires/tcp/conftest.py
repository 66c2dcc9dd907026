"""A server for links, and services to link to."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import pytest

from pytest_agentchaos.loopback import LoopbackServer
from pytest_agentchaos.wires.tcp import server as servers


def until(condition):
    """Wait for what is to come, as long as only a failure takes."""
    ticks = threading.Event()
    for _ in range(3000):
        if condition():
            return
        ticks.wait(0.01)
    pytest.fail("it never came")


@pytest.fixture(scope="module")
def toxiproxy():
    """A server: the one that AGENTCHAOS_TOXIPROXY_URL names, the real one if it is installed, else the embedded one."""
    yield servers.current().toxiproxy
    servers.close()


class Echo:
    """A service that sends back what it gets, and remembers it."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.heard = bytearray()
        self._open = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection):
        with suppress(OSError), connection:
            while data := connection.recv(65_536):
                self.heard += data
                connection.sendall(data)

    def close(self):
        """End it, with every connection."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()


@pytest.fixture
def echo():
    """A service that sends back what it gets."""
    service = Echo()
    yield service
    service.close()


@dataclass
class Script:
    """An HTTP server that answers by a script, and what it was asked."""

    url: str = ""
    answers: deque = field(default_factory=deque)
    asked: list = field(default_factory=list)

    def will(self, status, body=b"", **headers):
        """Answer the next request so."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, content, headers))


@contextmanager
def _scripted():
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            script.asked.append((self.command, self.path, json.loads(body) if body else None, dict(self.headers)))
            status, content, headers = script.answers.popleft()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - as the base class calls them

        def log_message(self, *_):
            """Nothing."""

    class Server(LoopbackServer):
        def failed(self, error):
            """A request too many."""

    server = Server(Handler, "script")
    server.begin()
    script.url = f"http://127.0.0.1:{server.port}"
    try:
        yield script
    finally:
        server.end()


@pytest.fixture
def script():
    """An HTTP server that answers by a script."""
    with _scripted() as script:
        yield script


@pytest.fixture
def other_script():
    """Another one."""
    with _scripted() as script:
        yield script
