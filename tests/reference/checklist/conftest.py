"""The whole travel system in one trial of the plugin: what every test of the production checklist begins with.

A test says ``travel = system()`` for the system with all its safeguards, or ``system("idempotency")`` for the one
without that safeguard, breaks the world around it with ``agentchaos.inject(...)``, and runs a journey.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pytest_agentchaos import faults, on
from reference_system.contracts.tools import DOMAINS
from reference_system.contracts.trip import TripRequest
from reference_system.model.endpoint import ModelEndpoint
from reference_system.store.interface import BookingRow
from reference_system.system import QUIET, TravelSystem, travel
from reference_system.tools.server import build_server


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A system in trouble has much to log, and here trouble is what is wanted."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def system(agentchaos) -> Iterator[Callable[..., TravelSystem]]:
    """Make the system of this trial, with these safeguards switched off, and declare what stands behind its URLs.

    ``model``: the temperament of the model. ``think``: a mind for it. ``stands_before_model``: makes a double that gets
    the model's requests first. ``observe``: is called around each tool call, in the tool's server.
    """
    made: list[TravelSystem] = []

    def make(
        *off: str, model: str = QUIET.model, think=None, stands_before_model=None, observe=None, **settings
    ) -> TravelSystem:
        one = travel(*off, settings=replace(QUIET, model=model, **settings))
        made.append(one)
        one.model = ModelEndpoint(think)
        if stands_before_model is not None:
            one.model = stands_before_model(one.model)
        if observe is not None:
            one.tools = {domain: build_server(domain, one.store, one.hardening, observe=observe) for domain in DOMAINS}
        for url, thing in one.upstreams.items():
            agentchaos.upstream(url, thing)
        return one

    yield make
    for one in made:
        one.close()


@pytest.fixture
def on_record() -> Callable[..., list[BookingRow]]:
    """What the tool servers have on record as booked, of one kind (``flight``, ``room``, ``table``) or of all."""

    def rows(one: TravelSystem, kind: str | None = None) -> list[BookingRow]:
        return [row for row in one.store.bookings(state="booked") if kind in (None, row.kind)]

    return rows


@pytest.fixture
def weekend() -> Callable[..., TripRequest]:
    """The request of one user for the weekend in Lisbon, for that user alone."""

    def request(user: str = "Ada", **more) -> TripRequest:
        text = f"A weekend in Lisbon from Zurich, from Friday 5 March for 3 nights, for {user}, under 1200 euros."
        return TripRequest(text=text, user=user, **more)

    return request


@pytest.fixture
def times(agentchaos) -> Callable[[str], list[float]]:
    """When requests for a tool were sent, retries included, in seconds since the trial began."""

    def sent(tool: str) -> list[float]:
        return [agentchaos.history[call.index].at_s for call in agentchaos.history.calls(tool, kind="tool")]

    return sent


@pytest.fixture
def killed(agentchaos) -> Callable[..., None]:
    """Run a service that begins a trip and is gone without a warning, in a world where each tool call takes a second.

    ``after``: soon after this write of the trip is known to have happened; ``when``: soon after this has become true.
    What comes next is under way by then.
    """

    def known(one: TravelSystem, tool: str) -> bool:
        intents = (intent for row in one.store.trips() for intent in one.store.intents(row.trip))
        return any(intent.tool == tool and intent.state == "done" for intent in intents)

    def run(one: TravelSystem, request: TripRequest, *, after: str = "", when: Callable[[], object] | None = None):
        async def visit() -> None:
            async with one.service() as service:
                trip = asyncio.create_task(service.ask(request, key="ada-1"))
                while not (when() if when else known(one, after)):
                    assert not trip.done(), "the trip was over before the service could be killed"
                    await asyncio.sleep(0.1)
                trip.cancel()

        agentchaos.inject(faults.Latency(seconds=1), on.tool())
        agentchaos.run(visit)

    return run
