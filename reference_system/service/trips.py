"""``/trips``: ask for one, look at one."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reference_system.service.envelope import CORRELATION_HEADER
from reference_system.service.inspection import as_json
from reference_system.service.intake import idempotency_key, trip_request, wait_limit_s
from reference_system.service.problems import Problem
from reference_system.service.reception import Reception, Visit
from reference_system.store.interface import Store
from reference_system.telemetry.correlation import current_correlation


class Trips:
    """The routes of trips."""

    def __init__(self, reception: Reception, store: Store) -> None:
        self._reception = reception
        self._store = store

    def routes(self) -> list[Route]:
        """Theirs."""
        return [
            Route("/trips", self._ask, methods=["POST"]),
            Route("/trips/{trip}", self._look, methods=["GET"]),
        ]

    async def _ask(self, request: Request) -> Response:
        key = idempotency_key(request)
        wait_s = wait_limit_s(request)
        asked = await trip_request(request)
        visit = await self._reception.visit(asked, key=key, correlation=current_correlation(), wait_s=wait_s)
        return _answered(visit)

    async def _look(self, request: Request) -> Response:
        trip = request.path_params["trip"]
        row = await self._store.run(self._store.trip, trip)
        if row is None:
            raise Problem(404, "unknown_trip", f"there is no trip {trip!r}", field="trip")
        state: dict[str, Any] = {
            "trip": row.trip,
            "state": row.state,
            "manifest": row.manifest,
            "correlation": row.correlation or None,
            "began_at_s": row.began_at_s,
            "answer": row.answer,
        }
        if request.query_params.get("messages") != "0":
            found = await self._store.run(lambda: self._store.messages(trip=trip))
            state["messages"] = [as_json(message) for message in found]
        return JSONResponse(state, headers=_correlated(row.correlation))


def _answered(visit: Visit) -> Response:
    place = f"/trips/{visit.row.trip}"
    headers = {"location": place, **_correlated(visit.row.correlation)}
    if visit.answer is None:
        return JSONResponse({"trip": visit.row.trip, "state": "running"}, status_code=202, headers=headers)
    return Response(visit.answer.model_dump_json(), media_type="application/json", headers=headers)


def _correlated(correlation: str) -> dict[str, str]:
    """The trip's own id, which another request may have given it."""
    return {CORRELATION_HEADER: correlation} if correlation else {}
