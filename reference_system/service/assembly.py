"""The real parts of the service, wired: by the settings, once for each manifest that is in use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from reference_system.contracts.manifest import load
from reference_system.contracts.trip import TripAnswer
from reference_system.gateway.gateway import Gateway
from reference_system.gateway.servers import ToolServers
from reference_system.hardening import Hardening
from reference_system.model.connect import connect
from reference_system.orchestrator.orchestrator import Orchestrator, Outline
from reference_system.resilience.rest import Rests
from reference_system.service.app import Parts
from reference_system.service.business import BusinessCheck
from reference_system.service.canary import manifest_for
from reference_system.service.readiness import probes_of
from reference_system.service.reception import Reception
from reference_system.service.runner import Runner
from reference_system.service.shadow import Rehearsal, Shadowing
from reference_system.settings import Settings
from reference_system.store import open_store
from reference_system.store.interface import Store, TripRow
from reference_system.telemetry.export import provider_from_environment
from reference_system.telemetry.system import SystemTelemetry


@dataclass(frozen=True, slots=True)
class Wiring:
    """What all manifests share."""

    settings: Settings
    hardening: Hardening
    store: Store
    telemetry: SystemTelemetry
    servers: ToolServers
    rests: Rests
    closing: AsyncExitStack


@dataclass(frozen=True, slots=True)
class Version:
    """The system under one manifest."""

    tools: Gateway
    orchestrator: Orchestrator


@dataclass(slots=True)
class Versions:
    """The systems under the manifests that are in use, each made when the first trip needs it."""

    wiring: Wiring
    _made: dict[str, Version] = field(default_factory=dict)

    def under(self, manifest: str) -> Version:
        """The system under this manifest. ManifestError: there is none."""
        if manifest not in self._made:
            self._made[manifest] = self._make(manifest)
        return self._made[manifest]

    async def run(self, row: TripRow) -> TripAnswer:
        """Work on a trip under the manifest with which it began."""
        return await self.under(row.manifest).orchestrator.run(row)

    def _make(self, version: str) -> Version:
        wiring, rests = self.wiring, self.wiring.rests
        store, telemetry, hardening = wiring.store, wiring.telemetry, wiring.hardening
        manifest = load(version, verify=hardening.pinned_manifest)
        policy, errors, price = manifest.policy, manifest.errors, manifest.price
        model = connect(wiring.settings, errors, telemetry, hardening, price=price, rests=rests)
        wiring.closing.push_async_callback(model.close)
        tools = Gateway(wiring.servers, store, telemetry, policy, errors, hardening, rests=rests)
        return Version(tools, Orchestrator(model, tools, store, telemetry, manifest, hardening))


@asynccontextmanager
async def assemble(settings: Settings, hardening: Hardening, *, store: Store | None = None) -> AsyncIterator[Parts]:
    """The parts of a service, open; everything that was opened here is closed at the end.

    A ``store`` that is handed in is used in place of the one that the settings name, and outlives the service.
    """
    provider = None
    if hardening.tracing:
        provider = provider_from_environment("travel-service", correlation=hardening.correlation)
    telemetry = SystemTelemetry(hardening, tracer_provider=provider, secrets=(settings.api_key,))
    async with AsyncExitStack() as closing:
        if store is None:
            store = open_store(settings.store_url, capacity_constraint=hardening.capacity_constraint)
            closing.callback(store.close)
        servers = await closing.enter_async_context(ToolServers(settings.tool_urls, hardening, telemetry))
        http = await closing.enter_async_context(httpx2.AsyncClient())
        rests = Rests(on=hardening.retry_backoff)
        versions = Versions(Wiring(settings, hardening, store, telemetry, servers, rests, closing))
        usual = versions.under(settings.manifest)
        versions.under(settings.canary_manifest)  # a manifest that cannot be loaded stops the start, not a trip
        shadowing = Shadowing(versions.run, _rehearsal(versions, settings), store, telemetry.redactor)
        closing.push_async_callback(shadowing.close)
        runner = Runner(shadowing.run, store)
        telemetry.figures.watch_trips(lambda: runner.running, lambda: runner.waiting)
        yield Parts(
            store=store,
            telemetry=telemetry,
            runner=runner,
            reception=Reception(store, runner, lambda user: manifest_for(user, settings)),
            business=BusinessCheck(usual.tools, telemetry.figures.business, trades=hardening.business_health),
            probes=probes_of(settings, store, http),
            hardening=hardening,
        )


def _rehearsal(versions: Versions, settings: Settings) -> Rehearsal:
    async def run(row: TripRow) -> Outline:
        return await versions.under(row.manifest).orchestrator.rehearse(row)

    def other(manifest: str) -> str:
        return settings.canary_manifest if manifest == settings.manifest else settings.manifest

    return Rehearsal(run, other, settings.shadow_share)
