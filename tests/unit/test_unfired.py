"""Why a fault never fired, told so that the reader can mend the test."""

from __future__ import annotations

import pytest

from pytest_agentchaos import faults
from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.dialects.function import Function
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.evidence.call import Call, Kind
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.schedule import Rule, on, rule, select
from pytest_agentchaos.unfired import SHOWN, explain_unfired, wanted

FUNCTION = Function()


def explained(*rules: Rule, calls: tuple[str, ...] = (), ran: bool = True, seed: int = 0) -> list[str]:
    """What is said about the rules that did not fire on these calls, a second apart."""
    clock = VirtualClock()
    engine = Engine(rules, seed=seed, clock=clock, history=History())
    for name in calls:
        request = Request("CALL", f"python:{name}", arguments={})
        engine.begin(request, wire="function", dialect=FUNCTION).ok(Reply(200, value="done"))
        clock.wait(1.0)
    unfired = [tally for tally in engine.tallies if not tally.fired]
    return explain_unfired(unfired, len(engine.tallies), engine.history, ran=ran).splitlines()


def test_that_nothing_was_run_is_said_first():
    """With what to write; there is no sense in listing calls."""
    assert explained(rule(faults.Hang(), on.tool("book", nth=1)), ran=False) == [
        "invalid: 1 of 1 faults never fired, so this trial proves nothing about them.",
        "  nothing was run: call agentchaos.run(system, ...) or enter agentchaos.live()",
        "  faults.Hang() on.tool('book', nth=1)",
        "    matched no call; it would match a tool call named 'book'",
    ]


def test_that_no_call_was_seen_is_said_with_what_can_be_seen():
    """The usual reason is a client on a transport of its own."""
    said = explained(rule(faults.Hang(), on.model()))
    assert said[2] == "    matched no call; it would match a model call"
    assert said[3].startswith(
        "No call crossed a wire. Seen are: httpx and httpx2 clients, functions wrapped with agentchaos.tool(fn)"
    )
    assert said[4:] == [
        "MCP connections of agentchaos.mcp(server), all made inside agentchaos.run() or agentchaos.live(),",
        "and live what goes through proxies, links and wrapped servers.",
    ]


def test_the_calls_that_were_seen_are_listed_nearest_first():
    """A slip of the pen is then found at a glance."""
    calls = ("search", "pay", "book_flight", "search", "book_flight")
    said = explained(rule(faults.Hang(), on.tool("bok_flight")), rule(faults.Latency(), on.tool("pay")), calls=calls)
    assert said[:5] == [
        "invalid: 1 of 2 faults never fired, so this trial proves nothing about them.",
        "  faults.Hang() on.tool('bok_flight')",
        "    matched no call; it would match a tool call named 'bok_flight'",
        "The calls that were seen (5), nearest first:",
        "  tool book_flight @ python  x2, first at 2 s",
    ]
    assert sorted(said[5:]) == ["  tool pay @ python  x1, first at 1 s", "  tool search @ python  x2, first at 0 s"]


def test_a_call_of_the_right_kind_is_nearer_than_one_of_another():
    """Of two that are called alike."""
    history = History()
    both: tuple[Kind, ...] = ("http", "tool")
    for kind in both:
        index = history.append("invoke", at_s=0.0, call=Call(kind, "x.local", "book"))
        history.append("ok", at_s=0.0, of=index)
    engine = Engine(
        (rule(faults.Hang(), on.tool("book", target="x.locl")),), seed=0, clock=VirtualClock(), history=history
    )
    said = explain_unfired(engine.tallies, 1, history, ran=True).splitlines()
    assert [line.split()[0] for line in said[-2:]] == ["tool", "http"]


def test_an_edge_is_compared_by_its_callee():
    """That is the name that was written."""
    said = explained(rule(faults.Hang(), on.edge("*", "bok")), calls=("pay", "book"))
    assert said[2] == "    matched no call; it would match any call to or named 'bok'"
    assert said[4].startswith("  tool book @ python")


def test_many_calls_are_cut():
    """And it is said how many are not shown."""
    said = explained(rule(faults.Hang(), on.model()), calls=tuple(f"tool_{number}" for number in range(SHOWN + 3)))
    assert len([line for line in said if line.startswith("  tool ")]) == SHOWN
    assert said[-1] == "  ... and 3 others"


def test_an_nth_that_is_too_high_is_named():
    """With how many calls there were."""
    said = explained(rule(faults.Hang(), on.tool("book", nth=3)), calls=("book", "book"))
    assert said[2:4] == ["    matched 2 calls, but:", "    nth=3 asks for a later one"]


def test_a_fault_that_declined_says_why():
    """For each call once, and for few of many."""
    said = explained(rule(faults.Refusal(), on.any()), calls=("book", "book", "pay"))
    assert said[2:5] == [
        "    matched 3 calls, but:",
        "    left alone tool book @ python: it acts on model calls",
        "    left alone tool pay @ python: it acts on model calls",
    ]
    many = explained(rule(faults.Refusal(), on.any()), calls=tuple(f"tool_{number}" for number in range(SHOWN + 2)))
    assert many[2 + SHOWN + 1] == "    ... and 2 others"


def test_chance_is_named_when_it_was_the_reason():
    """Under this seed no call was drawn."""
    said = explained(rule(faults.Hang(), on.tool(probability=1e-9)), calls=("book",))
    assert said[2:4] == ["    matched 1 call, but:", "    probability=1e-09 let none be drawn under this seed"]


def test_a_call_that_ended_too_early_is_a_reason():
    """A rewrite waits for a reply; where none came, there was nothing to rewrite."""
    said = explained(rule(faults.Empty(), on.tool()), calls=("book",))
    assert said[2:4] == ["    matched 1 call, but:", "    they had ended before it came to act; the timeline shows how"]


def test_secrets_are_not_shown():
    """The message ends in the log of a build server."""
    said = explained(rule(faults.Hang(), on.model()), calls=("sk-aB3dE5gH7jK9mN1pQ",))
    assert said[-1] == "  tool [hidden] @ python  x1, first at 0 s"


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        (on.any(), "any call"),
        (on.tool("book_*", target="x.*"), "a tool call named 'book_*' to 'x.*'"),
        (on.edge("planner", "y"), "any call to or named 'y' made by the agent 'planner'"),
        (on.site("|tool|x|book|d|1"), "any call at the site '|tool|x|book|d|1'"),
        (on.model(between=(1, 2.5)), "a model call between 1 s and 2.5 s"),
        (select(between=(1, None)), "any call between 1 s and the end"),
    ],
)
def test_what_a_selector_wants_is_told_in_words(selector, words):
    """All that has to hold."""
    assert wanted(selector) == words
