"""How a server is served: over HTTP on a socket that listens already, or over stdio."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from mcp.server.stdio import stdio_server

from reference_system.tools.server import ToolServer

BACKLOG = 512
"""Connections that may wait to be accepted."""
FINISH_AT_MOST_S = 5
"""After SIGTERM, calls that are under way get so long."""


def listen(port: int) -> socket.socket:
    """A socket on loopback; port 0: any that is free."""
    return _prompt(socket.create_server(("127.0.0.1", port), backlog=BACKLOG))


def inherited(descriptor: int) -> socket.socket:
    """The listening socket that the parent process has left open for us."""
    return _prompt(socket.socket(fileno=descriptor))


def _prompt(listener: socket.socket) -> socket.socket:
    """Without this an answer takes 40 ms: its body waits until the receipt of its head is confirmed.

    asyncio does it for sockets of its own making only. Connections inherit it from the socket that accepts them.
    """
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def serve_http(server: ToolServer, listener: socket.socket) -> None:
    """Answer at ``/mcp``, ``/health`` and ``/ready`` until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        server.streamable_http_app(),
        log_config=None,  # as the process has set it up
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=FINISH_AT_MOST_S,
    )
    uvicorn.Server(config).run(sockets=[listener])


def serve_stdio(server: ToolServer) -> None:
    """Answer what comes in on stdin until it ends. Nothing else may write to stdout."""
    asyncio.run(_stdio(server))


async def _stdio(server: ToolServer) -> None:
    async with stdio_server() as (reader, writer):
        await server.run(reader, writer, server.create_initialization_options())
