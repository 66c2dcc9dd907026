"""A model that always says the same, asked in virtual time under faults."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from pytest_agentchaos.doubles import call_tool, say
from pytest_agentchaos.schedule import Rule
from pytest_agentchaos.trial import Trial
from reference_system.contracts.asks import StepReport
from reference_system.contracts.manifest import load
from reference_system.contracts.plan import Route
from reference_system.contracts.tools import tools_of
from reference_system.hardening import Hardening
from reference_system.model.endpoint import ModelEndpoint
from reference_system.model.foundry import FoundryModel
from reference_system.model.interface import FunctionOutput, ModelReply, Question
from reference_system.model.responses import ResponsesModel
from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance
from reference_system.settings import Settings
from reference_system.telemetry.system import SystemTelemetry

KEY = "sk-test-0123456789abcdefghijklmnop"
SETTINGS = Settings(api_key=KEY)
FOUNDRY = replace(SETTINGS, foundry_url="http://foundry.travel.local/api/projects/travel")
SAID = "You fly to Lisbon on 2027-03-05. The booking is B-1, and it costs 129.00 EUR. Have a good trip."
SEARCH = {"origin": "Zurich", "destination": "Lisbon", "depart_on": "2027-03-05", "return_on": None, "seats": 1}

ROUTE = Question("router", "You are the router.", '{"ask": "route"}', answer=Route, correlation="c-1", trip="T-1")
STEP = Question(
    "flights",
    "You are the flight specialist.",
    '{"ask": "step"}',
    tools=tools_of("flights"),
    answer=StepReport,
    correlation="c-1",
    trip="T-1",
)
SUMMARY = Question("summariser", "You write.", '{"ask": "summary"}', stream=True, correlation="c-1", trip="T-1")
QUESTIONS = {"structured": ROUTE, "tools": STEP, "streamed": SUMMARY}


def think(asked):
    """The whole mind."""
    if '"route"' in asked.last_user:
        return '{"kind": "trip", "language": "en"}'
    if '"summary"' in asked.last_user:
        return say(SAID)
    if asked.tool_results:
        return '{"outcome": "done", "problem": null, "because": "it is done"}'
    return call_tool("search_flights", **SEARCH)


@dataclass
class Scene:
    """One model, one trial; ``ask`` runs in virtual time."""

    schedule: Sequence[Rule] = ()
    hardening: Hardening = field(default_factory=Hardening)
    think: Any = think
    settings: Settings = SETTINGS
    deadline_s: float | None = None
    budget: Budget = field(default_factory=Budget)
    upstream: Any = None
    seed: int = 0
    errors: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.trial = Trial(tuple(self.schedule), seed=self.seed)
        self.endpoint = self.upstream or ModelEndpoint(self.think, api_key=KEY)
        for url in ("http://model.travel.local", "http://foundry.travel.local"):
            self.trial.upstreams.declare(url, self.endpoint)
        self.telemetry = SystemTelemetry(self.hardening)
        self.policy = load("v1").errors.model_copy(update=self.errors)

    def ask(self, *questions: Question) -> ModelReply:
        """Ask one after the other; the last reply."""
        return self.run(lambda model, allowance: self._all(model, allowance, questions))

    def run(self, work: Any) -> Any:
        """Do something with the model in virtual time."""

        async def system() -> Any:
            kind = FoundryModel if self.settings.foundry_url else ResponsesModel
            model = kind(self.settings, self.policy, self.telemetry, self.hardening, price=load("v1").price)
            try:
                return await work(model, Allowance(Deadline.after(self.deadline_s), self.budget))
            finally:
                await model.close()

        return self.trial.run(system)

    async def _all(self, model, allowance, questions):
        reply = None
        for question in questions:
            reply = await model.ask(question, allowance)
        return reply

    @property
    def seconds(self) -> float:
        """How much virtual time the last run took."""
        return self.trial.outcome.virtual_s

    @property
    def calls(self) -> list[Any]:
        """All requests that reached the wire."""
        return [op for op in self.trial.history if op.kind == "invoke" and op.call.kind == "model"]


@pytest.fixture
def scene():
    """Make a scene."""
    return Scene


@pytest.fixture
def questions():
    """One question of each kind."""
    return QUESTIONS


@pytest.fixture
def continued():
    """The question that hands a reply's calls their outputs."""

    def make(reply: ModelReply, output: str = "{}") -> Question:
        outputs = tuple(FunctionOutput(call.call_id, output) for call in reply.calls)
        return replace(STEP, input=outputs, previous=reply.id)

    return make


@pytest.fixture
def foundry():
    """Settings for the embedded project."""
    return FOUNDRY


@pytest.fixture
def key():
    """What the endpoint wants to be shown."""
    return KEY


@pytest.fixture
def said():
    """The summary."""
    return SAID


@pytest.fixture
def process() -> Iterator[str]:
    """The endpoint in a process of its own, on a socket that this one has bound."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = subprocess.Popen(
            [sys.executable, "-m", "reference_system.model", "--fd", str(listening.fileno())],
            pass_fds=[listening.fileno()],
            env={**os.environ, "OPENAI_API_KEY": KEY},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout.readline().startswith("model: http://127.0.0.1:")
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            process.stdout.close()
    assert process.returncode == -signal.SIGTERM
