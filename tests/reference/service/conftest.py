"""A service whose trips are worked on by whatever a test gives it."""

import asyncio
import json

import httpx2
import pytest

from reference_system.contracts.trip import Reason, TripAnswer
from reference_system.hardening import Hardening
from reference_system.service.app import Parts, create_app
from reference_system.service.business import BusinessCheck
from reference_system.service.canary import manifest_for
from reference_system.service.reception import Reception
from reference_system.service.runner import Runner
from reference_system.settings import Settings
from reference_system.store import open_store
from reference_system.telemetry.system import SystemTelemetry

DATA = {"text": "A weekend in Lisbon", "user": "ada"}


class Orchestrator:
    """Ends each trip with an answer, after ``gate`` is open; ``seen`` are the trips in the order of their beginning."""

    def __init__(self, store):
        self.store = store
        self.seen = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.trouble = []
        """Exceptions to raise before it works."""

    async def run(self, row):
        """Work on a trip."""
        self.seen.append(row)
        if self.trouble:
            raise self.trouble.pop(0)
        await self.gate.wait()
        answer = TripAnswer(trip=row.trip, reason=Reason.COMPLETED, text="Booked.", correlation=row.correlation or None)
        self.store.end_trip(row.trip, answer.model_dump(mode="json"))
        return answer


class Service:
    """The app with its parts, spoken to over HTTP in this process."""

    def __init__(self, *, tools=None, probes=None, hardening=None, settings=None, **limits):
        hardening = hardening or Hardening()
        self.store = open_store("sqlite://")
        self.telemetry = SystemTelemetry(hardening)
        self.orchestrator = Orchestrator(self.store)
        self.runner = Runner(self.orchestrator.run, self.store, **limits)
        self.telemetry.figures.watch_trips(lambda: self.runner.running, lambda: self.runner.waiting)
        settings = settings or Settings()
        reception = Reception(self.store, self.runner, lambda user: manifest_for(user, settings))
        business = BusinessCheck(tools, self.telemetry.figures.business)
        parts = Parts(self.store, self.telemetry, self.runner, reception, business, probes or {}, hardening)
        self.app = create_app(parts)
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app, raise_app_exceptions=False),
            base_url="http://service",
            timeout=None,
        )

    async def post(self, data=DATA, **headers):
        """Ask for a trip; underscores in the names of headers stand for dashes."""
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post("/trips", content=body, headers=named)

    async def until(self, condition):
        """Let the others work until it holds, which takes a few turns of the loop."""
        for _ in range(1_000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError(condition)


@pytest.fixture
def service():
    """Make a service, to be used inside of one ``asyncio.run``."""
    return Service


@pytest.fixture
def data():
    """A request that is fine."""
    return DATA
