"""The service as an ASGI app: its parts are handed in, so that each can be another one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from reference_system.errors import KeyConflictError, StoreError
from reference_system.hardening import Hardening
from reference_system.service.business import BusinessCheck
from reference_system.service.envelope import Envelope
from reference_system.service.health import Health
from reference_system.service.inspection import Inspection
from reference_system.service.problems import Problem
from reference_system.service.readiness import Probe
from reference_system.service.reception import Reception
from reference_system.service.runner import BrokenOffError, NotNowError, Runner
from reference_system.service.trips import Trips
from reference_system.store.interface import Store
from reference_system.telemetry.system import SystemTelemetry

GRACE_S: Final = 20.0
"""So long running trips may go on after the service was told to end."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the service is made of."""

    store: Store
    telemetry: SystemTelemetry
    runner: Runner
    reception: Reception
    business: BusinessCheck
    probes: Mapping[str, Probe] = field(default_factory=dict)
    hardening: Hardening = field(default_factory=Hardening)


def create_app(parts: Parts, *, grace_s: float = GRACE_S) -> Starlette:
    """The app. While it lives, trips that were begun before go on; when it ends, running ones get ``grace_s``."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await parts.runner.resume()
        yield
        await parts.runner.close(grace_s=grace_s)

    return Starlette(
        routes=[
            *Trips(parts.reception, parts.store).routes(),
            *Inspection(parts.store).routes(),
            *Health(parts.probes, parts.business, parts.telemetry).routes(),
        ],
        middleware=[Middleware(Envelope, hardening=parts.hardening)],
        exception_handlers={
            HTTPException: _http_problem,
            Problem: _problem,
            KeyConflictError: _conflict,
            StoreError: _no_store,
            NotNowError: _not_now,
            BrokenOffError: _broken_off,
        },
        lifespan=lifespan,
    )


async def _problem(_request: Request, error: Exception) -> Response:
    return cast("Problem", error).response()


async def _http_problem(request: Request, error: Exception) -> Response:
    status = cast("HTTPException", error).status_code
    if status == 405:  # noqa: PLR2004 - a status
        message = f"{request.method} is not possible at {request.url.path}"
        return Problem(status, "method_not_allowed", message).response()
    return Problem(status, "not_found", f"there is nothing at {request.url.path}").response()


async def _conflict(_request: Request, _error: Exception) -> Response:
    message = "this Idempotency-Key was used for another request; use a new one"
    return Problem(409, "key_conflict", message, field="Idempotency-Key").response()


async def _no_store(_request: Request, _error: Exception) -> Response:
    return Problem(503, "store_unavailable", "the records cannot be reached", retry_after_s=2).response()


async def _not_now(_request: Request, error: Exception) -> Response:
    why = cast("NotNowError", error)
    return Problem(503, why.code, str(why), retry_after_s=why.retry_after_s).response()


async def _broken_off(_request: Request, error: Exception) -> Response:
    return Problem(503, "broken_off", f"{error}; ask again later, with the same Idempotency-Key").response()
