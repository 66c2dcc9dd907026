"""The tool servers, wherever they are: behind a URL, in a process of their own, or here."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import cache, partial
from types import TracebackType
from typing import Any, Self

import httpx2
import mcp
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.server.lowlevel import Server as LowLevelServer
from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolResult

from reference_system.contracts.tools import Domain
from reference_system.gateway.session import Session
from reference_system.gateway.tolerant import TolerantTransport
from reference_system.hardening import Hardening
from reference_system.telemetry.interface import Telemetry

Server = str | StdioServerParameters | MCPServer | LowLevelServer[Any]
"""The address of a server (Streamable HTTP), how to start one (stdio), or one in this process."""

PROTOCOL = "2026-07-28"
"""Named outright, so that no session begins with questions. ``auto`` asks, for the sake of older servers."""

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
"""Between two signs of life. What bounds a call as a whole is its deadline."""


class ToolServers:
    """A session with each server, opened when first used. An async context; usable by many trips at a time."""

    def __init__(
        self,
        servers: Mapping[Domain, Server],
        hardening: Hardening,
        telemetry: Telemetry,
        *,
        protocol: str = PROTOCOL,
    ) -> None:
        self._servers = servers
        self._hardening = hardening
        self._telemetry = telemetry
        self._protocol = protocol
        self._sessions: dict[Domain, Session] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        http = await self._open.enter_async_context(self._http_client())
        self._sessions = {
            domain: Session(domain, partial(self._client, server, http)) for domain, server in self._servers.items()
        }
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await asyncio.gather(*(session.close() for session in self._sessions.values()))
        finally:
            await self._open.aclose()

    async def call(
        self, domain: Domain, tool: str, arguments: Mapping[str, Any], *, correlation: str
    ) -> CallToolResult:
        """One attempt, however long it takes. ExchangeError: it brought no result."""
        return await self._sessions[domain].call(tool, arguments, self._telemetry.carrier(correlation))

    def _http_client(self) -> httpx2.AsyncClient:
        transport: httpx2.AsyncBaseTransport = httpx2.AsyncHTTPTransport(verify=_certificates())
        if self._hardening.tolerant_transport:
            transport = TolerantTransport(transport)
        return httpx2.AsyncClient(
            transport=transport, timeout=httpx2.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        )

    def _client(self, server: Server, http: httpx2.AsyncClient) -> mcp.Client:
        if isinstance(server, str):
            return mcp.Client(streamable_http_client(server, http_client=http), mode=self._protocol, cache=None)
        return mcp.Client(server, mode=self._protocol, cache=None, read_timeout_seconds=READ_TIMEOUT_S)


@cache
def _certificates() -> ssl.SSLContext:
    """Reading them takes longer than ten tool calls: once for each process is enough."""
    return httpx2.create_ssl_context()
