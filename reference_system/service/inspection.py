"""``/messages`` and ``/escalations``: what was said between the parts of the system, and what waits for a person."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final, Literal, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reference_system.service.problems import Problem
from reference_system.store.interface import LogMessage, Store

_FILTERS: Final = ("trip", "correlation", "text", "party", "kind")
_LIMIT_MOST: Final = 1_000
_LIMIT_USUAL: Final = 200


class Inspection:
    """The routes for looking into the system."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Theirs."""
        return [
            Route("/messages", self._messages, methods=["GET"]),
            Route("/escalations", self._escalations, methods=["GET"]),
            Route("/escalations/{escalation}/close", self._close, methods=["POST"]),
        ]

    async def _messages(self, request: Request) -> Response:
        _check_names(request, (*_FILTERS, "limit"))
        wanted = {name: value for name in _FILTERS if (value := request.query_params.get(name))}
        limit = _limit(request.query_params.get("limit"))
        found = await self._store.run(lambda: self._store.messages(**wanted, limit=limit))
        return JSONResponse({"messages": [as_json(message) for message in found]})

    async def _escalations(self, request: Request) -> Response:
        _check_names(request, ("state",))
        state = request.query_params.get("state")
        if state not in (None, "open", "closed"):
            raise Problem(400, "wrong_value", f"state is open or closed, not {state!r}", field="state")
        rows = await self._store.run(self._store.escalations, cast("Literal['open', 'closed'] | None", state))
        return JSONResponse({"escalations": [asdict(row) for row in rows]})

    async def _close(self, request: Request) -> Response:
        """A person has finished it. Closed twice is closed."""
        wanted = request.path_params["escalation"]
        rows = await self._store.run(self._store.escalations)
        if all(row.escalation != wanted for row in rows):
            raise Problem(404, "not_found", f"there is no escalation {wanted[:80]!r}", field="escalation")
        await self._store.run(self._store.close_escalation, wanted)
        return JSONResponse({"escalation": wanted, "state": "closed"})


def as_json(message: LogMessage) -> dict[str, Any]:
    """A message as it is shown."""
    return asdict(message)


def _check_names(request: Request, known: tuple[str, ...]) -> None:
    """A filter with a typing error would find everything."""
    for name in request.query_params:
        if name not in known:
            message = f"there is no parameter {name!r}; there are {', '.join(known)}"
            raise Problem(400, "unknown_parameter", message, field=name)


def _limit(text: str | None) -> int:
    if text is None:
        return _LIMIT_USUAL
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:6]) <= _LIMIT_MOST:
        raise Problem(400, "wrong_value", f"limit is a number from 1 to {_LIMIT_MOST}", field="limit")
    return int(text)
