"""Whole trips in virtual time: the real brain, clients, gateway, tool servers and store under one orchestrator."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from pytest_agentchaos.schedule import Rule
from pytest_agentchaos.trial import Trial
from reference_system.contracts.manifest import Manifest, load
from reference_system.contracts.tools import DOMAINS
from reference_system.contracts.trip import Reason, TripAnswer, TripRequest
from reference_system.gateway.gateway import Gateway
from reference_system.gateway.servers import ToolServers
from reference_system.hardening import Hardening
from reference_system.model.endpoint import ModelEndpoint
from reference_system.model.responses import ResponsesModel
from reference_system.orchestrator.orchestrator import Orchestrator
from reference_system.settings import Settings
from reference_system.store import open_store
from reference_system.store.interface import BookingRow, Store, TripRow
from reference_system.telemetry.system import SystemTelemetry
from reference_system.tools.server import build_server

WEEKEND = "From Zurich to Lisbon from 2027-03-05 to 2027-03-07 for Ada, with dinner and weather."


@dataclass
class World:
    """All parts but the service, for one trial. Each :meth:`run` is a new process on the same store and servers."""

    schedule: Sequence[Rule] = ()
    hardening: Hardening = field(default_factory=Hardening)
    model: str = "travel-steady"
    workflow: dict[str, Any] = field(default_factory=dict)
    think: Any = None
    seed: int = 0
    idle_s: float = 0.0
    """How long ago the trip began when it is run."""
    wrap_model: Callable[[Any], Any] = lambda model: model
    wrap_tools: Callable[[Any], Any] = lambda tools: tools
    wrap_store: Callable[[Any], Any] = lambda store: store

    def __post_init__(self) -> None:
        self.store: Store = open_store("sqlite://", capacity_constraint=self.hardening.capacity_constraint)
        self.telemetry = SystemTelemetry(self.hardening)
        self.settings = Settings(model=self.model)
        self.histories: list[Any] = []
        self.took_s = 0.0
        self.trips = 0

    @property
    def manifest(self) -> Manifest:
        """v1, with the test's own limits."""
        manifest = load("v1")
        return replace(manifest, workflow=manifest.workflow.model_copy(update=self.workflow))

    def row(self, text: str = WEEKEND, **request: Any) -> TripRow:
        """A trip as the service stores it."""
        self.trips += 1
        asked = TripRequest.model_validate({"text": text, "user": "Ada", **request})
        trip = f"t-{self.trips}"
        return TripRow(trip, trip, asked.model_dump(mode="json"), f"c-{trip}", "v1", "running", None, 0.0)

    def run(self, row: TripRow | str = WEEKEND, **request: Any) -> TripAnswer:
        """The answer to a trip; the same row again is the same trip in another process."""
        if isinstance(row, str):
            row = self.row(row, **request)
        return self.work(row, lambda orchestrator, stored: orchestrator.run(stored))

    def work(self, row: TripRow, what: Callable[[Orchestrator, TripRow], Any]) -> Any:
        """Anything that an orchestrator can do with a trip."""
        trial = Trial(tuple(self.schedule), seed=self.seed)
        for domain in DOMAINS:
            server = build_server(domain, self.store, self.hardening)
            trial.upstreams.declare(self.settings.tool_urls[domain], server)
        trial.upstreams.declare("http://model.travel.local", ModelEndpoint(self.think))

        async def main() -> Any:
            stored, _ = self.store.begin_trip(replace(row, began_at_s=time.time()))
            manifest = self.manifest
            store = self.wrap_store(self.store)
            model = ResponsesModel(self.settings, manifest.errors, self.telemetry, self.hardening)
            try:
                async with ToolServers(self.settings.tool_urls, self.hardening, self.telemetry) as servers:
                    gateway = Gateway(servers, store, self.telemetry, manifest.policy, manifest.errors, self.hardening)
                    orchestrator = Orchestrator(
                        self.wrap_model(model),
                        self.wrap_tools(gateway),
                        store,
                        self.telemetry,
                        manifest,
                        self.hardening,
                    )
                    return await what(orchestrator, replace(stored, began_at_s=stored.began_at_s - self.idle_s))
            finally:
                await model.close()

        try:
            return trial.run(main)
        finally:
            self.histories.append(trial.history)
            self.took_s = trial.outcome.virtual_s

    # --- what became of it ------------------------------------------------------------------------------------------

    def bookings(self, *states: str) -> tuple[BookingRow, ...]:
        """What the servers have on record; without ``states``, what stands."""
        return tuple(row for row in self.store.bookings() if row.state in (states or ("held", "booked")))

    def calls(self, tool: str) -> int:
        """How often requests for a tool were sent."""
        return sum(len(history.calls(tool, kind="tool")) for history in self.histories)

    @property
    def model_calls(self) -> int:
        """How often the model was asked."""
        return sum(1 for history in self.histories for op in history if op.kind == "invoke" and op.call.kind == "model")

    def messages(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of what was told."""
        return [message.body for message in self.store.messages(kind=kind)]


@pytest.fixture
def world() -> type[World]:
    """Make one with ``world(schedule=..., hardening=..., ...)``."""
    return World


@pytest.fixture
def truthful() -> Callable[[World, TripAnswer], None]:
    """Check that an answer says what the servers have on record, and that its reason keeps what it promises."""

    def check(world: World, answer: TripAnswer) -> None:
        standing = {row.booking for row in world.bookings("booked") if row.trip == answer.trip}
        assert {row.booking for row in answer.bookings} == standing
        if answer.reason not in {Reason.COMPLETED, Reason.DEGRADED, Reason.ESCALATED}:
            assert not standing

    return check


@pytest.fixture
def off() -> Callable[..., Hardening]:
    """Everything on but these."""
    return Hardening().without
