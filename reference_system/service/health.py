"""``/health``, ``/ready``, ``/health/business`` and ``/metrics``: from "is it there" to "is it any good"."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reference_system.service.business import BusinessCheck
from reference_system.service.readiness import Probe, unready
from reference_system.telemetry.interface import Telemetry


class Health:
    """The routes for those who watch over the service."""

    def __init__(self, probes: Mapping[str, Probe], business: BusinessCheck, telemetry: Telemetry) -> None:
        self._probes = probes
        self._business = business
        self._telemetry = telemetry

    def routes(self) -> list[Route]:
        """Theirs."""
        return [
            Route("/health", self._alive, methods=["GET"]),
            Route("/ready", self._ready, methods=["GET"]),
            Route("/health/business", self._works, methods=["GET"]),
            Route("/metrics", self._metrics, methods=["GET"]),
        ]

    async def _alive(self, _request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _ready(self, _request: Request) -> Response:
        why = await unready(self._probes)
        status = {name: why.get(name, "ready") for name in self._probes}
        body = {"status": "not_ready" if why else "ready", "dependencies": status}
        return JSONResponse(body, status_code=503 if why else 200)

    async def _works(self, _request: Request) -> Response:
        seen = await self._business.look()
        body = {"status": "works" if seen.works else "broken", "why": seen.why, "took_s": round(seen.took_s, 4)}
        return JSONResponse(body, status_code=200 if seen.works else 503)

    async def _metrics(self, _request: Request) -> Response:
        return Response(self._telemetry.exposition(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
