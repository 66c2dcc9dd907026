"""Who is calling: named by hand, or by the spans that stand around the call."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NonRecordingSpan, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pytest_agentchaos import agents
from pytest_agentchaos.agents import calling_as
from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.simulation import Simulation
from pytest_agentchaos.traces.in_process import watched

TRACER = TracerProvider().get_tracer("lib")


@pytest.fixture(autouse=True)
def run():
    """Each test runs as a run of a trial does."""
    with watched(History(), VirtualClock()):
        yield
    assert agents._ask_spans is None


def inside(name: str):
    """A span that is open for the length of a block."""
    return TRACER.start_as_current_span(name)


class TestByHand:
    """``with agentchaos.agent("planner"):``."""

    def test_the_path_is_that_of_the_blocks(self):
        """Outermost first; nobody outside."""
        assert agents.current() == ()
        with calling_as("planner"), calling_as("flights"):
            assert agents.current() == ("planner", "flights")
        assert agents.current() == ()

    def test_a_name_given_by_hand_comes_before_those_of_spans(self):
        """Selectors that were written for it fit whether telemetry is on or off, and wherever the span stands."""
        with calling_as("planner"), inside("invoke_agent trip"):
            assert agents.current() == ("planner",)
        with inside("invoke_agent trip"), calling_as("planner"):
            assert agents.current() == ("planner",)
        with inside("invoke_agent trip"):
            assert agents.current() == ("trip",)


class TestBySpans:
    """What stands inside of a span ``invoke_agent planner`` is called by ``planner``."""

    def test_the_path_is_that_of_the_enclosing_spans(self):
        """Other spans between them say nothing."""
        with inside("invoke_workflow trip"):
            assert agents.current() == ()
            with inside("invoke_agent planner"), inside("execute_tool delegate"):
                assert agents.current() == ("planner",)
                with inside("invoke_agent flights"), inside("chat gpt-5"):
                    assert agents.current() == ("planner", "flights")
                assert agents.current() == ("planner",)
        assert agents.current() == ()

    def test_the_attribute_comes_before_the_name_of_the_span(self):
        """Old and new ways to say it."""
        said = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"}
        with TRACER.start_as_current_span("run", attributes=said):
            assert agents.current() == ("planner",)
        with TRACER.start_as_current_span("run planner", attributes={"gen_ai.operation.name": "invoke_agent"}):
            assert agents.current() == ("planner",)

    def test_attributes_that_are_set_after_the_start(self):
        """Most frameworks do so; what counts is what stands there at the first call inside."""
        with TRACER.start_as_current_span("agent run") as span:
            span.set_attribute("gen_ai.operation.name", "invoke_agent")
            span.set_attribute("gen_ai.agent.name", "planner")
            assert agents.current() == ("planner",)
            span.set_attribute("gen_ai.agent.name", "another")
            assert agents.current() == ("planner",)

    def test_an_agent_without_a_name_adds_nothing(self):
        """A call site needs a name that means something."""
        with inside("invoke_agent planner"), inside("invoke_agent"):
            assert agents.current() == ("planner",)
        with TRACER.start_as_current_span("invoke_agent x", attributes={"gen_ai.agent.name": ""}):
            assert agents.current() == ()

    def test_an_agent_that_is_told_of_twice_is_one(self):
        """By two instrumentations, or by both ends of one invocation."""
        client = TRACER.start_as_current_span("invoke_agent planner", kind=SpanKind.CLIENT)
        with client, inside("POST"), inside("invoke_agent planner"):
            assert agents.current() == ("planner",)
            with inside("invoke_agent flights"), inside("invoke_agent planner"):
                assert agents.current() == ("planner", "flights", "planner")

    def test_tasks_have_each_their_own(self):
        """Also those that outlive the span in which they were made."""
        seen = {}

        async def agent(name, delay_s):
            with inside(f"invoke_agent {name}"):
                await asyncio.sleep(delay_s)
                seen[name] = agents.current()

        async def later():
            await asyncio.sleep(10)
            seen["later"] = agents.current()

        async def system():
            with inside("invoke_agent planner"):
                left = asyncio.create_task(later())
                await asyncio.gather(agent("flights", 2), agent("hotels", 1))
            assert agents.current() == ()
            await left

        with Simulation(VirtualClock(), 7) as sim:
            sim.run(system())
        assert seen == {"flights": ("planner", "flights"), "hotels": ("planner", "hotels"), "later": ("planner",)}

    def test_a_thread_with_a_copied_context(self):
        """One without it is nobody's."""
        seen = []

        def work():
            seen.append(agents.current())

        with inside("invoke_agent planner"):
            for target, args in ((contextvars.copy_context().run, (work,)), (work, ())):
                thread = threading.Thread(target=target, args=args)
                thread.start()
                thread.join()
        assert seen == [("planner",), ()]

    def test_a_trace_that_went_on_through_headers(self):
        """What a server in this process does for a span of its caller's, the caller's agent does."""
        headers = {}
        with inside("invoke_agent planner"):
            TraceContextTextMapPropagator().inject(headers)

        def serve():
            context = TraceContextTextMapPropagator().extract(headers)
            with TRACER.start_as_current_span("POST /flights", context=context), inside("invoke_agent flights"):
                return agents.current()

        assert contextvars.Context().run(serve) == ("planner", "flights")

    def test_a_span_of_before_the_run_names_nobody(self):
        """It was not seen when it was started."""
        unseen = NonRecordingSpan(trace.SpanContext(5, 6, is_remote=False))
        with trace.use_span(unseen), inside("chat m"):
            assert agents.current() == ()
        with inside("x"), trace.use_span(unseen):
            assert agents.current() == ()

    @pytest.mark.parametrize("name", [("a", "b"), 7, True], ids=repr)
    def test_names_that_are_no_texts(self, name):
        """They are told as texts."""
        with TRACER.start_as_current_span("invoke_agent x", attributes={"gen_ai.agent.name": name}):
            assert agents.current() == (str(name),)

    def test_a_name_without_end_is_cut(self):
        """It stands in every call of the agent."""
        with inside("invoke_agent " + "x" * 1_000_000):
            assert agents.current() == ("x" * 200 + "...(1000000 characters)",)

    def test_a_current_span_without_a_context(self):
        """As users' own classes have."""

        class Odd(trace.NonRecordingSpan):
            def get_span_context(self):
                return None

        with inside("invoke_agent planner"), trace.use_span(Odd(trace.INVALID_SPAN_CONTEXT)):
            assert agents.current() == ()

    def test_an_attached_empty_context_is_nobodys(self):
        """A new trace begins there."""
        with inside("invoke_agent planner"), TRACER.start_as_current_span("new", context=Context()):
            assert agents.current() == ()


def test_spans_are_asked_only_once_one_was_seen():
    """A call costs nothing extra before."""
    assert agents._ask_spans is None
    with inside("x"):
        assert agents._ask_spans is not None
