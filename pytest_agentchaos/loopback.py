"""A server on a port of this machine that leaves nothing behind when it ends: no thread, no connection."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_POLL_S = 0.01


class LoopbackServer(ThreadingHTTPServer):
    """Knows its open connections: a client that keeps one alive must not keep the server alive."""

    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler], name: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self._name = name
        self._open: dict[threading.Thread, socket.socket] = {}
        self._thread = threading.Thread(target=self.serve_forever, args=(_POLL_S,), name=name, daemon=True)

    def begin(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def end(self) -> None:
        """End all connections and wait for their threads."""
        self.shutdown()
        self._thread.join()
        for thread, connection in list(self._open.items()):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()
        self.server_close()

    @property
    def port(self) -> int:
        """The port that it was given, or that was free."""
        return int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""

        def run() -> None:
            try:
                self.process_request_thread(request, client_address)
            finally:
                self._open.pop(threading.current_thread(), None)

        thread = threading.Thread(target=run, name=f"{self._name}-connection", daemon=True)
        self._open[thread] = request
        thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class calls it so
        """A client that hangs up between requests is no error of ours; anything else is."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.failed(error)

    def failed(self, error: Exception) -> None:
        """Something of ours went wrong while a connection was served."""
        raise NotImplementedError
