"""One session with one tool server, shared by all trips of the process and opened anew when it has died."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import mcp
from mcp.types import (
    CONNECTION_CLOSED,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
)
from pydantic import ValidationError

from reference_system.gateway.tolerant import Trouble

_log = logging.getLogger(__name__)


class ExchangeError(Exception):
    """A call that brought no result."""

    def __init__(self, message: str, trouble: Trouble, *, garbled: bool = False, final: bool = False) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.garbled = garbled
        """Something came back, and is no answer."""
        self.final = final
        """The server will never take such a request."""


@dataclass(slots=True)
class _Life:
    """One client, from its opening to its end."""

    opened: asyncio.Future[mcp.Client]
    leave: asyncio.Event = field(default_factory=asyncio.Event)
    keeper: asyncio.Task[None] | None = None


class Session:
    """Calls go through one client, which lives in a task of its own: it must be left by the task that entered it."""

    def __init__(self, name: str, connect: Callable[[], mcp.Client]) -> None:
        self._name = name
        self._connect = connect
        self._context = contextvars.copy_context()  # not that of the trip that happens to call first
        self._life: _Life | None = None
        self._keepers: list[asyncio.Task[None]] = []

    async def call(self, tool: str, arguments: Mapping[str, Any], meta: Mapping[str, str]) -> CallToolResult:
        """One attempt, however long it takes. ExchangeError: it brought no result."""
        life = self._alive()
        client = await asyncio.shield(life.opened)
        parameters = CallToolRequestParams(name=tool, arguments=dict(arguments), _meta=cast("Any", meta or None))
        try:
            # Not client.call_tool: that lists the tools first, to check results against what the server says of itself.
            return await client.session.send_request(CallToolRequest(params=parameters), CallToolResult)
        except mcp.MCPError as error:
            if error.code == CONNECTION_CLOSED:
                self._bury(life)
            raise _explained(error) from error
        except ValidationError as error:
            msg = f"the {self._name} server's answer is no result: {error.error_count()} faults"
            raise ExchangeError(msg, Trouble(None, None, maybe_executed=True), garbled=True) from error

    async def close(self) -> None:
        """Leave the client, and wait until it is left. What is still being called fails."""
        if self._life is not None:
            self._bury(self._life)
        if self._keepers:
            await asyncio.wait(self._keepers)

    def _alive(self) -> _Life:
        if self._life is None:
            loop = asyncio.get_running_loop()
            life = self._life = _Life(loop.create_future())
            life.keeper = loop.create_task(self._keep(life), name=f"session with {self._name}", context=self._context)
            self._keepers = [keeper for keeper in self._keepers if not keeper.done()] + [life.keeper]
        return self._life

    def _bury(self, life: _Life) -> None:
        """The next call opens another one."""
        life.leave.set()
        if self._life is life:
            self._life = None

    async def _keep(self, life: _Life) -> None:
        try:
            async with self._connect() as client:
                life.opened.set_result(client)
                await life.leave.wait()
        except Exception as error:  # noqa: BLE001 - a client that dies in a group of its causes
            _log.info("the session with the %s server ended: %r", self._name, error)
            if not life.opened.done():
                msg = f"no session with the {self._name} server: {_first(error)}"
                life.opened.set_exception(ExchangeError(msg, Trouble(None, None, maybe_executed=False)))
                life.opened.exception()  # whoever waited for it may be gone
        finally:
            life.opened.cancel()
            self._bury(life)


def _first(error: BaseException) -> BaseException:
    """What is inside of a group, and inside of that."""
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _explained(error: mcp.MCPError) -> ExchangeError:
    """What an error of the protocol means for the call: from the tolerant transport exactly, else by its code."""
    trouble = Trouble.of(error.data)
    rejected = error.code in (METHOD_NOT_FOUND, INVALID_PARAMS)
    if trouble is not None:
        return ExchangeError(error.message, trouble, final=rejected or _is_final(trouble.status))
    trouble = Trouble(None, None, maybe_executed=not rejected)
    if error.code in (PARSE_ERROR, INVALID_REQUEST):  # the client's own, for what it cannot read
        return ExchangeError("the answer is no message of the protocol", trouble, garbled=True)
    return ExchangeError(error.message, trouble, final=rejected)


_CLIENT_ERRORS = range(400, 500)
_NOT_NOW = (408, 425, 429)


def _is_final(status: int | None) -> bool:
    return status in _CLIENT_ERRORS and status not in _NOT_NOW
