"""What a test author holds in hand: each method of the fixture does what its name says."""

from __future__ import annotations

import pytest


def run(project: pytest.Pytester, source: str, *args: str) -> pytest.RunResult:
    """Run this test module inside the project."""
    project.makepyfile(test_it="from pytest_agentchaos import faults, invariants, on\nimport pytest, travel\n" + source)
    return project.runpytest_inprocess(*args)


def test_a_sync_agent_meets_the_fault_and_its_value_comes_back(project):
    """run() passes arguments on, and gives what the system returns."""
    result = run(
        project,
        """
def test_it(agentchaos):
    agentchaos.inject(faults.ErrorStatus(status=503), on.http("POST /book", nth=2))
    assert agentchaos.run(travel.book, 3, seat="2B") == 200
    assert [call.data["status"] for call in agentchaos.history.calls()] == [200, 503, 200]
    assert agentchaos.history.calls()[0].call.arguments["body"]["seat"] == "2B"
    assert agentchaos.outcome.ending == "completed" and agentchaos.outcome.value == 200
    assert agentchaos.seed == 0
""",
    )
    result.assert_outcomes(passed=1)


def test_an_async_agent_is_run_in_virtual_time(project):
    """A coroutine function needs no async plugin, and an hour of latency takes no time."""
    result = run(
        project,
        """
import asyncio
async def slow():
    await asyncio.sleep(3600)
    return await travel.book_async()

def test_it(agentchaos):
    agentchaos.inject(faults.ErrorStatus(status=500))
    assert agentchaos.run(slow) == 500
    assert agentchaos.outcome.virtual_s == 3600
    assert agentchaos.outcome.wall_s < 60
""",
    )
    result.assert_outcomes(passed=1)


def test_what_the_system_raises_comes_out_of_run(project):
    """pytest.raises around run() works as around the call itself."""
    result = run(
        project,
        """
def test_it(agentchaos):
    agentchaos.inject(faults.Reset(), on.http())
    with pytest.raises(travel.httpx2.ReadError):
        agentchaos.run(travel.book)
    assert agentchaos.outcome.ending == "raised"
    assert isinstance(agentchaos.outcome.error, travel.httpx2.ReadError)
""",
    )
    result.assert_outcomes(passed=1)


def test_several_runs_share_time_faults_and_history(project):
    """A second run() in one test goes on where the first one ended."""
    result = run(
        project,
        """
import time
def test_it(agentchaos):
    agentchaos.inject(faults.ErrorStatus(status=500), on.http(nth=2))
    agentchaos.run(lambda: time.sleep(5))
    assert [agentchaos.run(travel.book), agentchaos.run(travel.book)] == [200, 500]
    assert {op.at_s for op in agentchaos.history} == {5.0}
""",
    )
    result.assert_outcomes(passed=1)


def test_live_mode_works_in_sync_tests(project):
    """A block of agentchaos.live() puts the same wires into real time, as often as one likes."""
    result = run(
        project,
        """
def test_it(agentchaos):
    agentchaos.inject(faults.ErrorStatus(status=500), on.http(nth=2))
    with agentchaos.live():
        assert travel.book() == 200
    with agentchaos.live():
        assert travel.book() == 500
    assert travel.book() == 200
    assert agentchaos.history.mode == "live"
    assert len(agentchaos.history.calls()) == 2
    agentchaos.check(invariants.at_most("calls", 2))
""",
    )
    result.assert_outcomes(passed=1)


def test_upstreams_answer_instead_of_the_network(project):
    """upstream() declares for one test what the overridable fixture declares for all."""
    project.makeconftest(
        """
import pytest
from pytest_agentchaos.evidence.message import Reply

class Answer:
    def __init__(self, status): self.status = status
    def handle(self, request): return Reply(self.status)

@pytest.fixture
def agentchaos_upstreams():
    return {"https://all.example": Answer(201)}
"""
    )
    result = run(
        project,
        """
import httpx2
from conftest import Answer

def both():
    return [httpx2.get(f"https://{name}.example/").status_code for name in ("all", "one")]

def test_it(agentchaos):
    agentchaos.upstream("https://one.example", Answer(202))
    assert agentchaos.run(both) == [201, 202]
""",
    )
    result.assert_outcomes(passed=1)


def test_upstreams_that_are_no_dictionary_are_refused(project):
    """A wrong override of agentchaos_upstreams says what it has to return."""
    project.makeconftest(
        """
import pytest

@pytest.fixture
def agentchaos_upstreams():
    return ["https://all.example"]
"""
    )
    result = run(project, "def test_it(agentchaos): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*UsageError: *agentchaos_upstreams gave ?'https://all.example'?*dictionary*"])


def test_wrapped_functions_transports_and_agents_are_seen(project):
    """tool(), transport() and agent() make calls that faults can select."""
    result = run(
        project,
        """
import httpx2

class Own(httpx2.BaseTransport):
    def handle_request(self, request): return httpx2.Response(200)

def test_it(agentchaos):
    weather = agentchaos.tool(lambda city: city.upper(), name="weather")
    transport = agentchaos.transport(Own())
    def system():
        with agentchaos.agent("planner"):
            answer = weather("Oslo")
        with httpx2.Client(transport=transport) as client:
            return answer, client.get("http://own.local/").status_code
    agentchaos.inject(faults.ErrorStatus(status=500), on.http())
    agentchaos.inject(faults.Latency(seconds=2), on.tool("weather", agent="planner"))
    assert agentchaos.run(system) == ("OSLO", 500)
    assert agentchaos.outcome.virtual_s == 2
""",
    )
    result.assert_outcomes(passed=1)


def test_the_error_of_a_faulted_function_can_be_chosen(project):
    """tool(error=...) makes the exception that the agent knows."""
    result = run(
        project,
        """
def test_it(agentchaos):
    tool = agentchaos.tool(len, name="count", error=lambda message, status: LookupError(message, status))
    agentchaos.inject(faults.ErrorStatus(status=418), on.tool("count"))
    with pytest.raises(LookupError) as caught:
        agentchaos.run(tool, "abc")
    assert caught.value.args[1] == 418
""",
    )
    result.assert_outcomes(passed=1)


def test_mcp_servers_join_in_memory(project):
    """mcp() makes a transport for the real client, whose tool calls faults act on."""
    result = run(
        project,
        """
from mcp import Client
from mcp.server import MCPServer

server = MCPServer("flights")

@server.tool()
def book(seat: str) -> str:
    return f"booked {seat}"

async def system(transport):
    async with Client(transport) as client:
        return (await client.call_tool("book", {"seat": "1A"})).content[0].text

def test_it(agentchaos):
    agentchaos.inject(faults.Latency(seconds=3), on.tool("book"))
    assert agentchaos.run(system, agentchaos.mcp(server)) == "booked 1A"
    assert agentchaos.outcome.virtual_s >= 3
""",
        "-W",
        "default",
    )
    result.assert_outcomes(passed=1)


def test_check_gives_the_verdicts_and_fails_for_anything_but_a_pass(project):
    """A failed invariant fails the test, with every verdict in the message."""
    result = run(
        project,
        """
def test_pass(agentchaos):
    agentchaos.run(travel.book)
    verdicts = agentchaos.check(invariants.at_most("calls", 1), invariants.terminates())
    assert [verdict.status for verdict in verdicts] == ["pass", "pass"]

def test_fail(agentchaos):
    agentchaos.run(travel.book, 3)
    agentchaos.check(invariants.at_most("calls", 1), invariants.terminates())

def test_unknown(agentchaos):
    class Silly:
        name = "silly"
        def check(self, history): raise ZeroDivisionError("by nothing")
    agentchaos.run(travel.book)
    agentchaos.check(Silly())
""",
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "the trial does not hold:",
            "*FAIL*at_most(calls, 1): calls = 3, above 1 (ops *",
            "*PASS*terminates*",
            "the trial does not hold:",
            "*UNKNOWN*silly: the invariant crashed: ZeroDivisionError: by nothing",
            "verdicts: 3 pass, 1 fail, 1 unknown",
        ]
    )


MISUSES = [
    ("agentchaos.check(invariants.terminates())", "*no history to judge: call agentchaos.run(system, ...) before it*"),
    ("agentchaos.run(travel.book); agentchaos.check()", "*got nothing to check; give for example invariants.*"),
    ("agentchaos.run(travel.book); agentchaos.check(invariants.terminates)", "*is not an invariant; write for *"),
    ("agentchaos.inject(faults.Reset)", "*Reset is a class; write faults.Reset()*"),
    ("agentchaos.inject(faults.Rset())", "*there is no faults.Rset; did you mean 'Reset'?*"),
    ("agentchaos.inject(faults.Reset(), 'book')", "*'book' does not select calls; write for example on.tool*"),
    (
        "agentchaos.run(travel.book_async())",
        "*got a coroutine; give the function and its arguments: run(book_async, ...)*",
    ),
    ("agentchaos.run('book')", "*run('book'): not callable; give the function that runs the system*"),
    ("agentchaos.upstream('nowhere', None)", "*'nowhere' is not the address of an upstream; write it like https*"),
    ("agentchaos.sometimes(True)", "*sometimes(True): the first argument is what is to be true in some trial*"),
    ("agentchaos.run(agentchaos.run, travel.book)", "*under way already; agentchaos.run() cannot be called inside*"),
    (
        "agentchaos.run(lambda: agentchaos.live().__enter__())",
        "*under way already; agentchaos.live() cannot be entered*",
    ),
    (
        "agentchaos.live().__enter__().__exit__(None, None, None); agentchaos.run(travel.book)",
        "*has been live already; its time cannot become virtual again*",
    ),
    (
        "agentchaos.run(travel.book); agentchaos.live().__enter__()",
        "*has run in virtual time already; its time cannot become real*",
    ),
]


def test_misuse_says_what_is_wrong_and_what_to_do(project):
    """An error of use names the value and the remedy."""
    result = run(project, "".join(f"def test_{i}(agentchaos):\n    {body}\n" for i, (body, _) in enumerate(MISUSES)))
    result.assert_outcomes(failed=len(MISUSES))
    for number, (_, message) in enumerate(MISUSES):
        result.stdout.fnmatch_lines([f"*_ test_{number} _*", f"E  {message}"])


def test_run_inside_a_running_loop_says_what_to_do(project):
    """An async test is told about live mode, even when it swallows the error."""
    result = run(
        project,
        """
@pytest.mark.asyncio
async def test_it(agentchaos):
    with pytest.raises(Exception):
        agentchaos.run(travel.book)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*UsageError: agentchaos.run() owns the event loop*`async with agentchaos.live(): ...`*"]
    )
