"""The real tool servers on a real store, and a gateway in front of them, in virtual time under faults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from pytest_agentchaos.schedule import Rule
from pytest_agentchaos.trial import Trial
from reference_system.contracts.manifest import load
from reference_system.contracts.tools import DOMAINS, TOOLS
from reference_system.errors import TravelError
from reference_system.gateway.gateway import Gateway
from reference_system.gateway.interface import ToolReply, ToolRequest
from reference_system.gateway.servers import ToolServers
from reference_system.hardening import Hardening
from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance
from reference_system.settings import Settings
from reference_system.store import open_store
from reference_system.store.interface import BookingRow, Store
from reference_system.telemetry.system import SystemTelemetry
from reference_system.tools.server import build_server

CHECK_IN, CHECK_OUT = "2027-03-05", "2027-03-08"
HOTEL = {"hotel": "H-LIS-1", "check_in": CHECK_IN, "check_out": CHECK_OUT, "guests": ["Ada"], "rooms": 1}
FLIGHT = {"flight": "LX1766", "date": CHECK_IN, "travellers": ["Ada"]}


@dataclass
class World:
    """Tool servers, store and gateway of one trial; each run of it is a process that ends afterwards."""

    schedule: tuple[Rule, ...] = ()
    hardening: Hardening = field(default_factory=Hardening)
    budget: Budget = field(default_factory=lambda: Budget(spend_minor=500_000, retries=20))
    deadline_s: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        self.trial = Trial(self.schedule, seed=self.seed)
        self.store: Store = open_store("sqlite://", capacity_constraint=self.hardening.capacity_constraint)
        self.telemetry = SystemTelemetry(self.hardening)
        self.urls = Settings().tool_urls
        for domain in DOMAINS:
            self.trial.upstreams.declare(self.urls[domain], build_server(domain, self.store, self.hardening))

    def run(self, scenario: Callable[[Agent], Awaitable[Any]]) -> Any:
        """What the scenario returns, or the error that ended it."""

        async def main() -> Any:
            manifest = load("v1")
            async with ToolServers(self.urls, self.hardening, self.telemetry) as servers:
                gateway = Gateway(servers, self.store, self.telemetry, manifest.policy, manifest.errors, self.hardening)
                allowance = Allowance(Deadline.after(self.deadline_s), self.budget)
                try:
                    return await scenario(Agent(gateway, allowance))
                except TravelError as error:
                    return error

        return self.trial.run(main)

    def bookings(self, *states: str) -> tuple[BookingRow, ...]:
        """What the servers have on record; without ``states``, what stands."""
        return tuple(row for row in self.store.bookings() if row.state in (states or ("held", "booked")))

    def calls(self, tool: str) -> int:
        """How often requests for a tool were sent."""
        return len(self.trial.history.calls(tool, kind="tool"))

    @property
    def took_s(self) -> float:
        """Virtual seconds of the last run."""
        return self.trial.outcome.virtual_s


@dataclass
class Agent:
    """Somebody who asks for tools."""

    gateway: Gateway
    allowance: Allowance

    async def call(self, tool: str, arguments: Any, **request: Any) -> ToolReply:
        """By default as the specialist of the tool's domain, in step s1 of trip t1."""
        agent = TOOLS[tool].domain if tool in TOOLS else "hotels"
        request = {"trip": "t1", "step": "s1", "agent": agent, "correlation": "c-1", **request}
        return await self.gateway.call(ToolRequest(tool=tool, arguments=arguments, **request), self.allowance)

    async def book_hotel(self, **request: Any) -> ToolReply:
        """One room in Lisbon."""
        return await self.call("book_hotel", dict(HOTEL), **request)


@pytest.fixture
def world() -> type[World]:
    """Make one with ``world(schedule=..., hardening=..., budget=...)``."""
    return World


@pytest.fixture
def hotel() -> dict[str, Any]:
    """A booking of a hotel that can be made."""
    return dict(HOTEL)


@pytest.fixture
def flight() -> dict[str, Any]:
    """A booking of a flight that can be made."""
    return dict(FLIGHT)
