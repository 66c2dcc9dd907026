"""Where the processes of a stage send their spans. They outlive trials, so its address does too.

During a trial what comes is handed on; between trials it is taken and forgotten, so that no exporter falls into its
pauses before it tries again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

from typing_extensions import override

from pytest_agentchaos.doubles import Request

_LIMIT_BYTES: Final = 16 * 1024 * 1024
"""What the system's own exporters send in one request is far from it."""
_POLL_S: Final = 0.1
"""So often it looks whether it is to end."""

HandOn = Callable[[Request], Any]


class Collector:
    """Takes traces by OTLP/HTTP; a context manager. ``hand_on`` is given each request while it is not None."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler, bind_and_activate=True)
        self._server.daemon_threads = True
        self._server.hand_on = self._take  # type: ignore[attr-defined]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="travel-collector", daemon=True
        )
        self.hand_on: HandOn | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def environment(self) -> dict[str, str]:
        """What a process needs to send its spans here."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._server.server_port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_BSP_SCHEDULE_DELAY": "100",  # milliseconds
        }

    def _take(self, request: Request) -> None:
        if self.hand_on is not None:
            self.hand_on(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Hand it on, and say that it was taken."""
        size = self.headers.get("content-length", "")
        if not size.isdecimal() or int(size) > _LIMIT_BYTES:
            self.send_error(413)
            return
        body = self.rfile.read(int(size))
        self.server.hand_on(Request("POST", self.path, tuple(self.headers.items()), body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()

    @override
    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""
