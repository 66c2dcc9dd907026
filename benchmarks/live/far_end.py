"""The other processes: an upstream that answers by the first byte that it gets, and a Toxiproxy that counts its tasks.

``python -m benchmarks.live.far_end upstream`` and ``... server``: each prints its address on the first line.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from typing import Final

from pytest_agentchaos.wires.toxiproxy.server import Server
from pytest_agentchaos.wires.toxiproxy.wakeful import wakeful_loop

ECHO: Final = b"e"
"""Whatever comes is sent back."""
DRAIN: Final = b"d"
"""Whatever comes is read; after every ``DRAINED_BYTES`` one byte is the answer."""
DRAINED_BYTES: Final = 256 * 1024 * 1024

_BUFFER_BYTES: Final = 1024 * 1024


def upstream() -> None:
    """Serve for ever, a thread for every connection."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(f"127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def _serve(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        first = connection.recv(1)
        if first == ECHO:
            _echo(connection)
        elif first == DRAIN:
            _drain(connection)
        elif first:
            connection.sendall(first)


def _echo(connection: socket.socket) -> None:
    while data := connection.recv(65_536):
        connection.sendall(data)


def _drain(connection: socket.socket) -> None:
    buffer = bytearray(_BUFFER_BYTES)
    taken = 0
    while received := connection.recv_into(buffer):
        taken += received
        if taken >= DRAINED_BYTES:
            taken -= DRAINED_BYTES
            connection.sendall(DRAIN)


async def server() -> None:
    """Serve until the input ends; to every line the answer is how many tasks there are, besides the one that counts."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with Server() as running:
        print(running.url, flush=True)
        while await reader.readline():
            print(len(asyncio.all_tasks()) - 1, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "upstream":
        upstream()
    else:
        with asyncio.Runner(loop_factory=wakeful_loop) as runner:
            runner.run(server())
