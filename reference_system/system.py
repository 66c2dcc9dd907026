"""The whole system in one process, as a chaos test drives it: fresh for each trial, made of the real stack's parts.

    system = travel()
    system.introduce(agentchaos)
    answer = agentchaos.run(system.take, "weekend-in-lisbon")

The service talks to the tool servers and the model by HTTP through the real SDKs; what stands behind their addresses is
handed to whoever drives the trial. Whatever must survive a crash is in the store, so that the service can end at any
moment and be started again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx2
from pydantic import ValidationError

from pytest_agentchaos import Effect
from pytest_agentchaos.doubles import Reply, Request
from reference_system.contracts.tools import DOMAINS, Domain
from reference_system.contracts.trip import TripAnswer, TripRequest
from reference_system.errors import StoreError, TravelError
from reference_system.evidence import EFFECTS, claimed, ended, prices, standing
from reference_system.hardening import Hardening
from reference_system.journeys import Journey, Use, find, shipped
from reference_system.model.endpoint import ModelEndpoint, path_of
from reference_system.model.replies import error_reply, json_reply
from reference_system.service.app import Parts, create_app
from reference_system.service.assembly import assemble
from reference_system.settings import Settings
from reference_system.store import open_store
from reference_system.store.interface import Store
from reference_system.tools.server import ToolServer, build_server

if TYPE_CHECKING:  # it brings the whole engine along
    from pytest_agentchaos import Chaos

ALL: Final = Hardening()
QUIET: Final = Settings(canary_share=0.0)
"""Every user under the same manifest, so that a trial does not depend on who asks."""
SERVICE_URL: Final = "http://service.travel.local"
PAUSES_S: Final = (1.0, 5.0, 20.0)
"""Of a user, before a request is sent again."""
CALLER_PATIENCE_S: Final = 900.0
"""So long a user of a trial waits for an answer: longer than a trip may last."""


NOTHING_SPECIAL: Final[Mapping[str, int]] = {}
"""As much is for sale as the catalogue says."""

USUAL: Final = "weekend-in-lisbon"
"""The journey of whoever asks for none."""

EDGES: Final = (("user", "service"), ("service", "model"), *(("service", domain) for domain in DOMAINS))
"""Who calls whom over a wire: (caller, callee). Callees stand at the addresses of the settings."""


class TravelSystem:
    """One system. The tool servers, the model and the records stay while the service comes and goes."""

    def __init__(
        self,
        hardening: Hardening = ALL,
        *,
        settings: Settings = QUIET,
        store: Store | None = None,
        capacities: Mapping[str, int] = NOTHING_SPECIAL,
    ) -> None:
        self.hardening = hardening
        self.settings = settings
        self.capacities = capacities
        self.store = store or open_store(settings.store_url, capacity_constraint=hardening.capacity_constraint)
        for resource, capacity in capacities.items():
            self.store.set_capacity(resource, capacity)
        self.model = ModelEndpoint()
        self.tools: dict[str, ToolServer] = {domain: self._tool_server(domain) for domain in DOMAINS}
        self._user: _User | None = None

    def _tool_server(self, domain: Domain) -> ToolServer:
        return build_server(domain, self.store, self.hardening)

    @property
    def upstreams(self) -> Mapping[str, Any]:
        """Address -> what answers there."""
        urls = self.settings.tool_urls
        return {
            _origin(self.settings.model_url): self.model,
            **{_origin(urls[domain]): Doorbell(domain, self.store) for domain in DOMAINS},
            **{urls[domain]: self.tools[domain] for domain in DOMAINS},
        }

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What it does to the world."""
        return EFFECTS

    @property
    def definitions(self) -> tuple[Any, ...]:
        """What the tools say of themselves; this system's client asks for it on no wire."""
        return tuple(tool for server in self.tools.values() for tool in server.published)

    @property
    def prices(self) -> dict[str, list[float]]:
        """What a million tokens of its model cost: input, output."""
        return prices(self.settings.model, self.settings.manifest)

    def standing(self, effect: str) -> list[dict[str, Any]]:
        """What the tool servers have on record of an effect."""
        return standing(self.store, effect)

    def connect(self, chaos: Chaos) -> None:
        """Declare what stands behind its addresses in a trial."""
        restarts = {url: partial(self._tool_server, domain) for domain, url in self.settings.tool_urls.items()}
        for url, thing in self.upstreams.items():
            chaos.upstream(url, thing, restart=restarts.get(url))

    def introduce(self, chaos: Chaos) -> None:
        """Declare all of it in a trial: what stands behind its addresses, effects, claims, tools, prices, probes."""
        self.connect(chaos)
        chaos.effect(*self.effects)
        chaos.claims(partial(claimed, self.store))
        chaos.ends(ended)
        chaos.tools(*self.definitions)
        chaos.prices(self.prices, currency="EUR")
        for effect in self.effects:
            chaos.probe(effect.name, partial(self.standing, effect.name), amount="amount_minor")

    @property
    def journeys(self) -> tuple[str, ...]:
        """What it can be asked to take, by name; the usual one first."""
        return tuple(sorted((one.name for one in shipped()), key=lambda name: name != USUAL))

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Who calls whom."""
        return EDGES

    def state_digest(self) -> str:
        """Of the business state; two systems with the same one have done the same."""
        return self.store.digest()

    @asynccontextmanager
    async def service(self) -> AsyncIterator[Service]:
        """The service, started; entered again: restarted. It first goes on with the trips that were left running."""
        async with assemble(self.settings, self.hardening, store=self.store) as parts:
            app = create_app(parts, grace_s=0.0)
            async with app.router.lifespan_context(app):
                transport = httpx2.ASGITransport(app)
                async with httpx2.AsyncClient(
                    transport=transport, base_url=SERVICE_URL, timeout=CALLER_PATIENCE_S
                ) as client:
                    yield Service(client, parts)

    async def take(self, journey: Journey | str) -> Taken:
        """One journey, turn by turn, each as a request to a service that runs meanwhile."""
        if isinstance(journey, str):
            journey = find(journey)
        user = self._user = _User(journey)
        async with self.service() as service:
            await user.ask(service)
        return Taken(journey, tuple(user.answers), self.use(user.answers))

    async def resume(self) -> tuple[TripAnswer, ...]:
        """A new service goes on with what a crashed one has left, to the end; the answers of all trips.

        A user who was taking a journey still waits, sends the last request again, and gets to the end of the journey:
        then it is the answers of that.
        """
        async with self.service() as service:
            await service.rest()
            if self._user is not None:
                await self._user.ask(service)
                return tuple(self._user.answers)
        return tuple(TripAnswer.model_validate(row.answer) for row in self.store.trips() if row.answer is not None)

    def use(self, answers: Sequence[TripAnswer]) -> Use:
        """What these trips have used, by the message log."""
        messages = [message for answer in answers for message in self.store.messages(trip=answer.trip, limit=100_000)]
        replies = [message.body for message in messages if message.kind == "model_reply"]
        return Use(
            model_calls=len(replies),
            tokens=sum(sum(body["tokens"]) for body in replies),
            tools=tuple(message.receiver for message in messages if message.kind == "tool_call"),
        )

    def live(self) -> TravelSystem:
        """The same made of processes, for trials in real time; it takes the place of this one."""
        from reference_system.live import LiveTravelSystem  # most trials start no process

        self.close()
        return LiveTravelSystem(self.hardening, self.settings, self.capacities)

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()


@dataclass(slots=True)
class _User:
    """Who takes a journey; a crash of the service does not reach this far."""

    journey: Journey
    answers: list[TripAnswer] = field(default_factory=list)

    async def ask(self, service: Service) -> None:
        """Ask for what is not answered yet, turn by turn."""
        for at, turn in enumerate(self.journey.turns, 1):
            if at > len(self.answers):
                previous = self.answers[-1].trip if self.answers else None
                self.answers.append(await service.ask(turn.request(previous), key=f"{self.journey.name}-{at}"))


@dataclass(frozen=True, slots=True)
class Taken:
    """A journey that was taken."""

    journey: Journey
    answers: tuple[TripAnswer, ...]
    """One a turn."""
    use: Use


@dataclass(frozen=True, slots=True)
class Doorbell:
    """What a tool server answers beside its tools: whether it is there, and whether its store is."""

    domain: str
    store: Store

    def handle(self, request: Request) -> Reply:
        """The reply to a request for /health or /ready."""
        path = path_of(request.url)
        if path == "/health":
            return json_reply({"alive": True, "server": self.domain})
        if path != "/ready":
            return error_reply(404, f"there is nothing at {path}")
        try:
            self.store.ping()
        except StoreError as error:
            return json_reply({"ready": False, "server": self.domain, "why": str(error)}, status=503)
        return json_reply({"ready": True, "server": self.domain})


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class _LaterError(TravelError):
    """The service cannot now."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running service, as its users see it."""

    http: httpx2.AsyncClient
    parts: Parts | None = None
    """What it is made of, where it runs in this process."""

    async def ask(self, request: TripRequest, *, key: str) -> TripAnswer:
        """Send a request and wait for the end of its trip; with the same key again if no proper answer comes."""
        body = request.model_dump(mode="json")
        for pause_s in PAUSES_S:
            try:
                return await self._ask_once(body, key)
            except (httpx2.TransportError, _LaterError, ValidationError):
                await asyncio.sleep(pause_s)
        return await self._ask_once(body, key)

    async def _ask_once(self, body: dict[str, Any], key: str) -> TripAnswer:
        reply = await self.http.post("/trips", json=body, headers={"Idempotency-Key": key})
        if reply.is_server_error or reply.status_code == httpx2.codes.TOO_MANY_REQUESTS:
            msg = f"the service answers {reply.status_code}: {reply.text[:200]}"
            raise _LaterError(msg)
        reply.raise_for_status()
        return TripAnswer.model_validate_json(reply.content)

    async def rest(self) -> None:
        """Wait until no trip runs, where that can be seen."""
        if self.parts is not None:
            await self.parts.runner.idle()


def travel(*off: str, manifest: str | None = None, **given: Any) -> TravelSystem:
    """A fresh system, with these safeguards switched off: ``travel("idempotency")``.

    ``travel(manifest="v2")``: every user under that one.
    """
    if manifest is not None:
        given["settings"] = replace(given.get("settings", QUIET), manifest=manifest)
    return TravelSystem(Hardening().without(*off), **given)
