"""Every fault, over real sockets: the client sees, and the history tells, what they do in virtual time."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import closing, suppress

import httpx2
import pytest

from pytest_agentchaos import faults
from pytest_agentchaos.dialects import sse
from pytest_agentchaos.doubles import ScriptedModel, call_tool
from pytest_agentchaos.doubles.loopback import serve
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.registry import registered
from pytest_agentchaos.processes import MAIN
from pytest_agentchaos.schedule import Rule, on
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.reverse_proxy import Proxy

from .conftest import DEADLINE_S

NAME = "http://travel.local"
JSON = ("content-type", "application/json")
TOOL = {
    "type": "function",
    "name": "book",
    "parameters": {"type": "object", "properties": {"seat": {"type": "string"}}},
}
MODEL = {"model": "scripted-model", "input": "Book 1A.", "tools": [TOOL]}
CALL = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "book", "arguments": {"seat": "1A"}}}
SAID = {"booking": {"id": "B-17", "seat": "1A", "price": 120, "when": "2026-05-01T10:00:00Z"}, "legs": [1, 2, 3]}
REQUESTS = {
    "http": ("/book", (JSON,), {"seat": "1A", "price": 120}),
    "tool": (
        "/mcp",
        (JSON, ("accept", "application/json, text/event-stream"), ("mcp-method", "tools/call"), ("mcp-name", "book")),
        CALL,
    ),
    "events": ("/mcp/events", (JSON, ("accept", "application/json, text/event-stream")), CALL),
    "model": ("/v1/responses", (JSON,), MODEL),
    "stream": ("/v1/responses", (JSON,), {**MODEL, "stream": True}),
}
"""Path, headers and body of one call of each sort."""
GIVEN = {
    "bandwidth": {"bytes_per_s": 1e6},
    "late_delivery": {"seconds": 0.01},
    "latency": {"seconds": 0.01},
    "partition": {"groups": {"here": ("main",), "there": ("travel.local",)}},
    "reorder": {"limit_s": 0.01},
    "slow_first_token": {"seconds": 0.01},
    "stream_drip": {"interval_s": 0.001},
}
"""What a fault needs, or would take long without."""
CASES = [
    *[(name, "http") for name, made in registered().items() if made.family != "process"],
    *[
        (name, "tool")
        for name in ("drop_response", "tool_failure", "schema_drift", "malformed", "wrong_entity", "empty")
    ],
    *[(name, "events") for name in ("stream_cut", "stream_stall", "stream_drip", "truncated", "corrupted_value")],
    *[(name, "model") for name, made in registered().items() if made.family in {"model", "answer"}],
    *[(name, "stream") for name, made in registered().items() if made.family in {"model", "stream"}],
]


class Backend:
    """A model, a tool server and a plain service behind one port."""

    def __init__(self):
        self._model = ScriptedModel([call_tool("book", seat="1A"), "It is booked."])

    def handle(self, request):
        """Answer; the same each time."""
        path = "/" + request.url.split("/", 3)[3]
        if path.startswith("/v1/"):
            return self._model.handle(request)
        if path == "/book":
            body = json.dumps(SAID).encode()
            return Reply(200, (JSON, ("content-length", str(len(body)))), body)
        content = [{"type": "text", "text": json.dumps(SAID)}]
        message = {"jsonrpc": "2.0", "id": 7, "result": {"content": content, "structuredContent": SAID}}
        if path == "/mcp":
            body = json.dumps(message).encode()
            return Reply(200, (JSON, ("content-length", str(len(body)))), body)
        note = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progress": 1}}
        events = b"".join(
            b"event: message\ndata: " + json.dumps(one).encode() + b"\n\n" for one in (note, note, message)
        )
        assert len(sse.split(events)[0]) == 3
        return Reply(200, (("content-type", "text/event-stream"),), events)

    async def __call__(self, scope, receive, send):
        """The same as an app: in virtual time its answers come in pieces, too."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        reply = self.handle(Request("POST", NAME + scope["path"], tuple(_text(scope["headers"])), body))
        headers = [(name.encode(), value.encode()) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        pieces, rest = sse.split(reply.body) if reply.is_event_stream else ([reply.body], b"")
        for piece in (*pieces, rest):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})


def _text(headers):
    return ((name.decode(), value.decode()) for name, value in headers)


class App:
    """Nothing but an app, so that it is taken for one."""

    def __init__(self):
        self._backend = Backend()

    async def __call__(self, scope, receive, send):
        """Answer."""
        await self._backend(scope, receive, send)


@pytest.fixture(scope="module")
def proxy():
    """In front of such a backend."""
    with serve(Backend().handle) as url, Proxy(url, name=NAME, caller="agent") as listening:
        yield listening


class Watched:
    """The history of a trial, for whoever waits until something stands in it."""

    def __init__(self, history):
        self.history = history
        self._changed = threading.Condition()
        for name in ("append", "defer", "defer_invoke"):
            setattr(history, name, self._telling(getattr(history, name)))

    def _telling(self, write):
        def told(*args, **kwargs):
            index = write(*args, **kwargs)
            with self._changed:
                self._changed.notify_all()
            return index

        return told

    def wait_for(self, count):
        """Until there are so many ops."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.history) >= count, DEADLINE_S)


def in_virtual_time(rules, sort):
    """What the client sees of three calls, and the history of it."""
    path, headers, body = REQUESTS[sort]
    trial = Trial(rules, seed=3)
    trial.upstreams.declare(NAME, App())
    seen = []

    def journey():
        with httpx2.Client() as client:
            for _ in range(3):
                try:
                    answer = client.post(NAME + path, headers=dict(headers), content=json.dumps(body), timeout=60)
                    seen.append((answer.status_code, answer.content))
                except httpx2.ReadTimeout:
                    seen.append("silence")
                except httpx2.TransportError:
                    seen.append("torn")
            return "done"

    trial.run(journey)
    return seen, trial.history


def over_sockets(rules, sort, proxy, silent):
    """The same through a proxy; a client that hears nothing hangs up when the history says that nothing will come."""
    path, headers, body = REQUESTS[sort]
    trial = Trial(rules, seed=3)
    watched = Watched(trial.history)
    seen = []
    with trial.live() as live:
        for number in range(3):
            connection = http.client.HTTPConnection(proxy.authority, timeout=DEADLINE_S)
            connection.request("POST", path, json.dumps(body), dict(headers))
            if number in silent:
                begun, ended = silent[number]
                watched.wait_for(begun)
                connection.close()
                watched.wait_for(ended)
                seen.append("silence")
                continue
            try:
                with closing(connection), closing(connection.getresponse()) as answer:
                    seen.append((answer.status, answer.read()))
            except (http.client.HTTPException, OSError):
                seen.append("torn")
        live.answer("done")
    return seen, trial.history


def silences(seen, history, *, in_the_body):
    """Of each call that is never answered: how many ops there are when nothing more will come, and after its end.

    What the callee said of a body that stops in its middle is told with the call's end.
    """
    ends = [op.index for op in history if op.kind in {"ok", "fail", "info"}]
    return {
        number: (ends[number] - in_the_body, ends[number] + 1) for number, one in enumerate(seen) if one == "silence"
    }


def essence(history):
    """Ops without what has no meaning in the other mode: times, and what an error is called."""
    return [
        (op.kind, op.of, op.site, {name: value for name, value in op.data.items() if name != "error"}) for op in history
    ]


def test_every_fault_is_tried():
    """On at least one sort of call that it can act on, but for those that need processes: see below."""
    sorts = {"http": "http", "tool": "tool", "events": "tool", "model": "model", "stream": "model"}
    acting = {name for name, sort in CASES if sorts[sort] in registered()[name].kinds}
    assert acting | {"crash", "pause"} == set(registered())


@pytest.mark.parametrize(("name", "sort"), CASES)
def test_a_fault_does_to_sockets_what_it_does_in_virtual_time(proxy, name, sort):
    """The same bytes or the same sort of break, the same ops at the same sites."""
    rules = [Rule(registered()[name](**GIVEN.get(name, {})), on.any(nth=2))]
    expected, told = in_virtual_time(rules, sort)
    seen, history = over_sockets(rules, sort, proxy, silences(expected, told, in_the_body=name == "stream_stall"))
    assert seen == expected
    assert essence(history) == essence(told)


class Handle:
    """A process that only notes what is done to it."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda: self.told.append(name)


@pytest.mark.parametrize(
    ("fault", "seen", "kind", "done"),
    [
        (faults.Crash(of="callee", point="before_send", down_s=0), "torn", "info", ["kill", "start"]),
        (faults.Crash(of="callee", point="before_reply", down_s=0), "torn", "info", ["kill", "start"]),
        (faults.Crash(of="callee", point="after_reply", down_s=0), 200, "ok", ["kill", "start"]),
        (faults.Pause(of="callee", seconds=0.01), 200, "ok", ["pause", "resume"]),
    ],
    ids=str,
)
def test_a_callee_is_stopped_really(proxy, fault, seen, kind, done):
    """It is known by the name that stands in its calls."""
    trial = Trial([Rule(fault, on.any(nth=1))])
    handle = Handle()
    trial.engine.processes.declare(handle, "travel.local")
    with trial.live(), httpx2.Client(trust_env=False, timeout=DEADLINE_S) as client:
        try:
            got = client.post(proxy.url + "/book", json={}).status_code
        except httpx2.TransportError:
            got = "torn"
    assert got == seen
    assert handle.told == done
    assert [op.kind for op in trial.history if op.kind in {"ok", "info", "fail"}] == [kind]


def test_a_callee_that_is_down_refuses(proxy):
    """Every call that comes meanwhile, and the history says by which fault."""
    trial = Trial([Rule(faults.Crash(of="callee", down_s=3600), on.any(nth=1))])
    trial.engine.processes.declare(Handle(), "travel.local")
    with httpx2.Client(trust_env=False, timeout=DEADLINE_S) as client:
        live = trial.live()
        live.__enter__()
        for _ in range(2):
            with pytest.raises(httpx2.TransportError):
                client.post(proxy.url + "/book", json={})
    kinds = [op.kind for op in trial.history]
    assert kinds == ["invoke", "fault", "deliver", "info", "invoke", "fault", "fail"]
    for timer in live._late._timers:
        timer.cancel()
    live.close()


@pytest.mark.parametrize("point", ["before_send", "before_reply", "after_reply"])
def test_a_caller_is_stopped_really(proxy, point):
    """It is known by the name that the proxy has for it; what it had under way may have happened."""
    trial = Trial([Rule(faults.Crash(of="caller", point=point, down_s=0), on.any(nth=1))])
    with httpx2.Client(trust_env=False, timeout=DEADLINE_S) as client:
        handle = Handle()
        trial.engine.processes.declare(handle, "agent")
        with trial.live(), suppress(httpx2.TransportError):
            client.post(proxy.url + "/book", json={})
    assert handle.told == ["kill", "start"]
    kinds = [op.kind for op in trial.history]
    assert ("deliver" in kinds) == (point != "before_send")
    assert [kind for kind in kinds if kind in {"ok", "info"}] == ["info" if point != "after_reply" else "ok"]


def test_nobody_stops_what_nobody_has_declared(proxy):
    """Such a fault does not fire, and the call is as it would be."""
    trial = Trial([Rule(faults.Pause(of="caller"), on.any())])
    with trial.live(), httpx2.Client(trust_env=False, timeout=DEADLINE_S) as client:
        assert client.post(proxy.url + "/book", json={}).status_code == 200
    assert trial.engine.tallies[0].fired == 0
    assert trial.engine.processes.named("agent") is MAIN


def test_a_callee_that_crashes_after_its_reply_takes_the_connection_along(proxy):
    """Whoever keeps connections learns it at once."""
    trial = Trial([Rule(faults.Crash(of="callee", point="after_reply", down_s=0), on.any(nth=1))])
    trial.engine.processes.declare(Handle(), "travel.local")
    with trial.live(), httpx2.Client(trust_env=False, timeout=DEADLINE_S) as client:
        told = [client.post(proxy.url + "/book", json={}).headers.get("connection") for _ in range(2)]
    assert told[0] == "close"
