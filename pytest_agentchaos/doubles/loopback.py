"""A double behind a real port of this machine, for clients in other processes and for live mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from pytest_agentchaos.dialects import sse
from pytest_agentchaos.dialects.openai_errors import error_object
from pytest_agentchaos.dialects.openai_http import json_reply
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.loopback import LoopbackServer

Handle = Callable[[Request], Reply]


@contextmanager
def serve(handle: Handle) -> Iterator[str]:
    """Serve on a free port; gives the address. The first error of ``handle`` is raised at the end."""
    server = _Server(handle)
    server.begin()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.end()
    if server.errors:
        raise server.errors[0]


class _Server(LoopbackServer):
    def __init__(self, handle: Handle) -> None:
        super().__init__(_Handler, "agentchaos-double")
        self.handle_call = handle
        self.errors: list[Exception] = []

    def failed(self, error: Exception) -> None:
        """It is raised where the double is served."""
        self.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def answer(self) -> None:
        """Hand the request to the double and send what it answers."""
        length = self.headers.get("content-length", "0")
        if self.headers.get("transfer-encoding") or not length.isdecimal():
            self.close_connection = True
            self._send(Reply(411, body=b"send a content-length"))
            return
        body = self.rfile.read(int(length))
        url = f"http://{self.headers.get('host', '127.0.0.1')}{self.path}"
        request = Request(self.command, url, tuple(self.headers.items()), body)
        try:
            reply = self.server.handle_call(request)
        except Exception as error:  # noqa: BLE001 - kept, and raised where the double is served
            self.server.errors.append(error)
            reply = _broken(request, error)
        self._send(reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server looks for these names

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            if name.lower() not in {"content-length", "transfer-encoding"}:
                self.send_header(name, value)
        if reply.is_event_stream:
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            events, rest = sse.split(reply.body)
            for piece in (*events, rest):
                if piece:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: standard error belongs to the tests."""


def _broken(request: Request, error: Exception) -> Reply:
    """What a client sees of an error in the double; it shall not retry."""
    message = f"the double failed: {type(error).__name__}: {error}"
    headers = (("x-should-retry", "false"),)
    return json_reply(request, {"error": error_object(message, "server_error")}, status=500, headers=headers)
