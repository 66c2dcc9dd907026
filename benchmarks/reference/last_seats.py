"""The contest for the last seats in one process: all layers, real time, SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from typing import Final

from benchmarks.measure import Measurement
from benchmarks.reference.contest import USERS, Result, requests
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.trial import Trial
from reference_system.contracts.trip import TripAnswer
from reference_system.store import open_store
from reference_system.store.postgres_server import postgres_server
from reference_system.system import QUIET, TravelSystem

SERVICES: Final = 13
"""Each works on 16 trips at a time: with so many of them all are under way at once."""


def measurements() -> Iterator[Measurement]:
    """One contest on each of the stores that several processes can share."""
    with tempfile.TemporaryDirectory() as directory:
        yield _contest(f"sqlite:///{directory}/travel.db", "SQLite")
    with postgres_server() as url:
        yield _contest(url, "PostgreSQL")


def _contest(url: str, name: str) -> Measurement:
    logging.disable(logging.WARNING)
    with closing(open_store(url)) as store:
        system, trial = TravelSystem(settings=replace(QUIET, store_url=url), store=store), Trial()
        for address, thing in system.upstreams.items():
            trial.upstreams.declare(address, thing)
        begin_s = wall_s()
        answers = asyncio.run(_all_at_once(system, trial))
        detail = f"{USERS} at once on {SERVICES} services, {wall_s() - begin_s:.0f} s"
        logging.disable(logging.NOTSET)
        return Result.of([[answer] for answer in answers], store).measurement(f"last seats on {name}", detail)


async def _all_at_once(system: TravelSystem, trial: Trial) -> list[TripAnswer]:
    async with trial.live(), AsyncExitStack() as stack:
        services = [await stack.enter_async_context(system.service()) for _ in range(SERVICES)]
        return await asyncio.gather(
            *(services[at % SERVICES].ask(request, key=request.user) for at, request in enumerate(requests()))
        )
