"""Around every exchange: a correlation id comes in or is made, and goes out again; no stack trace leaves."""

from __future__ import annotations

import logging

from opentelemetry import context
from opentelemetry.propagate import extract
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reference_system.hardening import Hardening
from reference_system.service.problems import Problem
from reference_system.telemetry.correlation import correlated, from_baggage, is_correlation, new_correlation

CORRELATION_HEADER = "x-correlation-id"

_log = logging.getLogger(__name__)


class Envelope:
    """ASGI middleware. A valid id from outside is taken over, and so is the trace that the sender is in."""

    def __init__(self, app: ASGIApp, hardening: Hardening) -> None:
        self._app = app
        self._hardening = hardening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One exchange; anything but HTTP passes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        correlation = _correlation(headers) if self._hardening.correlation else ""
        trace = context.attach(extract(headers)) if self._hardening.tracing and "traceparent" in headers else None
        try:
            with correlated(correlation):
                await self._answered(scope, receive, _Sender(send, correlation))
        finally:
            if trace is not None:
                context.detach(trace)

    async def _answered(self, scope: Scope, receive: Receive, send: _Sender) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if send.started:
                raise
            problem = Problem(500, "internal", "something went wrong here; the log knows more, by the correlation id")
            await problem.response()(scope, receive, send)


class _Sender:
    """Sends on, with the id in the headers unless a handler has set one: a trip that is known keeps its own."""

    def __init__(self, send: Send, correlation: str) -> None:
        self._send = send
        self._correlation = correlation
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            if self._correlation:
                MutableHeaders(raw=message["headers"]).setdefault(CORRELATION_HEADER, self._correlation)
        await self._send(message)


def _correlation(headers: Headers) -> str:
    given = headers.get(CORRELATION_HEADER, "")
    if is_correlation(given):
        return given
    return from_baggage(headers.get("baggage", "")) or new_correlation()
