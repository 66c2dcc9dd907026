"""Each fault between two pipes: what the client hears, what the server does, what the history tells."""

from __future__ import annotations

import json

import anyio
import pytest
from mcp import Client, MCPError
from mcp.server.mcpserver import MCPServer

from pytest_agentchaos.cli.injecting import rule_of
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.mcp_stream import wire

ANSWERED = {
    "latency": "latency(seconds=0.02)",
    "twice": "duplicate",
    "at_once": "duplicate(order='in_flight', copies=3)",
    "overtaken": "reorder(calls=1, limit_s=30)",
    "overloaded": "overloaded",
    "limited": "rate_limited",
    "down": "unavailable",
    "status": "error_status",
    "failed": "tool_failure",
    "empty": "empty",
    "partial": "partial",
    "malformed": "malformed(how='unclosed')",
    "html": "malformed(how='html')",
    "shortened": "truncated(fraction=0.5)",
    "drifted": "schema_drift",
    "corrupted": "corrupted_value",
    "wrong": "wrong_entity",
    "stale": "stale",
    "poisoned": "poisoned_content",
    "narrow": "bandwidth(bytes_per_s=100000)",
}
HUNG = {
    "lost": "drop_request",
    "unheard": "drop_response",
    "hung": "hang",
    "hung_body": "hang(at='body')",
    "late": "late_delivery(seconds=0.02)",
    "silent_end": "truncated(then='hang')",
    "cut_off": "partition(groups={'us': ['main'], 'them': ['air']})",
}
TORN = {
    "reset": "reset",
    "refused": "refused",
    "torn": "late_delivery(seconds=0.3, torn_after_s=0)",
    "cut": "truncated",
}
GARBLED = {"malformed", "html", "shortened"}
NEVER_RUN = {"overloaded", "limited", "down", "status", "failed", "lost", "hung", "cut_off", "refused"}
RUN = {"twice": 2, "at_once": 3}


def on_a_stream(fault, result):
    """The kinds of ops that the same fault leaves on the stream wire of one process, in virtual time."""
    server = MCPServer("air")

    @server.tool()
    def book() -> dict[str, object]:
        return result

    trial = Trial((rule_of(f"{fault} on tool=book nth=1"),))

    async def ask(client):
        try:
            await client.call_tool("book", {})
        except (MCPError, RuntimeError):
            return

    async def agent():
        async with Client(wire(server), read_timeout_seconds=5) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(ask, client)
            await anyio.sleep(1)
            await ask(client)

    trial.run(agent)
    (index, *_) = [exchange.index for exchange in trial.history.calls("book")]
    return ["invoke", *(op.kind for op in trial.history if op.of == index)]


@pytest.fixture(scope="module")
def many(module_shim):
    """One shim with a fault on each of many tools: the session, after all of them were called, and its answers."""
    faults = ANSWERED | HUNG
    one = module_shim(*(f"{fault} on tool={name} nth=1" for name, fault in faults.items()))
    ids = {name: number for number, name in enumerate(faults)}
    runs = sum(RUN.get(name, 1) for name in faults if name not in NEVER_RUN)
    for name, number in ids.items():
        one.call(name, number)
    one.call("plain", 999)
    did, answers, garbled = [], {}, []
    while len(did) < runs + 1 or len(answers) < len(ANSWERED) - len(GARBLED) + 1 or len(garbled) < len(GARBLED):
        line = one.line()
        assert line, one.log.read_text()
        try:
            message = json.loads(line)
        except ValueError:
            garbled.append(line)
            continue
        if message.get("method") == "notifications/did":
            did.append(message["params"]["name"])
        else:
            answers[message["id"]] = message
    for name in HUNG:
        one.cancel(ids[name])
    one.call("again", 1000)
    one.until(1000)
    assert one.leave() == 0
    return one, did, {name: answers.get(number) for name, number in ids.items()}, garbled


@pytest.mark.parametrize("name", [*ANSWERED, *HUNG])
def test_a_fault_leaves_the_history_that_it_leaves_on_a_stream(name, many, result):
    """The same kinds of ops, each as often, whether time is virtual or real, the server a function or a process."""
    assert sorted(many[0].kinds(name)) == sorted(on_a_stream((ANSWERED | HUNG)[name], result))


@pytest.mark.parametrize("name", [*ANSWERED, *HUNG])
def test_the_server_does_what_reaches_it(name, many):
    """Nothing, once, or as often as it was delivered, in spite of what the client hears."""
    assert many[1].count(name) == (0 if name in NEVER_RUN else RUN.get(name, 1))


def test_clients_hear_what_a_fault_makes_of_the_answer(many):
    """Errors in the protocol's form, changed values, garbage on a line of its own."""
    _, _, answers, garbled = many
    assert {name for name, answer in answers.items() if answer is None} == {*HUNG, *GARBLED}
    assert answers["overloaded"]["error"]["data"]["status"] == 503
    assert answers["failed"]["result"]["isError"] is True
    assert json.loads(answers["twice"]["result"]["content"][0]["text"])["times"] == 2
    assert len(garbled) == len(GARBLED)
    assert sum(line.startswith(b"<html>") for line in garbled) == 1


def test_a_request_that_is_held_is_overtaken_by_the_next(shim):
    """In whatever pieces they come: here both at once."""
    one = shim("reorder(calls=1, limit_s=3600) on tool=held")
    calls = [
        {"jsonrpc": "2.0", "id": name, "method": "tools/call", "params": {"name": name}} for name in ("held", "plain")
    ]
    one.send("".join(json.dumps(call) + "\n" for call in calls).encode())
    assert [one.until("notifications/did")["params"]["name"] for _ in calls] == ["plain", "held"]
    assert one.leave() == 0


@pytest.mark.parametrize("name", TORN)
def test_a_broken_connection_ends_the_pipe(name, shim, result):
    """The client finds its pipe ended, the server its input closed, and the exit code is the server's own."""
    one = shim(f"{TORN[name]} on tool={name} nth=1")
    one.call("silent", 1)
    one.until("notifications/did")
    one.call(name, 2)
    rest = [line for line in iter(one.line, b"") if b"notifications" not in line]
    assert one.process.wait(60) == 0
    assert one.kinds(name) == on_a_stream(TORN[name], result)
    assert one.kinds("silent") == ["invoke", "info"]
    assert [len(line) for line in rest] == ([16] if name == "cut" else [])


def test_a_crash_of_the_server_is_one(shim, ends):
    """Killed with its answer lost: the client sees the pipe end, and a process that ended by SIGKILL."""
    one = shim("crash(of='callee') on tool=book")
    one.say(id=1, method="initialize", params={})
    ended = ends(one.until(1)["result"]["pid"])
    one.call("book", 2)
    assert one.until("notifications/did")
    assert one.line() == b""
    assert one.process.wait(60) == -9
    assert ended()
    assert one.kinds("book") == ["invoke", "fault", "deliver", "info"]


def test_a_crashed_server_can_come_back_behind_an_open_pipe(shim):
    """What was under way gets an error; after the outage another process answers, initialised as the first was."""
    one = shim("crash(of='callee', down_s=0) on tool=book nth=1", options=("--restart",))
    one.say(id="init", method="initialize", params={"client": "ours"})
    first = one.until("init")["result"]["pid"]
    one.say(method="notifications/initialized")
    one.call("silent", 1)
    assert one.until("notifications/did")
    one.call("book", 2)
    assert one.until(1)["error"] == {"code": -32000, "message": "the connection was closed"}
    assert "error" in one.until(2)
    one.call("plain", 3)
    answer = one.until(3)
    while "error" in answer:  # it is still down
        one.call("plain", 3)
        answer = one.until(3)
    told = json.loads(answer["result"]["content"][0]["text"])
    assert told["initialised"] == ["ours", "and on"]
    assert told["times"] == 1
    one.say(id=4, method="initialize", params={"client": "again"})
    assert one.until(4)["result"]["pid"] != first
    assert not any(b"agentchaos" in line for line in one.heard)
    assert one.leave() == 0
    assert one.kinds("silent") == ["invoke", "info"]


def test_a_server_that_is_down_refuses_and_the_pipe_stays(shim):
    """Requests in the outage surely did not happen; the client that leaves meanwhile ends everything."""
    one = shim("crash(of='callee', down_s=3600) on tool=book nth=1", options=("--restart",))
    one.call("book", 1)
    assert "error" in one.until(1)
    one.call("plain", 2)
    assert one.until(2)["error"]["message"] == "connection refused"
    one.leave()
    assert one.kinds("plain") == ["invoke", "fault", "fail"]


def test_a_paused_server_stands_still(shim):
    """Nothing of it runs; what came meanwhile is answered when it goes on."""
    one = shim("pause(of='callee', seconds=0.2) on tool=book nth=1")
    one.say(id=1, method="initialize", params={})
    one.until(1)
    one.call("book", 2)
    one.call("plain", 3)
    assert one.answer(2)["times"] == 1
    assert one.leave() == 0
    history = one.history()
    (book,), (plain,) = history.calls("book"), history.calls("plain")
    ended = {op.of: op.at_s - history[op.of].at_s for op in history if op.kind == "ok"}
    assert ended[book.index] >= 0.2
    assert ended[plain.index] >= 0.1


def test_a_late_request_arrives_before_the_server_is_ended(shim):
    """The client has left and ends the server long before the time: what is late arrives then, and not never."""
    one = shim("late_delivery(seconds=3600) on tool=book nth=1")
    one.call("book", 1)
    one.call("plain", 2)
    one.until(2)
    one.cancel(1)
    one.until("notifications/heard")
    one.process.terminate()
    did = one.until("notifications/did")
    assert did["params"]["name"] == "book"
    assert one.process.wait(60) == -15
    assert one.kinds("book") == ["invoke", "fault", "info", "deliver"]


def test_a_caller_of_which_nobody_knows_cannot_be_killed(shim):
    """The fault leaves the call alone, and the log says why."""
    one = shim("crash on tool=book")
    one.call("book", 1)
    assert one.answer(1)["times"] == 1
    assert one.leave() == 0
    log = one.log.read_text(encoding="utf-8")
    assert "fired 0 of 1" in log
    assert "nobody has said which" in log


def test_the_log_tells_what_fired(shim):
    """Nothing of it is on stdout or stderr."""
    one = shim("drop_response on tool=book nth=1")
    one.call("book", 1)
    one.until("notifications/did")
    one.cancel(1)
    assert one.leave() == 0
    assert "fault: drop_response on tool book @ air" in one.log.read_text(encoding="utf-8")
    assert one.end() == b""
    assert one.record.stat().st_size
