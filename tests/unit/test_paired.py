"""paired: the same journey twice, under faults and without; the difference is what recovery costs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import openai
import pytest

from pytest_agentchaos.doubles.script import call_tool, say
from pytest_agentchaos.doubles.scripted_model import ScriptedModel
from pytest_agentchaos.errors import InvalidTrialError, NoUpstreamError, UsageError
from pytest_agentchaos.evidence.usage import Usage
from pytest_agentchaos.faults.drop_response import DropResponse
from pytest_agentchaos.faults.hang import Hang
from pytest_agentchaos.faults.overloaded import Overloaded
from pytest_agentchaos.paired import paired
from pytest_agentchaos.schedule import on, rule
from pytest_agentchaos.wires import function

TOOLS = [{"type": "function", "name": "book", "parameters": {"type": "object", "properties": {}}, "strict": False}]


class Travel:
    """A small real agent: the openai SDK, and a tool that is asked again when it times out."""

    def __init__(self, trial, *, retries: int = 2) -> None:
        self.seats: list[str] = []
        self.retries = retries
        self._book = function.wire(self.book, timeout_s=10.0)
        script = [replace(turn, usage=Usage(1000, 10)) for turn in (call_tool("book", flight="LX1"), say("Booked."))]
        trial.upstreams.declare("https://api.openai.com", ScriptedModel(script))

    def book(self, flight: str) -> str:
        """A seat for each call."""
        self.seats.append(flight)
        return f"B{len(self.seats)}"

    async def run(self) -> str:
        """Ask the model until it says something."""
        async with openai.AsyncOpenAI(api_key="k", max_retries=self.retries) as client:
            more = {"input": "Book LX1"}
            while True:
                response = await client.responses.create(model="gpt-5", tools=TOOLS, **more)
                calls = [item for item in response.output if item.type == "function_call"]
                if not calls:
                    return response.output_text
                results = [
                    {"type": "function_call_output", "call_id": call.call_id, "output": self.booked(call.arguments)}
                    for call in calls
                ]
                more = {"input": results, "previous_response_id": response.id}

    def booked(self, arguments: str) -> str:
        """Twice, if the first time out."""
        try:
            return self._book(**json.loads(arguments))
        except TimeoutError:
            return self._book(**json.loads(arguments))


def test_a_lost_answer_costs_time_and_a_call():
    """Each run has a system of its own, the same seed, and a history."""
    systems = []

    def build(trial):
        systems.append(Travel(trial))
        return systems[-1].run

    pair = paired(build, [rule(DropResponse(), on.tool("book", nth=1))], seed=7)
    assert [system.seats for system in systems] == [["LX1", "LX1"], ["LX1"]]
    assert (pair.with_fault.faults, pair.without.faults) == ({"drop_response": 1}, {})
    assert (pair.with_fault.outcome, pair.without.outcome) == ("completed", "completed")
    assert (pair.cost.seconds, pair.cost.calls, pair.cost.tokens, pair.cost.cost) == (10.0, 1, 0, 0)
    assert pair.with_fault.recovery_s == 10.0
    assert [trial.seed for trial in pair.trials] == [7, 7]
    assert [len(trial.schedule) for trial in pair.trials] == [1, 0]


def test_the_retries_of_a_model_call_cost_time():
    """Those of the SDK itself, in virtual time; prices can be given."""
    schedule = [rule(Overloaded(), on.model(times=2))]
    pair = paired(lambda trial: Travel(trial).run, schedule, seed=1, prices={"gpt-5": [10, 0]})
    assert pair.cost.seconds > 0
    assert (pair.cost.calls, pair.cost.steps, pair.cost.cost) == (2, 2, 0)
    assert pair.without.cost == 0.02
    again = paired(lambda trial: Travel(trial).run, schedule, seed=1)
    assert again.cost.seconds == pair.cost.seconds


def test_a_system_that_breaks_under_the_fault_is_a_result():
    """How it ended stands in the measures."""
    schedule = [rule(Overloaded(), on.model())]
    pair = paired(lambda trial: Travel(trial, retries=0).run, schedule)
    assert (pair.with_fault.outcome, pair.without.outcome) == ("raised", "completed")
    assert (pair.cost.calls, pair.cost.tokens) == (-2, -2020)


def test_a_system_that_hangs_under_the_fault_is_one_too():
    """It waits for something that can never come."""

    def build(_trial):
        return function.wire(lambda: "B1", name="book", timeout_s=None)

    pair = paired(build, [rule(Hang(), on.tool("book"))])
    assert (pair.with_fault.outcome, pair.without.outcome) == ("hung", "completed")


def test_a_fault_that_never_fired_proves_nothing():
    """Two runs without a fault cost the same."""
    with pytest.raises(InvalidTrialError, match="1 of 1 faults never fired"):
        paired(lambda trial: Travel(trial).run, [rule(Overloaded(), on.tool("pay"))])


def test_a_journey_that_fails_by_itself_proves_nothing():
    """There would be nothing to compare with."""

    def build(trial):
        travel = Travel(trial)

        async def run() -> None:
            await travel.run()
            raise KeyError

        return run

    with pytest.raises(InvalidTrialError, match="without any fault the journey raised after 0 s: KeyError"):
        paired(build, [rule(DropResponse(), on.tool("book", nth=1))])


def test_an_error_of_use_is_no_result():
    """Nobody declared what stands behind the URL, and the system swallows that."""

    async def system() -> None:
        async with openai.AsyncOpenAI(api_key="k", max_retries=0) as client:
            try:
                await client.responses.create(model="gpt-5", input="x")
            except openai.OpenAIError:
                await asyncio.sleep(1)

    with pytest.raises(NoUpstreamError):
        paired(lambda _trial: system, [rule(DropResponse(), on.tool("book"))])


def test_what_cannot_be_paired_is_refused():
    """No fault, no system, no price."""
    with pytest.raises(UsageError, match="two runs without a fault cost the same"):
        paired(lambda trial: Travel(trial).run, [])
    with pytest.raises(UsageError, match="not callable"):
        paired(lambda _trial: "no function", [rule(DropResponse(), on.tool())])
    with pytest.raises(UsageError, match="prices="):
        paired(lambda trial: Travel(trial).run, [rule(DropResponse(), on.tool())], prices={})
