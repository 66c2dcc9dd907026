"""Programs that are started in a moment, and what waits for their end."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from pytest_agentchaos.children import Processes, ready

LONG_S = 30.0
"""Only a failure takes so long."""

# Its port is free the first time and the same from then on, as that of a program with a configured one is.
SERVER = """
import os, pathlib, socket, sys
place = pathlib.Path(sys.argv[1])
server = socket.create_server(("127.0.0.1", int(place.read_text()) if place.exists() else 0))
place.write_text(str(server.getsockname()[1]))
print("listens on port", place.read_text(), "as", os.getpid(), flush=True)
while True:
    connection, _ = server.accept()
    with connection:
        head = connection.recv(1000)
        connection.sendall(b"HTTP/1.0 204 None\\r\\n\\r\\n" if b"HTTP" in head else head.upper())
"""


def python(program, *arguments):
    """A command that runs this program."""
    return [sys.executable, "-S", "-c", program, *map(str, arguments)]


def shell(program):
    """A command that runs this line of shell."""
    return ["/bin/sh", "-c", program]


def ask(port, timeout_s=LONG_S):
    """Send one word to a server and give its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout_s) as connection:
        connection.sendall(b"word")
        return connection.recv(100)


class Tools:
    """What tests of processes use."""

    python = staticmethod(python)
    shell = staticmethod(shell)
    ask = staticmethod(ask)


@pytest.fixture(scope="session")
def tools():
    """Commands, and questions to what they run."""
    return Tools


@pytest.fixture
def processes():
    """A set of processes that ends with the test."""
    with Processes() as started:
        yield started


@pytest.fixture(scope="module")
def _server(tmp_path_factory):
    place: Path = tmp_path_factory.mktemp("server") / "port"
    with Processes() as started:
        yield started.start("server", python(SERVER, place), ready=ready.line(r"port (\d+)"))


@pytest.fixture
def server(_server):
    """A server that answers one word in capitals and HTTP with 204; it runs, whatever the test before did to it."""
    _server.resume()
    if not _server.running:
        _server.start()
    return _server
