"""The agent as a process of its own, between two proxies: the model is behind one, the airline behind the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import npm
import pytest
from airline import Airline
from pytest_agentchaos import Effect, ScriptedModel
from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.doubles import call_tool
from pytest_agentchaos.live import Processes, Proxy, ready

PATIENT_MS, HASTY_MS = 5_000, 400
"""How long the agent waits for one answer. Where a service says nothing, that is real time."""
WISH = {"id": "trip-1", "traveller": "Ada", "to": "Lisbon"}


@dataclass(frozen=True)
class Agent:
    """The agent as a chaos test sees it: where it listens, what it does to the world, and how its answers end."""

    address: str
    airline: Airline

    def introduce(self, chaos: Chaos) -> None:
        """Seats are what it buys; the airline's own record tells which."""
        key = ("body.traveller", "body.flight")
        chaos.effect(Effect("seat", tool="POST /bookings", key=key, id="result.booking"))
        chaos.probe("seat", lambda: self.airline.sold, key=("traveller", "flight"), id="booking")
        chaos.ends(lambda answer: answer["ended"])

    def take(self) -> dict[str, Any]:
        """Ask it for a trip, as its users do; gives its answer."""
        with closing(HTTPConnection(self.address, timeout=60)) as connection:
            connection.request("POST", "/trips", json.dumps(WISH))
            answer: dict[str, Any] = json.load(connection.getresponse())
        return answer


def decide(asked: Any) -> Any:
    """What the model says, by what the tools have told it so far."""
    told = [json.loads(result.text) for result in asked.tool_results]
    if any("booking" in one for one in told):
        return "You fly on TP-12."
    if any(isinstance(one, list) for one in told):
        return call_tool("book_flight", flight="TP-12", traveller=WISH["traveller"], seats=1)
    return call_tool("search_flights", to=WISH["to"], max_price=200)


@pytest.fixture(scope="session")
def main_js(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The compiled agent."""
    try:
        return str(npm.compiled(tmp_path_factory.mktemp("agent")))
    except npm.MissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def start(main_js: str) -> Iterator[Callable[..., Agent]]:
    """Starts the agent with these options; each is a process, and serves all tests that want the same."""
    airline = Airline()
    started: dict[tuple[str, ...], Agent] = {}
    with (
        ScriptedModel(decide).serve() as model_url,
        airline.serve() as airline_url,
        Proxy(model_url, name="https://api.openai.com/v1") as to_model,
        Proxy(airline_url, name="https://airline.example") as to_airline,
        Processes() as processes,
    ):
        env = {**to_model.environment(), "OPENAI_API_KEY": "none is needed", "BOOKING_URL": to_airline.url}

        def start(*options: str, hasty: bool = True) -> Agent:
            airline.forget()
            timeout_ms = HASTY_MS if hasty else PATIENT_MS
            command = ("node", main_js, f"--timeout-ms={timeout_ms}", "--deadline-ms=30000", *options)
            if command not in started:
                listens = ready.line(r"listening on http://(\S+)")
                child = processes.start(f"agent {len(started) + 1}", command, env=env, ready=listens)
                started[command] = Agent(child.ready[1], airline)
            return started[command]

        yield start
