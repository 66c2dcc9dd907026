"""The airline: an HTTP service that sells seats, each idempotency key once, and its record of what it has sold."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FLIGHTS = [{"flight": "TP-12", "price": 140}, {"flight": "LH-7", "price": 310}]


class Airline:
    """Whoever sells keeps a record; whoever asks twice with one key gets the same answer twice."""

    def __init__(self) -> None:
        self.sold: list[dict[str, Any]] = []
        self._by_key: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def book(self, seats: dict[str, Any], key: str | None) -> dict[str, Any]:
        """One more booking, unless the key is known."""
        with self._lock:
            if key in self._by_key:
                return self._by_key[key]
            booking = {"booking": f"B{len(self.sold) + 1}", **seats}
            self.sold.append(booking)
            if key is not None:
                self._by_key[key] = booking
            return booking

    def forget(self) -> None:
        """A new day."""
        with self._lock:
            self.sold.clear()
            self._by_key.clear()

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Sell on a free port of this machine; gives the address."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(FLIGHTS)

            def do_POST(handler) -> None:  # noqa: N805 - self is the airline
                seats = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
                handler._send(self.book(seats, handler.headers["idempotency-key"]))

            def _send(self, value: Any) -> None:
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Standard error belongs to the tests."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
