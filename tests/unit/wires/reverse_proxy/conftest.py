"""An upstream that does to a connection whatever a test wants, and a client that sees every byte."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import closing, contextmanager

import pytest

from pytest_agentchaos.wires.reverse_proxy import Proxy

DEADLINE_S = 20
"""Only a failure takes so long."""
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


class Upstream:
    """Serves raw connections in a thread; ``serve(reader, writer, head)`` is what a test sets."""

    def __init__(self, tls=None):
        self._tls = tls
        self.heads = []
        self.connections = 0
        self.gone = threading.Event()
        """Set when a connection was ended by the other side while it was being served."""
        self.serve = self.echo
        self.reads_bodies = True
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._started = threading.Event()
        self._tasks = set()

    def __enter__(self):
        self._thread.start()
        assert self._started.wait(DEADLINE_S)
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(DEADLINE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE_S)

    @property
    def url(self):
        """Where."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}"

    def event(self):
        """An event of its loop, which a test can set from outside."""
        made = asyncio.run_coroutine_threadsafe(_event(), self._loop).result(DEADLINE_S)
        return made, lambda: self._loop.call_soon_threadsafe(made.set)

    async def echo(self, reader, writer, head, body):
        """The body back again."""
        answer = body or b'{"ok": true}'
        writer.write(JSON % (len(answer), answer))

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._begin())
        self._started.set()
        self._loop.run_forever()
        self._loop.close()

    async def _begin(self):
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self):
        self._server.close()
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader, writer):
        self.connections += 1
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                body = await _body(reader, head) if self.reads_bodies else b""
                await self.serve(reader, writer, head, body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone.set()
        except asyncio.CancelledError:
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


async def _event():
    return asyncio.Event()


async def _body(reader, head):
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if b"content-length" in lines:
        return await reader.readexactly(int(lines[b"content-length"]))
    parts = []
    if lines.get(b"transfer-encoding") == b"chunked":
        while size := int(await reader.readline(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
    return b"".join(parts)


def tear(writer):
    """A reset, and nothing else."""
    opened = writer.get_extra_info("socket")
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Raw:
    """A client by hand."""

    def __init__(self, proxy):
        host, _, port = proxy.authority.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=DEADLINE_S)
        self.host = proxy.authority.encode()
        self._came = b""

    def close(self):
        """Leave."""
        self.socket.close()

    def send(self, data):
        """Send this, with the proxy's own address for HOST."""
        self.socket.sendall(data.replace(b"HOST", self.host))

    def until(self, end):
        """What comes up to this, and this."""
        while end not in self._came:
            data = self.socket.recv(65536)
            assert data, f"the connection ended before {end!r} came: {self._came!r}"
            self._came += data
        first, _, self._came = self._came.partition(end)
        return first + end

    def rest(self):
        """What comes up to the end of the connection; raises if that is torn."""
        while data := self.socket.recv(65536):
            self._came += data
        came, self._came = self._came, b""
        return came


@pytest.fixture
def upstream():
    """A fresh one for each test."""
    with Upstream() as serving:
        yield serving


@pytest.fixture
def proxy(upstream):
    """In front of it."""
    with Proxy(upstream.url, name="http://flights.local") as listening:
        yield listening


@pytest.fixture
def raw(proxy):
    """One connection through it."""
    with closing(Raw(proxy)) as client:
        yield client


@pytest.fixture
def connect(proxy):
    """More of them."""

    @contextmanager
    def connected():
        with closing(Raw(proxy)) as client:
            yield client

    return connected
