"""A Toxiproxy for a module: the embedded one as a process, or the one that AGENTCHAOS_TOXIPROXY_URL names."""

from __future__ import annotations

import http.client
import json
import os
import resource
import socket
import subprocess
import sys
import threading
from collections import deque
from contextlib import ExitStack, suppress
from urllib.parse import quote, urlsplit

import pytest

PATIENCE_S = 30.0
"""A deadline that only a failure reaches."""

ALLOWED = ("x", "a", "zzz", "foo", "no.such.host.invalid", " ")
"""Hosts that the recorded exchanges name as upstreams. Nothing is ever sent there."""


class Api:
    """A client that can say anything."""

    def __init__(self, url):
        self.url = url
        self.embedded = "AGENTCHAOS_TOXIPROXY_URL" not in os.environ

    def ask(self, method, path, body=None, headers=None):
        """One request on a connection of its own: status, headers, body."""
        split = urlsplit(self.url)
        client = http.client.HTTPConnection(split.hostname, split.port, timeout=PATIENCE_S)
        try:
            client.request(method, path, body=body, headers=headers or {})
            response = client.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            client.close()

    def do(self, method, path, value=None):
        """A request that has to succeed; the reply as data."""
        status, _, body = self.ask(method, path, None if value is None else json.dumps(value))
        assert status < 300, (method, path, value, status, body)
        return json.loads(body) if body else None

    def clear(self):
        """No proxies."""
        for name in self.do("GET", "/proxies"):
            self.do("DELETE", f"/proxies/{quote(name)}")


class Upstream:
    """Accepts connections and leaves them to the test."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._listener.settimeout(PATIENCE_S)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def accept(self):
        """The next connection."""
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE_S)
        return connection

    def close(self):
        """Nobody is let in any more."""
        self._listener.close()


class Proxied:
    """A proxy in front of an upstream, and pairs of connected ends through it."""

    def __init__(self, api, stack):
        self._api = api
        self._stack = stack
        self.upstream = Upstream()
        stack.callback(self.upstream.close)
        self.listen = api.do(
            "POST", "/proxies", {"name": "p", "listen": "127.0.0.1:0", "upstream": self.upstream.address}
        )["listen"]

    def client(self):
        """A connection to the proxy's port."""
        host, port = self.listen.rsplit(":", 1)
        client = self._stack.enter_context(socket.create_connection((host, int(port)), timeout=PATIENCE_S))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def pair(self):
        """A client, and what the upstream has of it. They have exchanged a byte each way, unless a toxic is there."""
        client = self.client()
        server = self._stack.enter_context(self.upstream.accept())
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client, server

    def warm_pair(self):
        """A pair that is surely open all the way through."""
        client, server = self.pair()
        client.sendall(b"?")
        assert server.recv(1) == b"?"
        server.sendall(b"!")
        assert client.recv(1) == b"!"
        return client, server

    def add(self, kind, stream="downstream", toxicity=1.0, name=None, **attributes):
        """A toxic."""
        body = {"type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes}
        return self._api.do("POST", "/proxies/p/toxics", body | ({"name": name} if name else {}))["name"]

    def change(self, name, **body):
        """Another toxicity, other attributes."""
        self._api.do("PATCH", f"/proxies/p/toxics/{name}", body)

    def remove(self, name):
        """A toxic is gone."""
        self._api.do("DELETE", f"/proxies/p/toxics/{name}")

    def switch(self, *, on):
        """Enable or disable."""
        self._api.do("PATCH", "/proxies/p", {"enabled": on})


class Running:
    """The embedded server as a process."""

    def __init__(self, *arguments, lifeline=None, limits=None):
        if lifeline is not None:
            arguments = (*arguments, "--lifeline", str(lifeline))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest_agentchaos.wires.toxiproxy", "-port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=() if lifeline is None else (lifeline,),
        )
        for kind, values in (limits or {}).items():
            resource.prlimit(self.process.pid, kind, values)
        self.told = deque(maxlen=200)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            message = f"it did not start: {line}{self.process.stderr.read()}"
            self.end()
            raise AssertionError(message)
        self.url = line.removeprefix("listening on ").strip()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._line = threading.Condition()
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            with self._line:
                self.told.append(line)
                self._line.notify_all()

    def wait_for_line(self, text):
        """Until the log says so."""
        with self._line:
            assert self._line.wait_for(lambda: any(text in line for line in self.told), PATIENCE_S), [*self.told]

    def end(self):
        """The exit code."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        return self.wait()

    def wait(self):
        """The exit code, when it ends by itself."""
        try:
            return self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self.process.wait()
            if hasattr(self, "_reader"):
                self._reader.join()
            self.process.stdout.close()
            self.process.stderr.close()


@pytest.fixture(scope="module")
def running():
    """One embedded server for a module; None where another one is named."""
    if "AGENTCHAOS_TOXIPROXY_URL" in os.environ:
        yield None
        return
    server = Running(*(word for host in ALLOWED for word in ("--allow", host)))
    yield server
    assert server.end() == 0
    assert not [line for line in server.told if "Traceback" in line or "Error" in line], [*server.told]


@pytest.fixture
def api(running):
    """The API, with no proxies."""
    api = Api(running.url if running else os.environ["AGENTCHAOS_TOXIPROXY_URL"])
    api.clear()
    yield api
    api.clear()


@pytest.fixture
def proxied(api):
    """A proxy named ``p``."""
    with ExitStack() as stack:
        yield Proxied(api, stack)


@pytest.fixture
def start():
    """Start embedded servers that only this test uses."""
    if "AGENTCHAOS_TOXIPROXY_URL" in os.environ:
        pytest.skip("of the embedded server's process")
    with ExitStack() as stack:

        def started(*arguments, **options):
            server = Running(*arguments, **options)
            stack.callback(server.end)
            return server

        yield started


@pytest.fixture
def client_of():
    """The API of a server of this test, and a proxy there."""
    with ExitStack() as stack:

        def made(server):
            api = Api(server.url)
            return api, Proxied(api, stack)

        yield made
