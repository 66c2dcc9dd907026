"""Servers that mean harm, or are broken beyond measure: an audit of them ends, soon, and with a sentence."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import threading
import types
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_agentchaos import audit as auditing
from pytest_agentchaos import watchdog
from pytest_agentchaos.audit import Command, ServerError, arguments, inbox, session, stdio, streamable, tools_of
from pytest_agentchaos.audit.answer import Answer
from pytest_agentchaos.audit.arguments import candidates
from pytest_agentchaos.audit.effect import Leaf, effect
from pytest_agentchaos.audit.session import Session
from pytest_agentchaos.audit.stdio import Pipes
from pytest_agentchaos.audit.streamable import Posts
from pytest_agentchaos.audit.tool import Tool
from pytest_agentchaos.audit.world import LIMIT_RESOURCES, Witnesses, look
from pytest_agentchaos.cli.audit import command as verb
from pytest_agentchaos.loopback import LoopbackServer

NAMES = [f"a{number}" for number in range(30)]
NESTED = {"type": "string"}
for _ in range(6):
    NESTED = {"type": "array", "minItems": 100, "items": NESTED}


@pytest.mark.parametrize(
    "schema",
    [
        {"required": NAMES, "properties": {name: {"$ref": "#"} for name in NAMES}},
        {"required": ["a"], "properties": {"a": NESTED}},
    ],
    ids=["itself", "nested"],
)
def test_a_schema_that_asks_for_more_than_there_is_room_for_is_given_up(schema, monkeypatch):
    """Nobody would send so much; what is left is an example."""
    made, resolved = itertools.count(), arguments._Maker._resolved

    def counted(self, *given):
        assert next(made) < 100_000  # it would go on for ever
        return resolved(self, *given)

    monkeypatch.setattr(arguments._Maker, "_resolved", counted)
    assert list(candidates(Tool("t", schema))) == []


@pytest.mark.parametrize("bound", [float("inf"), float("nan"), 10**400, 5e-324, True])
@pytest.mark.parametrize("key", ["minimum", "maximum", "exclusiveMinimum", "multipleOf"])
@pytest.mark.parametrize("kind", ["integer", "number"])
def test_a_number_beyond_all_measure_bounds_nothing(kind, key, bound):
    """Whether what is sent fits, the server will say."""
    schema = {"required": ["n"], "properties": {"n": {"type": kind, key: bound, "multipleOf": 0.5} | {key: bound}}}
    for made in candidates(Tool("t", schema)):
        json.dumps(made, allow_nan=False)


def test_a_bound_of_an_older_dialect_is_no_number():
    """There, True said that the other one is not included."""
    schema = {"required": ["n"], "properties": {"n": {"type": "integer", "minimum": 5, "exclusiveMinimum": True}}}
    assert arguments._Maker(schema, existing=False, everything=False).value(schema, "", 0)["n"] >= 5


def test_a_key_is_looked_for_where_somebody_might_read_of_it():
    """The pattern takes the square of the time that a description is long."""
    said = "_meta.idempotencyKey keeps it to one"
    assert Tool("t", {}, said).key.name == "idempotencyKey"
    assert Tool("t", {}, "x" * 2_000 + said).key is None


def test_half_a_character_in_a_picture_is_something_else_than_another_half():
    """UTF-8 has no bytes for it."""
    one, other = (
        Answer.read({"result": {"content": [{"type": "image", "data": half}]}}) for half in ("\ud800", "\udfff")
    )
    assert one.value != other.value


@pytest.mark.parametrize("huge", ["1E+9999990", "1E+999990"])
def test_numbers_that_nobody_could_write_out_are_two_values(huge):
    """Python would raise at the one and fill a page with the other."""
    before, after = (Counter({Leaf("list", "", text): 1}) for text in ("1", huge))
    assert {change.sign for change in effect(before, after)} == {"-", "+"}


def test_what_is_nested_beyond_measure_is_no_message():
    """To show it, to compare it or to fill it would each be a recursion of its own."""
    depth = inbox._DEPTH
    assert inbox.read('{"a":' + "[" * (depth - 1) + "]" * (depth - 1) + "}") is not None
    assert inbox.read('{"a":' + "[" * depth + "]" * depth + "}") is None
    assert inbox.read("[" * 100_000) is None


def test_a_flood_of_large_answers_ends_before_the_memory_does():
    """It counts bytes as well as messages."""
    box = inbox.Inbox()
    box.put({"id": 1}, inbox.LIMIT_BYTES)
    assert box.ended is None
    box.put({"id": 1}, 1)
    assert "256,000,000 bytes" in box.ended
    assert len(box.wait(1, 5, 0)) == 1


class Channel:
    """A server that answers each request with the next of what it was given."""

    era = None

    def __init__(self, *results):
        self.inbox = inbox.Inbox()
        self.asked = None
        self.sent = []
        self._results = iter(results)

    def send(self, messages):
        """Answered at once."""
        self.sent += messages
        for message in messages:
            if "method" in message:
                self.inbox.put({"id": message["id"], "result": next(self._results)})


def test_a_listing_without_end_is_told():
    """A part of it would look like all."""
    pages = ({"tools": [{"name": f"t{number}"}], "nextCursor": "x"} for number in range(1000))
    channel = Channel(*pages)
    with pytest.raises(ServerError, match="tools/list has more than 50 pages"):
        Session(channel, 1.0).all_of("tools", 500)
    assert len(channel.sent) == session.LIMIT_PAGES


def test_more_resources_than_are_looked_at_are_not_asked_for():
    """One page is enough here."""
    channel = Channel({"resources": [{"uri": str(number)} for number in range(30)], "nextCursor": "x"})
    assert len(Session(channel, 1.0).all_of("resources", 20)) == 30


def test_a_server_that_asks_on_and_on_is_answered_no_more():
    """Each answer waits until it is read, and over HTTP has a thread of its own."""
    channel = Channel()
    Session(channel, 1.0)
    for number in range(1000):
        channel.asked({"id": number, "method": "ping"})
    assert len(channel.sent) == session.LIMIT_REFUSED


def test_a_page_of_more_resources_is_looked_at_in_part():
    """Each of them is a question."""
    uris = [{"uri": str(number)} for number in range(30)]
    channel = Channel({"resources": uris}, *({"contents": []} for _ in uris))
    place = types.SimpleNamespace(session=Session(channel, 1.0), folders=[], ours=[])
    look(place, Witnesses([], resources=True))
    assert [message["method"] for message in channel.sent].count("resources/read") == LIMIT_RESOURCES


MANY = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    names = [{"name": f"t{number}"} for number in range(501)]
    results = {"initialize": {"protocolVersion": "2025-11-25"}, "tools/list": {"tools": names}}
    answer = {"result": results[asked["method"]]} if asked["method"] in results else {"error": {"code": 1}}
    if "id" in asked:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **answer}), flush=True)
"""


def test_more_tools_than_are_looked_at_are_told():
    """A verdict on some of them would look like one on all."""
    with pytest.raises(ServerError, match="more than 500 tools"):
        tools_of(Command([sys.executable, "-I", "-S", "-c", MANY], timeout_s=20.0))


DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    print('{"id": 1, "result": %d}' % os.getpid(), flush=True)
    time.sleep(300)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="nobody else shows the environment of others")
def test_a_server_leaves_no_daemon_behind_that_holds_its_pipes(tmp_path):
    """It has left the group, and would be waited for."""
    pipes = Pipes([sys.executable, "-I", "-S", "-c", DAEMON], tmp_path, {})
    (message,) = pipes.inbox.wait(1, 1, 30.0)
    pipes.close()
    assert not any(thread.is_alive() for thread in pipes._threads)
    assert _has_ended(message["result"])


HIDDEN = """
import os, sys
if os.fork() == 0:
    os.setsid()
    held = "import os,time; print('{\\"id\\": 1, \\"result\\": %d}' % os.getpid(), flush=True); time.sleep(300)"
    os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", held], {})
sys.stdin.read()
"""


def test_what_cannot_be_found_is_not_waited_for(tmp_path, monkeypatch):
    """One that has cleaned its environment holds the pipes, and to close what is being read would wait for it."""
    monkeypatch.setattr(stdio, "_KILLED_S", 0.05)
    pipes = Pipes([sys.executable, "-I", "-S", "-c", HIDDEN], tmp_path, {})
    (message,) = pipes.inbox.wait(1, 1, 30.0)
    closing = threading.Thread(target=pipes.close, daemon=True)
    closing.start()
    closing.join(20)
    was_waiting = closing.is_alive()
    os.kill(message["result"], signal.SIGKILL)
    closing.join(20)
    monkeypatch.undo()
    pipes.close()  # there is nobody left who reads
    assert not was_waiting


def test_the_watchdog_knows_of_a_server_as_long_as_it_runs(tmp_path):
    """Where no environment is shown, this is how it is found when the audit is killed."""
    pipes = Pipes(["/bin/sh", "-c", "exec cat"], tmp_path, {"PATH": os.environ["PATH"]})
    group = f"group {pipes._process.pid}"
    known = group in watchdog.current()._charge
    pipes.close()
    assert (known, group in watchdog.current()._charge) == (True, False)


def _has_ended(process):
    """Also if nobody has waited for it yet."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except OSError:
        return True
    return told.rpartition(")")[2].split()[0] in "ZX"


class Dripping(BaseHTTPRequestHandler):
    """Answers the end of a session byte by byte, until the test is over."""

    over, was_too_long = threading.Event(), threading.Event()

    def do_DELETE(self):
        """As slowly as it likes."""
        if not self.over.wait(20):
            self.was_too_long.set()

    def log_message(self, *_):
        """Nothing."""


def test_the_end_of_a_session_is_not_waited_for_without_end(monkeypatch):
    """The limit of a read begins anew with each byte, so that there is another one."""
    monkeypatch.setattr(streamable, "_JOIN_S", 0.05)
    server = LoopbackServer(Dripping, "dripping")
    server.begin()
    try:
        posts = Posts(f"http://127.0.0.1:{server.server_address[1]}/mcp", {}, 60.0)
        posts._session = "s"
        posts.close()
        assert not Dripping.was_too_long.is_set()
    finally:
        Dripping.over.set()
        server.end()


def test_all_connections_together_are_waited_for_as_long_as_one(monkeypatch):
    """There may be hundreds."""
    now_s = [0.0]

    class Stuck:
        def join(self, timeout_s):
            now_s[0] += timeout_s

    monkeypatch.setattr(streamable, "wall_s", lambda: now_s[0])
    posts = Posts("http://127.0.0.1:9/mcp", {}, 1.0)
    posts._threads = [Stuck(), Stuck(), Stuck()]
    posts.close()
    assert now_s == [streamable._JOIN_S]


def test_a_version_that_no_header_can_hold_does_not_end_the_audit():
    """A server chose it."""
    posts = Posts("http://127.0.0.1:9/mcp", {}, 1.0)
    posts._session, posts.era = "s", "\u4e2d"
    posts._connection = Unsendable
    posts.close()


class Unsendable:
    """A connection that says of a header what http.client says."""

    def request(self, _method, _path, *, headers):
        """Latin-1 it has to be."""
        for value in headers.values():
            value.encode("latin-1")


def test_properties_that_are_none_ask_for_no_headers():
    """Each thread that sends something would end by it."""
    posts = Posts("http://127.0.0.1:9/mcp", {}, 1.0)
    posts.schemas = {"t": {"properties": [1]}}
    assert posts._repeated({"name": "t", "arguments": {"a": 1}}) == {}


def test_a_defect_is_not_taken_for_a_tool_that_executes_twice(monkeypatch):
    """Exit code 1 would say so."""

    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(auditing, "audit", broken)
    result = CliRunner().invoke(verb, ["--", "true"])
    assert (result.exit_code, "ZeroDivisionError" in result.output) == (2, True)
