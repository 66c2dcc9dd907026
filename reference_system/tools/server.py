"""One domain's tools as an MCP server, made from their contracts.

It stands on the SDK's low-level server, because the contracts are the schemas: nothing is derived from signatures.
The same server is served in process, over HTTP and over stdio.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import mcp_types as wire
from mcp import MCPError
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from reference_system.contracts.base import Contract
from reference_system.contracts.schemas import result_schema, tool_schema
from reference_system.contracts.tools import TOOLS, Cancel, Domain, Refusal, ToolContract, tools_of
from reference_system.errors import StoreError, ToolRefusedError
from reference_system.hardening import Hardening
from reference_system.store.interface import Store
from reference_system.tools import flights, hotels, itinerary, restaurants, weather
from reference_system.tools.call import read
from reference_system.tools.desk import Desk, Handler

logger = logging.getLogger(__name__)

Observe = Callable[[str, Mapping[str, Any]], AbstractContextManager[object]]
"""Around each call: the tool's name and the call's ``_meta`` (``traceparent``, ``baggage``). It sees the refusal or
error with which a call ends as the exception that leaves the block."""

HANDLERS: dict[str, Handler] = {
    **flights.HANDLERS,
    **hotels.HANDLERS,
    **weather.HANDLERS,
    **restaurants.HANDLERS,
    **itinerary.HANDLERS,
}

TOOLS_FRESH_MS = 300_000
"""So long a client may keep the list of tools."""


class ToolServer(Server[Any]):
    """The tools of one domain, on one store."""

    def __init__(self, domain: Domain, desk: Desk, observe: Observe | None = None) -> None:
        super().__init__(
            domain,
            version="1",
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            get_tool_input_schema=_no_header_arguments,
            cache_hints={"tools/list": CacheHint(ttl_ms=TOOLS_FRESH_MS, scope="public")},
        )
        self._domain: Domain = domain
        self._desk = desk
        self._observe = observe
        if not desk.hardening.tracing:
            self.middleware.clear()  # the SDK's own span for each message

    def streamable_http_app(self, **options: Any) -> Starlette:
        """The server over HTTP: each exchange stands for itself and is answered in JSON."""
        health = [Route("/health", self._alive), Route("/ready", self._ready)]
        chosen = {"stateless_http": True, "json_response": True, "custom_starlette_routes": health, **options}
        return super().streamable_http_app(**chosen)

    @property
    def published(self) -> tuple[wire.Tool, ...]:
        """The tools, as a client is told of them."""
        return _published(self._domain, idempotent=self._desk.hardening.idempotency)

    async def _list_tools(
        self, _context: ServerRequestContext[Any], _params: wire.PaginatedRequestParams | None
    ) -> wire.ListToolsResult:
        return wire.ListToolsResult(tools=list(self.published))

    async def _call_tool(
        self, context: ServerRequestContext[Any], params: wire.CallToolRequestParams
    ) -> wire.CallToolResult:
        tool = TOOLS.get(params.name)
        if tool is None or tool.domain != self._domain:
            names = ", ".join(tool.name for tool in tools_of(self._domain))
            raise MCPError(wire.INVALID_PARAMS, f"there is no tool {params.name!r} here; the tools are {names}")
        observed = nullcontext() if self._observe is None else self._observe(tool.name, context.meta or {})
        try:
            with observed:
                call = read(tool, params.arguments or {}, keys_kept=self._desk.hardening.idempotency)
                result = await HANDLERS[tool.name](self._desk, call)
        except ToolRefusedError as refused:
            return _refusal(refused)
        except StoreError as error:
            logger.exception("%s could not be done", tool.name)
            raise MCPError(wire.INTERNAL_ERROR, "the records cannot be reached; try again later") from error
        return _result(result)

    async def _alive(self, _request: Request) -> JSONResponse:
        return JSONResponse({"alive": True, "server": self._domain})

    async def _ready(self, _request: Request) -> JSONResponse:
        try:
            await self._desk.store.run(self._desk.store.ping)
        except StoreError as error:
            return JSONResponse({"ready": False, "server": self._domain, "why": str(error)}, status_code=503)
        return JSONResponse({"ready": True, "server": self._domain})


def build_server(
    domain: Domain,
    store: Store,
    hardening: Hardening = Hardening(),  # noqa: B008 - frozen, so that it can be shared
    *,
    observe: Observe | None = None,
) -> ToolServer:
    """The server of a domain."""
    return ToolServer(domain, Desk(store, hardening), observe)


def _no_header_arguments(_tool: str) -> None:
    """No argument is repeated as an HTTP header, so that the SDK has nothing to compare, and need not look for it."""


@cache
def _published(domain: Domain, *, idempotent: bool) -> tuple[wire.Tool, ...]:
    return tuple(
        wire.Tool(
            name=tool.name,
            description=tool.description,
            input_schema=tool_schema(tool, wire=True),
            output_schema=result_schema(tool),
            annotations=_annotations(tool, idempotent=idempotent),
        )
        for tool in tools_of(domain)
    )


def _annotations(tool: ToolContract, *, idempotent: bool) -> wire.ToolAnnotations:
    """What the tool does to the world. To cancel twice is to cancel once, also without keys."""
    if not tool.writes:
        return wire.ToolAnnotations(read_only_hint=True, open_world_hint=False)
    undoes = tool.arguments is Cancel
    return wire.ToolAnnotations(
        read_only_hint=False,
        destructive_hint=undoes or tool.undo is None,
        idempotent_hint=idempotent or undoes,
        open_world_hint=False,
    )


def _result(result: Contract) -> wire.CallToolResult:
    return wire.CallToolResult(
        content=[wire.TextContent(type="text", text=result.model_dump_json())],
        structured_content=result.model_dump(mode="json"),
    )


def _refusal(refused: ToolRefusedError) -> wire.CallToolResult:
    refusal = Refusal.model_validate({"refused": refused.code, "message": str(refused)})
    return wire.CallToolResult(content=[wire.TextContent(type="text", text=refusal.model_dump_json())], is_error=True)
