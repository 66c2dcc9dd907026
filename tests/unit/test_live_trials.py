"""Plans in real time: the live form of a system, its real processes, and what is told where virtual time differs."""

from __future__ import annotations

import json
import threading
import time

import anyio
import anyio.lowlevel
import httpx2
import pytest

from pytest_agentchaos import Chaos, Effect, faults, on
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.differing import differences
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.replay import replay
from pytest_agentchaos.replay.saved import Saved
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.standing import COMMON, Wires

URL = "http://air.test"
LOST = (rule(faults.DropResponse(), on.http("POST /book", nth=1)),)


class Agent:
    """Books a seat, and asks once more when it hears nothing; the live form may be careless."""

    def __init__(self, *, key="one"):
        self.key = key
        self.sold = {}

    def introduce(self, chaos):
        """Say what stands there, and what it does."""
        chaos.upstream(URL, self)
        chaos.effect(Effect("seat", tool="POST /book", key=("body.leg",), id="result.id"))

    def handle(self, request):
        """The airline: one seat a key."""
        key = json.loads(request.body)["key"] or len(self.sold)
        return Reply(
            200, (("content-type", "application/json"),), b'{"id": %d}' % self.sold.setdefault(key, len(self.sold))
        )

    async def take(self):
        """Twice at most."""
        async with httpx2.AsyncClient(timeout=0.02) as http:
            for _ in range(2):
                try:
                    return (await http.post(f"{URL}/book", json={"leg": "out", "key": self.key})).json()
                except httpx2.TimeoutException:
                    continue
        return None


class Both(Agent):
    """Has a live form."""

    def live(self):
        """The same, as it is."""
        return Agent()


class Careless(Agent):
    """Has a live form that forgets its key."""

    def live(self):
        """Another."""
        return Agent(key=None)


def live(system, schedule=LOST):
    """What comes of it in real time."""
    return perform(Plan(System.of(system), schedule=schedule, mode="live"))


def test_a_live_trial_takes_real_time_and_is_judged_as_any():
    """The lost answer costs the caller its real timeout."""
    began_s = time.perf_counter()
    done = live(Both)
    assert done.result.status == "pass", done.result.why
    assert time.perf_counter() - began_s >= 0.02
    assert done.history.mode == "live"
    assert done.result.fired == (1,)
    assert done.result.differs == ()
    assert done.result.plan["mode"] == "live"


def test_what_comes_out_otherwise_than_in_virtual_time_is_told():
    """Verdict by verdict."""
    done = live(Careless)
    assert done.result.status == "fail"
    assert "the trial: is fail live, is pass in virtual time" in done.result.differs[0]
    assert any(one.startswith("no_duplicate_effect: fail live, pass in virtual time") for one in done.result.differs)
    again = Result.from_data(json.loads(done.result.to_line()))
    assert again.differs == done.result.differs


def test_a_system_of_one_form_is_compared_with_nothing():
    """What runs in real processes only cannot be run in virtual time."""
    assert live(Agent).result.differs == ()


def test_a_plan_in_virtual_time_takes_the_first_form():
    """As ever."""
    done = perform(Plan(System.of(Careless), schedule=LOST))
    assert (done.result.status, done.result.differs, done.history.mode) == ("pass", (), "sim")


def test_a_plan_keeps_its_mode():
    """In a file, and in its name."""
    plan = Plan(System.of(Both), mode="live")
    assert Plan.from_data(plan.to_data(), system=plan.system) == plan
    assert plan.id != Plan(System.of(Both)).id


def test_a_live_trial_is_replayed_without_being_held_against_its_history():
    """No two of them are the same; what it comes to decides."""
    done = live(Careless)
    saved = Saved(source="here", plan=done.result.plan, result=done.result)
    again = replay(saved, system=System.of(Careless))
    assert again.same is None
    assert again.exit_code == 1


@pytest.mark.parametrize(
    ("sim", "other", "told"),
    [
        (
            {"ended": "failed"},
            {"ended": "completed"},
            "the journey: ended as completed live, ended as failed in virtual time",
        ),
        ({"fired": (0,)}, {"fired": (2,)}, "rule 1: acted live, did not in virtual time"),
        ({"fired": (1,)}, {"fired": (0,)}, "rule 1: never acted live, acted in virtual time"),
        ({"verdicts": (Verdict("a", "pass", ""),)}, {}, "a: was not asked live, pass in virtual time"),
        ({}, {"verdicts": (Verdict("a", "pass", ""),)}, "a: pass live, was not asked in virtual time"),
    ],
)
def test_each_difference_has_its_words(sim, other, told):
    """Also those of one side alone."""
    assert differences(Result("t", {}, "pass", **sim), Result("t", {}, "pass", **other)) == (told,)


def test_how_often_a_fault_acted_is_no_difference():
    """In real time attempts differ."""
    assert differences(Result("t", {}, "pass", fired=(1, 0)), Result("t", {}, "pass", fired=(3, 0))) == ()


class Watched:
    """A process that notes what is done to it."""

    def __init__(self):
        self.done = []

    def kill(self):
        """Gone."""
        self.done.append("kill")

    def start(self):
        """Back."""
        self.done.append("start")

    def pause(self):
        """Still."""
        self.done.append("pause")

    def resume(self):
        """Going on."""
        self.done.append("resume")


def begun(chaos, fault, name="book"):
    """A call to a process that a fault stops; its flight."""
    chaos.inject(fault, on.http())
    return chaos.trial.engine.begin(Request("POST", f"http://air.test/{name}"), wire="proxy")


@pytest.mark.parametrize(
    ("fault", "done"),
    [
        (faults.Crash(of="callee", down_s=0.0), ["kill", "start"]),
        (faults.Pause(of="callee", seconds=0.01), ["pause", "resume"]),
    ],
)
def test_a_declared_process_is_really_stopped_and_is_back_at_the_end(fault, done):
    """What is to happen later has happened when the trial is over."""
    chaos, process = Chaos(), Watched()
    chaos.process(process, "air.test")
    with chaos.live():
        flight = begun(chaos, fault)
        stop = (
            chaos.trial.engine.processes.crash_callee if "kill" in done else chaos.trial.engine.processes.pause_callee
        )
        stop(flight, 0.0)
        flight.ended("info", "over")
    assert process.done == done


def test_a_process_that_is_stopped_twice_comes_back_once_and_at_the_later_moment():
    """What is gone does not stand still; what stood still and was killed is not told to go on."""
    chaos, process = Chaos(), Watched()
    chaos.process(process, "air.test")
    with chaos.live():
        flight = begun(chaos, faults.Crash(of="callee"))
        processes, due = chaos.trial.engine.processes, []
        processes.start_live(lambda seconds, then: due.append((seconds, then)))
        for seconds in (20, 10, 30):
            processes.pause_callee(flight, seconds)
        assert [seconds for seconds, _ in due] == [20, 30]
        due[0][1]()
        assert process.done == ["pause", "pause", "pause"]
        processes.crash_callee(flight, 40)
        processes.pause_callee(flight, 10)
        for _, then in due[1:]:
            then()
        flight.ended("info", "over")
    assert process.done == ["pause", "pause", "pause", "kill", "start"]


def test_a_process_that_does_not_come_back_is_a_problem_of_the_trial():
    """It is told in a thread that nobody looks at."""
    chaos, process = Chaos(), Watched()
    process.start = lambda: 1 / 0
    chaos.process(process, "air.test")
    with pytest.raises(UsageError, match="did not come back: ZeroDivisionError"), chaos.live():
        chaos.trial.engine.processes.crash_callee(begun(chaos, faults.Crash(of="callee")), 0.0)


def test_a_process_that_nobody_declared_cannot_be_stopped():
    """The trial says how to declare it."""
    chaos = Chaos()
    with chaos.live():
        assert begun(chaos, faults.Crash(of="callee")).program is None
    assert "agentchaos.process(handle, 'air.test')" in str(chaos.trial.unproven())


class Wire:
    """Stands, and notes when trials begin and end."""

    def __init__(self):
        self.seen = []

    def begin(self, active):
        """A trial."""
        self.seen.append(active.engine)

    def end(self):
        """Over."""
        self.seen.append(None)


def test_a_standing_wire_joins_each_live_trial_and_none_in_virtual_time():
    """Also one that is put up or taken down in the middle of a trial."""
    wire, late = Wire(), Wire()
    COMMON.put_up(wire)
    try:
        Trial().run(lambda: None)
        trial = Trial()
        with trial.live():
            COMMON.put_up(late)
            COMMON.take_down(late)
            assert wire.seen == [trial.engine]
        assert wire.seen == [trial.engine, None]
        assert late.seen == [trial.engine, None]
    finally:
        COMMON.take_down(wire)


def test_wires_that_are_kept_apart_join_the_trials_to_which_they_were_declared():
    """As often as that is said, also in the middle of a trial; every other trial is none of their business."""
    kept, wire, late = Wires(), Wire(), Wire()
    kept.put_up(wire)
    with Chaos().live():
        kept.put_up(late)
    assert (wire.seen, late.seen) == ([], [])
    before, meanwhile = Chaos(), Chaos()
    before.wires(kept)
    with before.live():
        kept.take_down(late)
        assert wire.seen == [before.trial.engine]
    with meanwhile.live():
        meanwhile.wires(kept)
        meanwhile.wires(kept)
    assert wire.seen == [before.trial.engine, None, meanwhile.trial.engine, None]
    assert late.seen == [before.trial.engine, None]


def test_spans_are_received_in_a_live_block_only():
    """Before it and after it nobody listens."""
    chaos = Chaos()
    with pytest.raises(UsageError, match="live mode only"):
        chaos.receiver()
    with chaos.live():
        assert chaos.receiver().url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_call_of_another_thread_overtakes_one_that_is_held_back(backend):
    """The loop of the one that waits is woken, however long it would have waited."""
    chaos, seen = Chaos(), []
    chaos.inject(faults.Reorder(calls=1, limit_s=60), on.http("GET /first"))
    transport = httpx2.MockTransport(lambda request: seen.append(request.url.path) or httpx2.Response(200))

    def overtake():
        with httpx2.Client(transport=transport) as http:
            http.get(f"{URL}/second")

    async def held_back():
        async with httpx2.AsyncClient(transport=transport, timeout=None) as http, anyio.create_task_group() as tasks:
            tasks.start_soon(http.get, f"{URL}/first")
            while not len(chaos.history):
                await anyio.lowlevel.checkpoint()
            thread = threading.Thread(target=overtake)
            thread.start()
            await anyio.to_thread.run_sync(thread.join)

    with chaos.live():
        anyio.run(held_back, backend=backend)
    assert seen == ["/second", "/first"]
    assert chaos.trial.clock.now_s() < 60
