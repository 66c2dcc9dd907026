"""The embedded endpoint as an ASGI app, and on a port by uvicorn."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pytest_agentchaos.doubles import Reply, Request
from reference_system.model.endpoint import BODY_LIMIT_BYTES, ModelEndpoint, too_large

_METHODS = ["GET", "POST", "DELETE"]
_EVENT = re.compile(rb".*?\n\n", re.DOTALL)


def app(endpoint: ModelEndpoint) -> Starlette:
    """The endpoint for any ASGI server."""

    async def answer(received: HttpRequest) -> Response:
        body = await _body(received)
        if body is None:
            return _response(too_large())
        headers = tuple(received.headers.items())
        return _response(endpoint.handle(Request(received.method, str(received.url), headers, body)))

    return Starlette(routes=[Route("/{path:path}", answer, methods=_METHODS)])


def serve(endpoint: ModelEndpoint, listening: socket.socket) -> None:
    """Serve on a socket that listens already, until the process is told to end."""
    config = uvicorn.Config(app(endpoint), log_level="warning", access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


async def _body(received: HttpRequest) -> bytes | None:
    """The body, or None as soon as it is known to be too large."""
    body = bytearray()
    async for chunk in received.stream():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            return None
    return bytes(body)


def _response(reply: Reply) -> Response:
    headers = {name: value for name, value in reply.headers if name.lower() != "content-length"}
    if reply.is_event_stream:
        return StreamingResponse(_events(reply.body), reply.status, headers)
    return Response(reply.body, reply.status, headers)


async def _events(body: bytes) -> AsyncIterator[bytes]:
    """Event by event, as they would come from a model that is still thinking."""
    for event in _EVENT.finditer(body):
        yield event.group()
