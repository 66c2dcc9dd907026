"""The engine: schedule x call -> program, and what is written down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from pytest_agentchaos import faults
from pytest_agentchaos.agents import calling_as
from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.dialects import registry as dialects
from pytest_agentchaos.dialects.function import Function
from pytest_agentchaos.dialects.http import PlainHTTP
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.errors import AgentChaosError, InternalError, UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.steps import (
    Cut,
    Delay,
    Deliver,
    DeliverLater,
    Drip,
    Hang,
    Program,
    Reset,
    Return,
    Rewrite,
    RewriteRequest,
)
from pytest_agentchaos.flight import CLEAN, LIMIT_BYTES, Flight, Passing, reply_data
from pytest_agentchaos.schedule import Rule, on, rule, schedule_from_data, schedule_to_data

STEADY = settings(deadline=None, derandomize=True)
FUNCTION = Function()
JSON = (("content-type", "application/json"),)
NOT_THE_SYSTEM = "this is a defect of the fault, the dialect or pytest-agentchaos, not of the system under test"

Change = Callable[[Any], Any]


class Scripted(Fault):
    """A fault that compiles to what a test says; it is in no registry."""

    name: ClassVar[str] = "scripted"
    family: ClassVar[Family] = "delivery"

    program: Any = Field(default=(), exclude=True)

    def compile(self, situation: Situation) -> Program:
        """The given steps, or what a function makes of the situation."""
        made: Program = self.program(situation) if callable(self.program) else self.program
        return made


class Broken(Fault):
    """A fault that fails where it decides whether it applies."""

    name: ClassVar[str] = "broken"
    family: ClassVar[Family] = "delivery"

    def inapplicable(self, situation: Situation) -> str | None:
        """Crash."""
        raise KeyError(situation.call.name)


def engine_with(*rules: Rule, seed: int = 0) -> Engine:
    """An engine at the beginning of virtual time."""
    return Engine(rules, seed=seed, clock=VirtualClock(), history=History(seed=seed))


def call(engine: Engine, name: str = "book", **arguments: Any) -> Flight:
    """A plain function is called."""
    request = Request("CALL", f"python:{name}", arguments=arguments)
    return engine.begin(request, wire="function", dialect=FUNCTION)


def scripted(*steps: Any) -> Scripted:
    """A fault of these steps."""
    return Scripted(program=steps)


def reply_through(program: Program | None, reply: Reply) -> Reply:
    """What the rewrites of a program make of a reply."""
    for step in program or ():
        if isinstance(step, Rewrite):
            reply = step.change(reply)
    return reply


def kinds(engine: Engine) -> list[str]:
    """The kinds of all ops."""
    return [op.kind for op in engine.history]


def same(thing: Any) -> Any:
    """The thing itself."""
    return thing


def raise_(error: Exception) -> Any:
    """An expression that raises."""
    raise error


def test_without_a_fault_a_call_has_no_program_and_is_written_down():
    """Who called what, when; and its end with the reply."""
    engine = engine_with()
    assert engine.idle
    with calling_as("planner"), calling_as("flights"):
        flight = call(engine, seat=1)
    engine.clock.wait(2.0)
    flight.ok(Reply(200, value={"id": 7}))
    assert flight.program is None
    invoke, ok = engine.history
    assert (str(invoke.call), invoke.at_s, invoke.call and invoke.call.arguments) == (
        "planner/flights -> tool book @ python", 0.0, {"seat": 1},
    )  # fmt: skip
    assert (ok.of, ok.at_s, ok.data) == (0, 2.0, {"status": 200, "result": {"id": 7}})
    assert 0 <= invoke.wall_s <= ok.wall_s


def test_an_agent_is_named_for_the_length_of_its_block():
    """Also when the block ends by an error."""
    engine = engine_with()
    with pytest.raises(ValueError, match="x"), calling_as("planner"):
        raise_(ValueError("x"))
    assert call(engine).call.agent == ()


def test_a_fault_that_acts_at_once_has_fired_with_the_call():
    """It is written down with its parameters."""
    engine = engine_with(rule(faults.Latency(seconds=3), on.tool("book")))
    assert not engine.idle
    flight = call(engine)
    assert flight.program == (Delay(3.0), Deliver(), Return())
    assert kinds(engine) == ["invoke", "fault"]
    assert engine.history[1].data == {"fault": "latency", "parameters": {"seconds": 3.0}}
    assert (engine.tallies[0].matched, engine.tallies[0].fired) == (1, 1)


def test_a_fault_leaves_other_calls_alone():
    """Its selector does not match them, or not at this time, or not this one."""
    engine = engine_with(
        rule(faults.Hang(), on.tool("pay")),
        rule(faults.Hang(), on.tool(between=(5, 9))),
        rule(faults.Hang(), on.site("|tool|python|book|0|1")),
    )
    assert call(engine).program is None
    assert [tally.matched for tally in engine.tallies] == [0, 0, 0]
    engine.clock.wait(5.0)
    assert call(engine).program == (Hang(),)
    engine.clock.wait(4.0)
    assert call(engine).program is None


def test_nth_means_one_call_and_times_the_first_so_many():
    """Counted over the calls that match, whatever comes between them."""
    engine = engine_with(rule(faults.Hang(), on.tool("book", nth=2)), rule(faults.Refused(), on.tool("pay", times=2)))
    hung = [bool(call(engine, name).program) for name in ("book", "pay", "search", "book", "pay", "book", "pay")]
    assert hung == [False, True, False, True, True, False, False]
    assert [tally.matched for tally in engine.tallies] == [3, 3]


def test_a_site_of_a_history_meets_the_same_call_again():
    """A retry has a site of its own."""
    first = engine_with()
    for number in range(3):
        call(first, seat=number // 2)
    retry = first.history.calls()[1].site
    again = engine_with(rule(faults.Hang(), on.site(retry)))
    assert [bool(call(again, seat=number // 2).program) for number in range(3)] == [False, True, False]


def drawn(names: list[str], seed: int, *rules: Rule) -> dict[str, bool]:
    """Which calls the first rule chose, by site."""
    engine = engine_with(*(rules or (rule(faults.Hang(), on.tool("book_*", probability=0.5)),)), seed=seed)
    for name in names:
        call(engine, name)
    chosen = {exchange.index for exchange in engine.history.calls() if "hang" in exchange.faults}
    return {str(exchange.site): exchange.index in chosen for exchange in engine.history.calls("book_*")}


NAMES = st.lists(st.sampled_from(["book_a", "book_b", "book_c"]), max_size=8)


@STEADY
@given(
    NAMES,
    st.lists(st.sampled_from(["pay", "search"]), max_size=6),
    st.integers(0, 99),
    st.randoms(use_true_random=False),
)
def test_unrelated_calls_do_not_shift_a_chance(names, others, seed, shuffle):
    """Wherever they come in between, and however the calls themselves are ordered."""
    mixed = list(names)
    for other in others:
        mixed.insert(shuffle.randint(0, len(mixed)), other)
    assert drawn(mixed, seed) == drawn(names, seed)
    assert drawn(sorted(mixed), seed) == drawn(names, seed)


@STEADY
@given(NAMES, st.integers(0, 99))
def test_other_rules_do_not_shift_a_chance(names, seed):
    """A schedule can be made smaller, line by line, and what is left decides as before."""
    chance = rule(faults.Hang(), on.tool("book_*", probability=0.5))
    others = (rule(faults.Latency(), on.tool("pay")), rule(faults.Latency(), on.tool("book_*", probability=0.5)))
    assert drawn(names, seed, *others, chance) == drawn(names, seed, chance)


def test_chances_depend_on_the_seed_and_are_as_great_as_they_say():
    """Of 1,000 calls with a chance of 0.2, about 200."""
    chosen = []
    for seed in (1, 2):
        engine = engine_with(rule(faults.Hang(), on.tool(probability=0.2)), seed=seed)
        chosen.append([bool(call(engine, seat=number).program) for number in range(1000)])
    assert chosen[0] != chosen[1]
    assert all(150 < sum(some) < 250 for some in chosen)


def test_two_equal_rules_draw_each_for_itself():
    """Twice a chance of one half is not the same as once."""
    twice = [rule(faults.Latency(), on.tool(probability=0.5))] * 2
    engine = engine_with(*twice, seed=3)
    for number in range(200):
        call(engine, seat=number)
    counts = [len(exchange.faults) for exchange in engine.history.calls()]
    assert set(counts) == {0, 1, 2}


def test_a_schedule_that_was_saved_decides_as_before():
    """That is what a replay is."""
    schedule = (
        rule(faults.Latency(seconds=1, jitter_s=9), on.tool(probability=0.5)),
        rule(faults.Hang(), on.any(nth=3)),
    )
    programs = [
        [call(engine_with(*lines, seed=5), seat=number).program for number in range(20)]
        for lines in (schedule, schedule_from_data(schedule_to_data(schedule)))
    ]
    assert programs[0] == programs[1]
    assert len({program and program[0] for program in programs[0]}) > 3


def test_a_fault_that_cannot_act_on_a_call_says_why():
    """It has not fired, and the reason is kept."""
    engine = engine_with(rule(faults.Refusal(), on.any()))
    assert call(engine).program is None
    tally = engine.tallies[0]
    assert (tally.matched, tally.fired, tally.declined) == (1, 0, ["tool book @ python: it acts on model calls"])


def test_what_may_happen_at_each_call_is_remembered_so_often_and_no_more(monkeypatch):
    """Trials stand for days; the counts go on."""
    monkeypatch.setattr("pytest_agentchaos.engine.PROBLEMS", 3)
    monkeypatch.setattr("pytest_agentchaos.flight.DECLINED", 3)
    engine = engine_with(rule(faults.Refusal(), on.any()))
    for number in range(9):
        call(engine, name="cancel")
        assert str(engine.problem(UsageError(f"{number}"))) == str(number)
    assert [str(problem) for problem in engine.problems] == ["0", "1", "2"]
    assert (engine.tallies[0].matched, len(engine.tallies[0].declined)) == (9, 3)


def test_faults_on_one_call_compose():
    """Wherever the one that was injected first delivers, the next one happens."""
    engine = engine_with(
        rule(faults.Duplicate(), on.tool()), rule(faults.Latency(seconds=1), on.tool()), rule(faults.Reset(), on.tool())
    )
    program = call(engine).program
    assert program is not None
    assert program.count(Delay(1.0)) >= 1
    assert isinstance(program[-1], Reset)
    assert engine.history.calls()[0].faults == ("duplicate", "latency", "reset")


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (faults.DropRequest(), faults.Latency()),
        (faults.Refused(), scripted(Deliver(), Rewrite(lambda reply: reply), Return())),
        (scripted(DeliverLater(5.0), Hang()), scripted(Deliver(), Reset())),
    ],
    ids=["swallowed", "refused", "late"],
)
def test_a_fault_behind_one_that_lets_nothing_through_has_not_fired(outer, inner):
    """It would be counted as proven although nothing of it happened."""
    engine = engine_with(rule(outer, on.tool()), rule(inner, on.tool()))
    alone = engine_with(rule(outer, on.tool()))
    assert call(engine).program == call(alone).program
    assert [tally.fired for tally in engine.tallies] == [1, 0]
    why = "tool book @ python: the faults injected before it leave it nothing to act on"
    assert engine.tallies[1].declined == [why]


def test_a_late_delivery_that_becomes_later_is_two_faults():
    """What the inner one changes, it has changed."""
    engine = engine_with(
        rule(scripted(DeliverLater(5.0), Hang()), on.tool()), rule(faults.Latency(seconds=2), on.tool())
    )
    assert call(engine).program == (DeliverLater(7.0), Hang())
    assert [tally.fired for tally in engine.tallies] == [1, 1]


def test_the_same_fault_twice_on_a_call_is_no_mistake():
    """Two rules may overlap."""
    engine = engine_with(rule(faults.DropResponse(), on.tool()), rule(faults.DropResponse(), on.tool("book")))
    assert call(engine).program == (Deliver(), Hang())
    assert [tally.fired for tally in engine.tallies] == [1, 1]


def test_a_rewrite_fires_when_it_has_changed_something():
    """Not when the call begins, and once however many rewrites there are."""
    longer = Rewrite(lambda reply: replace(reply, value=f"{reply.value}!"))
    engine = engine_with(rule(scripted(Deliver(), longer, longer, Return()), on.tool()))
    program = call(engine).program
    assert kinds(engine) == ["invoke"]
    assert reply_through(program, Reply(200, value="hi")).value == "hi!!"
    assert kinds(engine) == ["invoke", "fault"]
    assert engine.tallies[0].fired == 1


def test_a_rewrite_that_changes_nothing_has_not_fired():
    """It says so, and the call is as it was."""
    engine = engine_with(rule(scripted(Deliver(), Rewrite(lambda reply: reply), Return()), on.tool()))
    reply = Reply(200, value="hi")
    assert reply_through(call(engine).program, reply) is reply
    assert kinds(engine) == ["invoke"]
    assert engine.tallies[0].declined == ["tool book @ python: there was nothing in the message for it to change"]


def test_a_second_rewrite_that_changes_nothing_is_no_excuse():
    """The fault has acted already."""
    empty = Rewrite(lambda reply: reply if reply.value is None else replace(reply, value=None))
    engine = engine_with(rule(scripted(Deliver(), empty, empty, Return()), on.tool()))
    reply_through(call(engine).program, Reply(200, value="hi"))
    assert (engine.tallies[0].fired, engine.tallies[0].declined) == (1, [])


def test_a_request_can_be_rewritten():
    """The callee gets something else, and the fault has fired."""
    change = RewriteRequest(lambda request: replace(request, arguments={"seat": 2}))
    engine = engine_with(rule(scripted(change, Deliver(), Return()), on.tool()))
    flight = call(engine, seat=1)
    assert flight.program is not None
    first = flight.program[0]
    assert isinstance(first, RewriteRequest)
    assert first.change(flight.request).arguments == {"seat": 2}
    assert engine.tallies[0].fired == 1


def test_a_shape_fires_when_the_wire_says_so():
    """Only there it shows whether the body has such pieces."""
    engine = engine_with(rule(scripted(Deliver(), Cut(events=3), Drip(interval_s=1.0), Return()), on.tool()))
    program = call(engine).program
    assert program == (Deliver(), Cut(events=3), Drip(interval_s=1.0), Return())
    assert engine.tallies[0].fired == 0
    for step in program[1:3]:
        assert isinstance(step, (Cut, Drip))
        step.acted()
    assert engine.tallies[0].fired == 1


def test_two_deliveries_act_at_once():
    """The callee gets it twice, whatever it answers."""
    for steps in ((Deliver(), Deliver(discard=True), Return()), (Deliver(copies=2), Return())):
        engine = engine_with(rule(scripted(*steps), on.tool()))
        call(engine)
        assert engine.tallies[0].fired == 1


def test_times_holds_for_calls_that_are_under_way_together():
    """Both began before either was rewritten; one of them is left alone."""
    change = Rewrite(lambda reply: replace(reply, value="lie"))
    engine = engine_with(rule(scripted(Deliver(), change, change, Return()), on.tool(times=1)))
    programs = [call(engine).program, call(engine).program]
    truth = Reply(200, value="truth")
    assert [reply_through(program, truth).value for program in programs] == ["lie", "truth"]
    tally = engine.tallies[0]
    why = "tool book @ python: times=1 were used up by calls that were under way with it"
    assert (tally.fired, tally.declined) == (1, [why, why])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Scripted(program=lambda _: raise_(ZeroDivisionError("by zero"))), "ZeroDivisionError: by zero"),
        (Broken(), "KeyError: 'book'"),
    ],
)
def test_a_fault_that_crashes_while_it_decides_is_a_defect_of_ours(fault, said):
    """It never looks like the system's own error, and it is kept although an agent may swallow it."""
    engine = engine_with(rule(fault, on.tool()))
    with pytest.raises(InternalError) as caught:
        call(engine)
    assert (
        str(caught.value)
        == f"the fault {fault} failed while deciding about tool book @ python: {said}; {NOT_THE_SYSTEM}"
    )
    assert engine.problems == [caught.value]
    assert type(caught.value.__cause__).__name__ == said.partition(":")[0]


def test_a_fault_that_crashes_while_it_rewrites_is_a_defect_of_ours():
    """That shows only later, inside of the agent's call."""
    fault = Scripted(program=lambda _: (Deliver(), Rewrite(lambda _: raise_(IndexError("3"))), Return()))
    engine = engine_with(rule(fault, on.tool()))
    program = call(engine).program
    with pytest.raises(InternalError) as caught:
        reply_through(program, Reply(200))
    assert (
        str(caught.value)
        == f"the fault {fault} failed while rewriting tool book @ python: IndexError: 3; {NOT_THE_SYSTEM}"
    )
    assert engine.problems == [caught.value]
    assert isinstance(caught.value.__cause__, IndexError)


@pytest.mark.parametrize("place", ["compile", "rewrite"])
def test_an_error_of_use_stays_what_it_is(place):
    """A fault may find out late that it was asked for something impossible."""
    error = UsageError("stale needs two calls")
    late = (Deliver(), Rewrite(lambda _: raise_(error)), Return())
    engine = engine_with(rule(Scripted(program=lambda _: raise_(error) if place == "compile" else late), on.tool()))
    with pytest.raises(UsageError) as caught:
        reply_through(call(engine).program, Reply(200))
    assert caught.value is error
    assert engine.problems == [error]


class Unreadable(PlainHTTP):
    """A dialect of somebody else's that fails where a test says."""

    name = "unreadable"

    def __init__(self, *where: str) -> None:
        self.where = where

    def read_call(self, request: Request) -> Any:
        """Read, or crash."""
        return raise_(LookupError("call")) if "call" in self.where else super().read_call(request)

    def read_result(self, reply: Reply) -> Any:
        """Read, or crash."""
        return raise_(LookupError("result")) if "result" in self.where else super().read_result(reply)


GET = Request("GET", "https://x.local/items?api_key=hunter2")


def test_a_dialect_that_crashes_on_a_request_is_a_defect_of_ours():
    """The message names the request, without its secrets."""
    engine = engine_with()
    with pytest.raises(InternalError) as caught:
        engine.begin(GET, dialect=Unreadable("call"))
    assert str(caught.value) == (
        "pytest-agentchaos failed while deciding about GET https://x.local/items?api_key=[hidden]:"
        f" LookupError: call; {NOT_THE_SYSTEM}"
    )
    assert engine.problems == [caught.value]


@pytest.mark.parametrize("value", [None, "now"])
def test_a_dialect_that_crashes_on_a_reply_does_not_disturb_the_caller(value):
    """The call goes on; the defect reaches the test when the history is read."""
    engine = engine_with()
    flight = engine.begin(GET, dialect=Unreadable("result"))
    flight.ok(Reply(200, value=value))
    assert engine.history[1].data == {"status": 200, "unread": "LookupError: result"}
    said = f"a reply of the dialect 'unreadable' cannot be read: LookupError: result; {NOT_THE_SYSTEM}"
    assert [(type(problem), str(problem)) for problem in engine.problems] == [(InternalError, said)]


def test_a_dialect_that_crashes_on_a_call_in_passing_leaves_plain_http(monkeypatch):
    """Whoever reads the history gets one, and the test gets the defect."""
    monkeypatch.setattr(dialects, "_added", [Unreadable("call")])
    engine = engine_with()
    passing = Passing(engine, lambda: GET, "http")
    passing.ok(lambda: Reply(204))
    exchange = engine.history.calls()[0]
    assert (exchange.call.name, exchange.ending, exchange.call.dialect) == ("GET /items", "ok", "http")
    said = f"GET https://x.local/items?api_key=[hidden] cannot be read: LookupError: call; {NOT_THE_SYSTEM}"
    assert [str(problem) for problem in engine.problems] == [said]


def test_a_request_that_is_not_of_the_dialect_is_read_by_another():
    """A wire may be wrong about what it carries."""
    flight = engine_with().begin(GET, wire="mcp", dialect=FUNCTION)
    assert (flight.call.kind, flight.call.wire, flight.dialect.name) == ("http", "mcp", "http")


BODIES = st.sampled_from(
    [
        (
            b'{"model":"m-1","input":"hi"}',
            b'{"object":"response","output":[],"usage":{"input_tokens":3,"output_tokens":4}}',
        ),
        (b'{"a":1}', b'{"id":[1,2]}'),
        (b"", b"text"),
        (b"\xff", b"\xff\xfe"),
    ]
)
URLS = st.sampled_from(["https://api.openai.com/v1/responses", "https://x.local/items"])
EXCHANGES = st.lists(
    st.tuples(URLS, BODIES, st.sampled_from(["ok", "fail", "info", "open"]), st.floats(0, 9)), max_size=5
)


@STEADY
@given(EXCHANGES)
def test_a_call_in_passing_is_written_down_like_any_other(exchanges):
    """The short way and the long way leave histories with equal digests."""
    digests = []
    for passes in (True, False):
        engine = engine_with()
        for url, (body, answer), ending, seconds in exchanges:
            request, reply = Request("POST", url, JSON, body), Reply(200, JSON, answer)
            with calling_as("planner"):
                carried: Any = Passing(engine, partial(same, request), "http") if passes else engine.begin(request)
            engine.clock.wait(seconds)
            if ending == "ok":
                carried.ok(partial(same, reply) if passes else reply)
            elif ending != "open":
                carried.ended(ending, "ReadTimeout: too late")
        digests.append(engine.history.digest())
    assert digests[0] == digests[1]


def test_a_call_in_passing_is_read_when_somebody_looks():
    """Bodies are not touched before."""
    engine = engine_with()
    Passing(engine, lambda: raise_(AssertionError("read too early")), "http").ended("fail", "refused")
    assert len(engine.history) == 2


def test_a_model_reply_is_kept_with_its_turn_and_usage():
    """What invariants and reports ask for."""
    said = (
        b'{"id":"r","object":"response","model":"m-1","status":"completed","output":[{"type":"function_call","id":"f",'
        b'"call_id":"c","name":"book","arguments":"{\\"seat\\": 1}"}],"usage":{"input_tokens":3,"output_tokens":4}}'
    )
    engine = engine_with()
    flight = engine.begin(Request("POST", "https://api.openai.com/v1/responses", JSON, b'{"model":"m-1","input":"hi"}'))
    flight.ok(Reply(200, JSON, said))
    data = engine.history[1].data
    assert data["finish"] == "tool_calls"
    assert data["tool_calls"] == [{"name": "book", "arguments": '{"seat": 1}'}]
    assert data["usage"] == {"input_tokens": 3, "output_tokens": 4, "cached_tokens": 0}


def test_a_very_large_body_is_told_by_its_size():
    """A history is no store of downloads."""
    engine = engine_with()
    engine.begin(GET).ok(Reply(200, JSON, b"x" * (LIMIT_BYTES + 1)))
    assert engine.history[1].data == {"status": 200, "bytes": LIMIT_BYTES + 1}


def test_what_a_function_returned_is_kept_as_it_was():
    """The caller may change it before anybody reads the history."""
    engine = engine_with()
    basket = [1]
    call(engine).ok(Reply(200, value=basket))
    basket.append(2)
    assert engine.history[1].data["result"] == [1]


def test_a_delivery_is_told_where_a_fault_makes_it_news():
    """Any other call is delivered once."""
    engine = engine_with(rule(faults.DropResponse(), on.tool("book")))
    for name in ("pay", "book"):
        call(engine, name).delivered(Reply(200, value=name))
    assert [(op.kind, op.data.get("result")) for op in engine.history if op.kind == "deliver"] == [("deliver", "book")]


def test_a_lost_call_is_told_with_its_error():
    """`info` when nobody knows whether it happened."""
    engine = engine_with()
    call(engine).ended("info", "ReadTimeout: too late")
    assert (engine.history[1].kind, engine.history[1].data) == ("info", {"error": "ReadTimeout: too late"})


def test_a_call_can_wait_until_others_have_overtaken_it():
    """Calls that begin later are counted, each waiting one for itself."""
    engine = engine_with()
    call(engine)
    seen: list[str] = []
    engine.when_overtaken(2, lambda: seen.append("two"))
    engine.when_overtaken(1, lambda: seen.append("one"))
    call(engine)
    assert seen == ["one"]
    call(engine)
    call(engine)
    assert seen == ["one", "two"]


def test_a_note_belongs_to_no_call():
    """How a run ended, for example."""
    engine = engine_with()
    engine.note(outcome="completed")
    assert [(op.kind, op.of, op.data) for op in engine.history] == [("note", None, {"outcome": "completed"})]


def test_a_problem_is_kept_and_given_back():
    """So that it can be raised where it was found."""
    engine = engine_with()
    error = AgentChaosError("x")
    assert engine.problem(error) is error
    assert engine.problems == [error]


def test_a_fault_can_be_injected_while_calls_are_made():
    """From then on it acts."""
    engine = engine_with()
    assert call(engine).program is None
    engine.add(rule(faults.Hang(), on.tool()))
    assert call(engine).program == (Hang(),)


class Talkative:
    """An argument that makes a call of its own when it is looked at."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __str__(self) -> str:
        call(self.engine, "lookup")
        return "talkative"


def test_an_argument_may_call_into_a_wire_when_it_is_read():
    """It comes first, and nothing waits for itself."""
    engine = engine_with()
    call(engine, who=Talkative(engine))
    assert [exchange.call.name for exchange in engine.history.calls()] == ["lookup", "book"]


def test_calls_of_many_threads_are_counted_one_by_one():
    """In live mode an agent may have threads."""
    engine = engine_with(rule(faults.Latency(), on.tool(nth=100)))

    def work() -> None:
        for _ in range(50):
            call(engine).ok(Reply(200, value=1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (engine.tallies[0].matched, engine.tallies[0].fired) == (200, 1)
    assert all(exchange.ending == "ok" for exchange in engine.history.calls())


def test_a_clean_program_is_what_happens_to_any_call():
    """Deliver, and give back what came."""
    deliver, give_back = CLEAN
    assert (deliver, give_back) == (Deliver(), Return())


def test_an_error_is_kept_with_the_beginning_of_what_it_says():
    """A 429 without its reason would explain nothing; a page of HTML would bury everything else."""
    long = b"x" * 5_000
    assert (
        reply_data(PlainHTTP(), Reply(429, (("content-type", "application/json"),), b'{"error":"slow down"}'))["error"]
        == '{"error":"slow down"}'
    )
    assert len(reply_data(PlainHTTP(), Reply(500, (), long))["error"]) == 300
    assert "error" not in reply_data(PlainHTTP(), Reply(399, (), b"x"))
