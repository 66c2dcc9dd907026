"""What the system's own spans are for a test: evidence in the history, and names of agents to select calls by."""

from __future__ import annotations

import opentelemetry.sdk.trace  # noqa: F401 - pytester forgets what an inner session imports: this stays loaded
import pytest

TRACED = """
import asyncio
import travel
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

provider = TracerProvider()
tracer = provider.get_tracer("framework")


async def agent(name, *, seat, delay_s=0.0):
    with tracer.start_as_current_span(f"invoke_agent {name}"):
        await asyncio.sleep(delay_s)
        with tracer.start_as_current_span("execute_tool book"):
            return await travel.book_async(seat=seat)


async def plan():
    with tracer.start_as_current_span("invoke_agent planner"):
        await asyncio.gather(agent("flights", seat="1A", delay_s=2), agent("hotels", seat="2B", delay_s=1))
        await travel.book_async(seat="3C")


async def shut_down():
    inside = TracerProvider()
    inside.add_span_processor(SimpleSpanProcessor(InMemorySpanExporter()))
    inside.get_tracer("framework").start_span("before").end()
    inside.shutdown()
    inside.get_tracer("framework").start_span("after").end()


def spans(agentchaos):
    return [(op.data["name"], op.data["start_s"], op.data["end_s"]) for op in agentchaos.history if op.kind == "span"]


def callers(agentchaos):
    return ["/".join(exchange.call.agent) for exchange in agentchaos.history.calls()]
"""


@pytest.fixture
def traced(project):
    """A project whose agents make spans."""
    project.makepyfile(traced=TRACED)
    return project


def test_spans_stand_in_the_history_in_virtual_time(traced):
    """Between the ops of their calls, and before the end of the run."""
    traced.makepyfile(
        """
import traced

def test_it(agentchaos):
    agentchaos.run(traced.plan)
    assert traced.spans(agentchaos) == [
        ("execute_tool book", 1, 1), ("invoke_agent hotels", 0, 1),
        ("execute_tool book", 2, 2), ("invoke_agent flights", 0, 2),
        ("invoke_agent planner", 0, 2),
    ]
    kinds = [op.kind for op in agentchaos.history if op.kind != "note"]
    assert kinds == ["invoke", "ok", "span", "span"] * 2 + ["invoke", "ok", "span"]

def test_none_from_another_trial(agentchaos):
    agentchaos.run(lambda: None)
    assert traced.spans(agentchaos) == []
"""
    )
    traced.runpytest().assert_outcomes(passed=2)


def test_calls_belong_to_the_agent_whose_span_they_stand_in(traced):
    """So that a fault can be aimed at one agent's calls; a name that the test gives comes first."""
    traced.makepyfile(
        """
import pytest, traced
from pytest_agentchaos import faults, on

def test_callers(agentchaos):
    agentchaos.run(traced.plan)
    assert traced.callers(agentchaos) == ["planner/hotels", "planner/flights", "planner"]

def test_aim(agentchaos):
    agentchaos.inject(faults.Reset(), on.any(agent="flights"))
    with pytest.raises(Exception):
        agentchaos.run(traced.plan)
    reset = [exchange.call.agent for exchange in agentchaos.history.calls() if exchange.faults]
    assert reset == [("planner", "flights")]

def test_by_hand(agentchaos):
    with agentchaos.agent("mine"):
        agentchaos.run(traced.plan)
    assert traced.callers(agentchaos) == ["mine"] * 3
"""
    )
    traced.runpytest().assert_outcomes(passed=3)


def test_what_never_ended_is_part_of_the_run_that_it_began_in(traced):
    """Also when the run ends by an error."""
    traced.makepyfile(
        """
import pytest, traced

def leave_open():
    traced.tracer.start_span("left open")
    raise ValueError("crashed")

def test_it(agentchaos):
    with pytest.raises(ValueError):
        agentchaos.run(leave_open)
    assert traced.spans(agentchaos) == [("left open", 0, None)]
    assert "outcome" in agentchaos.history[-1].data
"""
    )
    traced.runpytest().assert_outcomes(passed=1)


def test_a_provider_that_is_shut_down_inside(traced):
    """Its spans are seen to the end."""
    traced.makepyfile(
        """
import traced

def test_it(agentchaos):
    agentchaos.run(traced.shut_down)
    assert [name for name, *_ in traced.spans(agentchaos)] == ["before", "after"]
"""
    )
    traced.runpytest().assert_outcomes(passed=1)


def test_live(traced):
    """Times count from the beginning of the trial's own clock, as those of all other ops."""
    traced.makepyfile(
        """
import traced

async def test_it(agentchaos):
    async with agentchaos.live():
        await traced.agent("flights", seat="1A", delay_s=0.01)
    assert traced.callers(agentchaos) == ["flights"]
    (tool, *tool_s), (agent, *agent_s) = traced.spans(agentchaos)
    assert (tool, agent) == ("execute_tool book", "invoke_agent flights")
    first, *_, last = agentchaos.history
    slack_s = 0.005  # two clocks are read one after the other
    assert -slack_s <= agent_s[0] < tool_s[0] <= tool_s[1] <= agent_s[1] <= last.at_s + slack_s
    assert tool_s[0] - slack_s <= agentchaos.history.calls()[0].at_s <= tool_s[1] + slack_s
"""
    )
    traced.runpytest("-o", "asyncio_mode=auto").assert_outcomes(passed=1)


def test_the_same_seed_makes_the_same_history(traced):
    """Ids of spans included."""
    traced.makepyfile(
        """
import traced
digests = set()

def test_one(agentchaos):
    agentchaos.run(traced.plan)
    digests.add(agentchaos.history.digest())

def test_two(agentchaos):
    agentchaos.run(traced.plan)
    assert {agentchaos.history.digest()} == digests
    ids = {op.data["span_id"] for op in agentchaos.history if op.kind == "span"}
    assert len(ids) == 5
"""
    )
    traced.runpytest().assert_outcomes(passed=2)


def test_an_sdk_that_is_imported_only_by_the_system(project, monkeypatch):
    """It is seen from its first span on, and nothing is left patched."""
    project.makepyfile(
        """
import sys

def system():
    from opentelemetry.sdk.trace import TracerProvider
    TracerProvider().get_tracer("framework").start_span("first").end()

def test_it(agentchaos):
    assert "opentelemetry.sdk.trace" not in sys.modules
    agentchaos.run(system)
    assert [op.data["name"] for op in agentchaos.history if op.kind == "span"] == ["first"]
    from opentelemetry.sdk.trace import Span
    assert not hasattr(Span.start, "__wrapped__") and not hasattr(Span.end, "__wrapped__")
"""
    )
    # Another plugin that happens to be installed may bring the SDK along.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    ours = ("-p", "pytest_agentchaos.plugin.hooks", "-p", "pytest_asyncio.plugin")
    project.runpytest_subprocess(*ours).assert_outcomes(passed=1)
