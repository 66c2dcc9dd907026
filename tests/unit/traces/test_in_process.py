"""Spans of the OpenTelemetry SDK become ops of the history, and nothing of the SDK is left changed."""

from __future__ import annotations

import asyncio
import functools
import json
import subprocess
import sys
import threading

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

from pytest_agentchaos import agents
from pytest_agentchaos.clock import EPOCH_S, VirtualClock
from pytest_agentchaos.evidence.history import History, first_difference
from pytest_agentchaos.evidence.spans.span import Span, spans
from pytest_agentchaos.seams import Finder
from pytest_agentchaos.simulation import Simulation
from pytest_agentchaos.traces.in_process import watched
from pytest_agentchaos.traces.sdk_span import LIMIT_CHARACTERS

ORIGINAL = sdk.Span.start, sdk.Span.end


@pytest.fixture(autouse=True)
def nothing_left_patched():
    """After each test, the SDK is as it was and no call asks for spans."""
    yield
    assert (sdk.Span.start, sdk.Span.end) == ORIGINAL
    assert not any(isinstance(one, Finder) for one in sys.meta_path)
    assert agents._ask_spans is None


@pytest.fixture
def tracer():
    """Of a private provider, made before the trial, that exports nowhere."""
    return TracerProvider(resource=Resource({"service.name": "planner"})).get_tracer("lib")


def seen(history: History) -> list[Span]:
    """The spans of a history, all of them readable, also after it was saved and loaded."""
    found = history.view(spans)
    assert not found.damaged
    loaded = History.from_jsonl(history.to_jsonl()).view(spans)
    assert not loaded.damaged
    assert len(loaded.seen) == len(found.seen)
    return [span for _, span in found.seen]


def names(history: History) -> list[str]:
    """Their names, in the order of their ends."""
    return [span.name for span in seen(history)]


def simulated(system, *, seed: int = 7) -> History:
    """The history of an async system that ran in virtual time."""
    clock, history = VirtualClock(), History(seed=seed)
    with Simulation(clock, seed) as sim, watched(history, clock):
        sim.run(system())
    return history


def watching(system) -> History:
    """The history of a sync system, at the virtual second 0."""
    history = History()
    with watched(history, VirtualClock()):
        system()
    return history


class TestWhatIsSeen:
    """Every span that is recorded, whoever made its provider."""

    def test_all_that_a_span_says(self, tracer):
        """Ids, times on the trial's clock, kind, status, attributes, events, links, service, scope."""
        context = trace.SpanContext(1, 2, is_remote=True)

        async def system():
            await asyncio.sleep(1)
            with tracer.start_as_current_span("root"):
                span = tracer.start_span("chat m", kind=SpanKind.CLIENT, links=[Link(context)], attributes={"a": [1]})
                await asyncio.sleep(2.5)
                span.add_event("token", {"n": (1, 2)})
                await asyncio.sleep(0.5)
                span.set_status(Status(StatusCode.ERROR, "no"))
                span.end()

        history = simulated(system)
        child, root = seen(history)
        assert child.parent_id == root.span_id
        assert (child.trace_id, root.parent_id) == (root.trace_id, "")
        assert (len(child.trace_id), len(child.span_id)) == (32, 16)
        assert (child.start_s, child.end_s, child.kind, child.status, child.message) == (1, 4, "client", "error", "no")
        assert child.attributes == {"a": [1]}
        assert child.events == ({"name": "token", "at_s": 3.5, "attributes": {"n": [1, 2]}},)
        assert child.links == ("0000000000000002",)
        assert (child.service, child.scope) == ("planner", "lib")
        assert [op.at_s for op in history] == [4, 4]

    def test_providers_made_before_and_inside_and_the_global_one(self, tracer):
        """A trial knows none of them."""
        before = trace._TRACER_PROVIDER
        trace._TRACER_PROVIDER = TracerProvider()
        try:

            def system():
                tracer.start_span("private").end()
                trace.get_tracer("lib").start_span("global").end()
                TracerProvider().get_tracer("lib").start_span("inside").end()

            assert names(watching(system)) == ["private", "global", "inside"]
        finally:
            trace._TRACER_PROVIDER = before

    def test_the_systems_own_telemetry_is_as_always(self, tracer):
        """Its processors get each span once, and nothing is added to its provider."""
        exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        history = watching(lambda: provider.get_tracer("lib").start_span("mine").end())
        assert names(history) == ["mine"] == [span.name for span in exporter.get_finished_spans()]
        assert len(provider._active_span_processor._span_processors) == 1

    def test_a_provider_that_is_shut_down_inside(self, tracer):
        """Its spans go nowhere from then on, but they are seen."""

        async def system():
            provider = TracerProvider()
            provider.add_span_processor(BatchSpanProcessor(InMemorySpanExporter()))
            lib = provider.get_tracer("lib")
            lib.start_span("before").end()
            provider.shutdown()
            lib.start_span("after").end()

        clock, history = VirtualClock(), History()
        with watched(history, clock):
            asyncio.run(system())
        assert names(history) == ["before", "after"]

    def test_spans_across_gather(self, tracer):
        """Tasks that run at once are children of the span in which they were made."""

        async def step(number):
            with tracer.start_as_current_span(f"step {number}"):
                await asyncio.sleep(3 - number)

        async def system():
            with tracer.start_as_current_span("plan"):
                await asyncio.gather(*map(step, range(3)))

        *steps, plan = seen(simulated(system))
        assert [(step.name, step.start_s, step.end_s) for step in steps] == [
            ("step 2", 0, 1),
            ("step 1", 0, 2),
            ("step 0", 0, 3),
        ]
        assert {step.parent_id for step in steps} == {plan.span_id}

    def test_exceptions(self, tracer):
        """The span says what went wrong, and the exception goes its way."""

        def system():
            with tracer.start_as_current_span("fails"):
                raise RuntimeError("sold out")  # noqa: TRY003, EM101 - an agent's

        history = History()
        with pytest.raises(RuntimeError, match="sold out"), watched(history, VirtualClock()):
            system()
        (span,) = seen(history)
        assert (span.status, span.message, span.is_error) == ("error", "RuntimeError: sold out", True)
        assert span.events[0]["attributes"]["exception.message"] == "sold out"

    def test_what_is_not_recorded_is_not_seen(self, monkeypatch):
        """A sampler that says no, an SDK that the environment switches off."""
        unsampled = TracerProvider(sampler=ALWAYS_OFF).get_tracer("lib")
        monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
        disabled = TracerProvider().get_tracer("lib")

        def system():
            for lib in (unsampled, disabled):
                with lib.start_as_current_span("unseen"):
                    assert agents.current() == ()

        assert len(watching(system)) == 0

    def test_a_time_of_its_own_is_told_as_it_is(self, tracer):
        """What a user reports afterwards happened when he says."""
        start_ns = int((EPOCH_S - 3) * 1e9)
        (span,) = seen(watching(lambda: tracer.start_span("late", start_time=start_ns).end(start_ns + 1_000_000)))
        assert (span.start_s, span.end_s) == (-3, -2.999)

    def test_live_times_count_from_the_second_0_that_it_is_given(self, tracer):
        """And real time since then stands beside."""
        history = History(mode="live")
        with watched(history, VirtualClock(), epoch_s=1_790_000_000.25, wall_s=lambda: 4.5):
            tracer.start_span("live", start_time=1_790_000_001_250_001_000).end(1_790_000_002_250_000_000)
        (span,) = seen(history)
        assert (span.start_s, span.end_s) == (1.000001, 2)
        assert [op.wall_s for op in history] == [4.5]


class TestEnds:
    """Each span is written once, at its end."""

    def test_ended_twice(self, tracer, caplog):
        """The SDK warns about the second time, as always; the history tells of the first."""

        def system():
            span = tracer.start_span("once")
            span.end()
            span.end()
            span.set_attribute("late", 1)

        (span,) = seen(watching(system))
        assert (span.name, span.attributes) == ("once", {})
        assert [record.message for record in caplog.records] == [
            "Calling end() on an ended span.",
            "Setting attribute on ended span.",
        ]

    def test_started_twice(self, tracer, caplog):
        """It stays the one that it was."""

        def system():
            span = tracer.start_span("once")
            span.start()
            span.end()
            span.start()

        assert names(watching(system)) == ["once"]
        earlier = tracer.start_span("earlier")
        earlier.end()
        assert len(watching(lambda: [earlier.start()])) == 0

    def test_never_ended(self, tracer):
        """It is written at the end of the run, as far as it came, in the order of the starts."""
        spans_kept = []

        def system():
            spans_kept.extend(tracer.start_span(name, attributes={"n": 1}) for name in ("first", "second", "third"))
            spans_kept[1].end(int(EPOCH_S * 1e9))

        history = watching(system)
        assert [(span.name, span.end_s) for span in seen(history)] == [("second", 0), ("first", None), ("third", None)]
        spans_kept[0].set_attribute("n", 2)
        assert seen(history)[1].attributes == {"n": 1}

    def test_ended_in_a_later_run(self, tracer):
        """It is written again, now with its end; a span from before the trial is written as it is."""
        history, clock = History(), VirtualClock()
        early = tracer.start_span("early", start_time=int(EPOCH_S * 1e9) - 10**9)
        with watched(history, clock):
            span = tracer.start_span("long", start_time=int(EPOCH_S * 1e9))
        clock.wait(5)
        with watched(history, clock):
            span.end(int(EPOCH_S * 1e9) + 5 * 10**9)
            early.end(int(EPOCH_S * 1e9) + 5 * 10**9)
        found = [(span.name, span.start_s, span.end_s) for span in seen(history)]
        assert found == [("long", 0, None), ("long", 0, 5), ("early", -1, 5)]

    def test_ended_between_two_runs(self, tracer):
        """Nobody watches then, and a later run does not write what ended before it."""
        history = History()
        with watched(history, VirtualClock()):
            span = tracer.start_span("long")
        span.end()
        with watched(history, VirtualClock()):
            span.end()
        assert [span.end_s for span in seen(history)] == [None]

    def test_ended_by_several_threads(self, tracer):
        """One of them writes it down."""
        history = History(mode="live")

        def end(span, start):
            start.wait()
            span.end()

        with watched(history, VirtualClock()):
            for _ in range(50):
                span, start = tracer.start_span("shared"), threading.Barrier(3)
                threads = [threading.Thread(target=end, args=(span, start)) for _ in range(3)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
        assert names(history) == ["shared"] * 50

    def test_an_exporter_that_fails(self, tracer):
        """The span has ended all the same."""

        class Broken(SimpleSpanProcessor):
            def on_end(self, span):
                raise OSError("disk full")  # noqa: TRY003, EM101 - an exporter's

        provider = TracerProvider()
        provider.add_span_processor(Broken(InMemorySpanExporter()))

        def system():
            with pytest.raises(OSError, match="disk full"):
                provider.get_tracer("lib").start_span("lost").end()

        (span,) = seen(watching(system))
        assert (span.name, span.end_s is None) == ("lost", False)

    def test_an_exporter_that_takes_its_time(self, tracer):
        """The op stands at the moment of the end, and not of the export."""
        clock, history = VirtualClock(), History()

        class Slow(SimpleSpanProcessor):
            def on_end(self, span):
                clock.wait(30)

        provider = TracerProvider()
        provider.add_span_processor(Slow(InMemorySpanExporter()))
        with watched(history, clock):
            provider.get_tracer("lib").start_span("slow").end()
        assert [op.at_s for op in history] == [0]

    def test_an_end_without_a_start(self):
        """The SDK refuses it, as always, and nothing is written."""

        def system():
            with pytest.raises(RuntimeError, match="not started"):
                sdk._Span("never", trace.SpanContext(1, 2, is_remote=False)).end()

        assert len(watching(system)) == 0


class TestHostile:
    """Whatever stands in a span, the run goes on and the history can be read, saved and loaded."""

    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            ((1, (2.5, "x")), [1, [2.5, "x"]]),
            (b"\xff\x00bytes", "\ufffd\x00bytes"),
            (float("nan"), "nan"),
            ([float("inf")], ["inf"]),
            ({"a": {"b": (1,)}}, {"a": {"b": [1]}}),
            (None, None),
            (True, True),
            (2**63, 2**63),
            (10**5000, None),
            ("\ud800 half a character", "\ud800 half a character"),
        ],
        ids=["tuple", "bytes", "nan", "infinite", "mapping", "none", "bool", "large", "endless", "surrogate"],
    )
    def test_values(self, tracer, value, kept):
        """JSON has a word for all that is kept."""
        (span,) = seen(watching(lambda: tracer.start_span("s", attributes={"v": value}).end()))
        told = span.attributes["v"]
        assert told == kept if kept is not None or value is None else told.startswith("0x")

    def test_long_texts_are_cut(self, tracer):
        """Wherever they stand: the history says how long they were."""
        long = "x" * 10_000_000
        told = "x" * LIMIT_CHARACTERS + "...(10000000 characters)"

        def system():
            span = tracer.start_span(long, attributes={"text": long, "list": [long], "bytes": long.encode(), long: 1})
            span.add_event(long, {"text": long})
            span.set_status(Status(StatusCode.ERROR, long))
            span.end()

        (span,) = seen(watching(system))
        assert (span.name, span.message, span.events[0]["name"]) == (told, told, told)
        assert span.attributes == {"text": told, "list": [told], "bytes": told, told: 1}
        assert span.events[0]["attributes"] == {"text": told}

    def test_a_text_at_the_limit_is_whole(self, tracer):
        """One more character and it is cut."""
        limit = "x" * LIMIT_CHARACTERS
        (span,) = seen(watching(lambda: tracer.start_span("s", attributes={"a": limit, "b": limit + "y"}).end()))
        assert span.attributes == {"a": limit, "b": limit + f"...({LIMIT_CHARACTERS + 1} characters)"}

    @pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"in": value}], ids=["lists", "mappings"])
    def test_nesting_without_end(self, tracer, wrap):
        """Below so many levels nothing is told."""
        value: object = "deep"
        for _ in range(100):
            value = wrap(value)
        (span,) = seen(watching(lambda: tracer.start_span("s", attributes={"v": value}).end()))
        told = json.dumps(span.attributes)
        assert told.count("[") + told.count("in") == 20
        assert '"..."' in told

    @pytest.mark.parametrize("moment", ["yesterday", float("nan"), 10**400, -(10**400)], ids=str)
    def test_times_that_are_none(self, tracer, moment):
        """The moment of the end stands in their place."""
        (span,) = seen(watching(lambda: tracer.start_span("s", start_time=moment).end(moment)))
        assert (span.start_s, span.end_s) == (0, 0)

    @pytest.mark.parametrize(("name", "told"), [(None, "None"), (7, "7"), ("", ""), ("a\nb\x00", "a\nb\x00")], ids=repr)
    def test_names(self, tracer, name, told):
        """A name that is no text is told as one; calls inside belong to nobody."""

        def system():
            with tracer.start_as_current_span(name):
                assert agents.current() == ()

        assert names(watching(system)) == [told]

    def test_ids_that_collide(self):
        """All spans are written, and looking for agents ends."""

        class Same(IdGenerator):
            def generate_span_id(self):
                return 1

            def generate_trace_id(self):
                return 1

        lib = TracerProvider(id_generator=Same()).get_tracer("lib")

        def system():
            with lib.start_as_current_span("a"), lib.start_as_current_span("invoke_agent b"):
                assert agents.current() == ("b",)
                with lib.start_as_current_span("c"):
                    assert agents.current() == ("b",)

        found = seen(watching(system))
        assert [(span.name, span.span_id, span.parent_id) for span in found] == [
            ("c", "0000000000000001", "0000000000000001"),
            ("invoke_agent b", "0000000000000001", "0000000000000001"),
            ("a", "0000000000000001", ""),
        ]

    def test_what_cannot_be_read_is_told(self, tracer):
        """The op says so, and the view of spans counts it as damaged: evidence is missing, and nobody is at ease."""

        def system():
            span = tracer.start_span("s")
            span.end()
            span._events = 7

        history = watching(system)
        ((index, why),) = history.view(spans).damaged
        assert history[index].data == {"unread": "TypeError: 'int' object is not iterable"}
        assert why.startswith("a span without trace_id")

    def test_a_span_without_a_context(self):
        """Made by hand, past every tracer: it stays unwritten until it ends, and then it is unread."""

        def system():
            span = sdk._Span("made by hand", None)
            span.start()
            span.end()

        assert len(watching(system).view(spans).damaged) == 1

    def test_many_spans_inside_each_other(self, tracer):
        """Their agents are found without a frame for each."""

        def system():
            context = Context()
            opened = []
            for number in range(5_000):
                span = tracer.start_span(f"invoke_agent a{number % 2}" if number < 6 else "work", context=context)
                opened.append(span)
                context = trace.set_span_in_context(span, context)
            with trace.use_span(opened[-1]):
                assert agents.current() == ("a0", "a1", "a0", "a1", "a0", "a1")

        history = watching(system)
        assert len(history) == 5_000


class TestRepeatable:
    """The same seed, the same spans."""

    def test_histories_under_one_seed_are_equal(self, tracer):
        """Ids and times included; another seed gives other ids."""

        async def step(number):
            with tracer.start_as_current_span(f"step {number}") as span:
                await asyncio.sleep(number)
                span.record_exception(ValueError("x"))

        async def system():
            with tracer.start_as_current_span("plan"):
                await asyncio.gather(*map(step, range(5)))

        one, two, other = (simulated(system, seed=seed) for seed in (3, 3, 4))
        assert first_difference(one, two) is None
        assert one.digest() == two.digest() != other.digest()

    def test_ids_are_those_that_go_over_the_wire(self, tracer):
        """So that a call can be laid beside the span that made it."""
        sent = []

        def system():
            with tracer.start_as_current_span("call") as span:
                sent.append(f"{span.get_span_context().trace_id:032x}-{span.get_span_context().span_id:016x}")

        (span,) = seen(watching(system))
        assert sent == [f"{span.trace_id}-{span.span_id}"]


class TestNothingIsLeft:
    """The SDK's class is led through here for as long as somebody watches."""

    def test_after_an_error_and_after_an_exit_by_force(self, tracer):
        """Whatever ends the run."""

        def system(error):
            assert sdk.Span.end is not ORIGINAL[1]
            raise error

        for error in (ValueError, KeyboardInterrupt, SystemExit):
            with pytest.raises(error), watched(History(), VirtualClock()):
                system(error)
            assert (sdk.Span.start, sdk.Span.end) == ORIGINAL

    def test_two_at_a_time_in_any_order(self, tracer):
        """Both see; the one that leaves first takes nothing from the other."""
        one, two = History(), History()
        first, second = watched(one, VirtualClock()), watched(two, VirtualClock())
        first.__enter__()
        second.__enter__()
        tracer.start_span("both").end()
        first.__exit__()
        tracer.start_span("second").end()
        second.__exit__()
        tracer.start_span("nobody").end()
        assert (names(one), names(two)) == (["both"], ["both", "second"])

    def test_a_patch_of_somebody_elses_is_left_alone(self, tracer, monkeypatch):
        """One that was made before is called as ever; one made inside stays, and what lies below it sees nothing."""
        called = []

        def patch():
            inner = sdk.Span.end

            @functools.wraps(inner)  # copies all marks of the function, as libraries do
            def end(self, end_time=None):
                called.append(self.name)
                inner(self, end_time)

            monkeypatch.setattr(sdk.Span, "end", end)
            return end

        before = patch()
        history = watching(lambda: tracer.start_span("one").end())
        assert sdk.Span.end is before
        history = History()
        with watched(history, VirtualClock()):
            inside = patch()
            tracer.start_span("two").end()
        assert sdk.Span.end is inside
        tracer.start_span("three").end()
        assert names(history) == ["two"]
        assert names(watching(lambda: tracer.start_span("four").end())) == ["four"]
        assert sdk.Span.end is inside
        assert called == ["one", "two", "two", "three", "three", "four", "four"]
        monkeypatch.undo()

    def test_a_wrapper_that_says_it_equals_what_it_wraps(self, tracer, monkeypatch):
        """As the wrappers of instrumentation libraries do; it is called as ever, and stays."""
        called = []

        class Wrapper:
            def __init__(self, wrapped):
                self.__wrapped__ = wrapped

            def __eq__(self, other):
                return self.__wrapped__ == other

            def __hash__(self):
                return hash(self.__wrapped__)

            def __get__(self, span, owner=None):
                return functools.partial(self, span)

            def __call__(self, span, *args):
                called.append(span.name)
                self.__wrapped__(span, *args)

        with watched(History(), VirtualClock()):
            monkeypatch.setattr(sdk.Span, "end", Wrapper(sdk.Span.end))
        inside = vars(sdk.Span)["end"]
        assert names(watching(lambda: tracer.start_span("one").end())) == ["one"]
        assert vars(sdk.Span)["end"] is inside
        assert called == ["one"]
        monkeypatch.undo()
        sdk.Span.end = ORIGINAL[1]

    def test_a_method_of_ours_that_somebody_put_back(self, tracer):
        """The next run takes it away again."""
        with watched(History(), VirtualClock()):
            ours = sdk.Span.end
        sdk.Span.end = ours
        tracer.start_span("nobody").end()
        assert names(watching(lambda: tracer.start_span("one").end())) == ["one"]
        assert sdk.Span.end is ORIGINAL[1]

    def test_nothing_of_the_run_is_kept(self, tracer):
        """Neither spans nor places in the tree, which would grow for as long as the session lives."""
        watch = watched(History(), VirtualClock())
        with watch:
            kept = tracer.start_span("open")
            tracer.start_span("closed").end()
        assert (watch._open, watch._ended, watch._places) == ({}, {}, {})
        kept.end()

    def test_a_stand_in_for_the_sdk_is_not_touched(self, monkeypatch):
        """A test may have blocked or replaced the module."""
        monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", object())
        assert len(watching(lambda: None)) == 0


class TestImportedDuringTheRun:
    """Programs of their own, since this one has the SDK already."""

    def run(self, program: str) -> str:
        """What it prints."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROLOGUE + program], capture_output=True, text=True, check=False
        )
        assert not done.stderr, done.stderr
        return done.stdout.strip()

    def test_it_is_seen_from_then_on(self):
        """And no longer than the run."""
        assert self.run(LATER) == "['inside'] False True"

    def test_without_the_sdk_nothing_of_it_is_loaded(self):
        """Nothing watches for it afterwards either."""
        assert self.run(NEVER) == "0 [] True"


PROLOGUE = """
import sys
from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.seams import Finder
from pytest_agentchaos.traces.in_process import watched
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
history = History()
"""

LATER = """
with watched(history, VirtualClock()):
    from opentelemetry.sdk.trace import Span, TracerProvider
    tracer = TracerProvider().get_tracer("lib")
    tracer.start_span("inside").end()
tracer.start_span("after").end()
finders = [one for one in sys.meta_path if isinstance(one, Finder)]
print([op.data["name"] for op in history], hasattr(Span.end, "__wrapped__"), finders == [])
"""

NEVER = """
with watched(history, VirtualClock()), watched(history, VirtualClock()):
    import json
loaded = [name for name in sys.modules if name.startswith("opentelemetry")]
print(len(history), loaded, not any(isinstance(one, Finder) for one in sys.meta_path))
"""
