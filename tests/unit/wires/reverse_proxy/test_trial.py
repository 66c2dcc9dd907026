"""A proxy in a trial: when it takes part, whose calls it tells of, and what is left when the trial is over."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from contextlib import closing

import httpx2
import pytest

from pytest_agentchaos import Chaos, agents, faults
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.schedule import Rule, on
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.http_transport.elsewhere import SEEN
from pytest_agentchaos.wires.reverse_proxy import Proxy
from pytest_agentchaos.wires.reverse_proxy.client import Client
from pytest_agentchaos.wires.reverse_proxy.exchange import READ_BYTES
from pytest_agentchaos.wires.standing import Wires

from .conftest import DEADLINE_S, Raw

POST = b"POST /book HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def client():
    """A client of the test's own, which the trial sees as well."""
    with httpx2.Client(trust_env=False, timeout=DEADLINE_S) as made:
        yield made


def ends(trial):
    """Kinds of the ops with which calls ended."""
    return [op.kind for op in trial.history if op.kind in {"ok", "info", "fail"}]


def test_only_what_passes_in_a_trial_is_written_down(raw):
    """Before and after it, nothing is."""
    trials = [Trial(), Trial([Rule(faults.Unavailable(), on.any())])]
    told = []
    for trial in trials:
        raw.send(POST)
        raw.until(b"{}")
        with trial.live():
            raw.send(POST)
            told.append(raw.until(b"}").split(b" ")[1])
            raw.until(b"}") if told[-1] == b"503" else None
    raw.send(POST)
    raw.until(b"{}")
    assert told == [b"200", b"503"]
    assert [trial.history.begun for trial in trials] == [1, 1]
    call = trials[0].history.calls()[0].call
    assert (call.kind, call.target, call.name, call.wire, call.agent) == (
        "http",
        "flights.local",
        "POST /book",
        "proxy",
        (),
    )


def test_a_proxy_that_is_put_up_in_a_trial_takes_part(upstream, client):
    """From then on."""
    trial = Trial()
    with trial.live(), Proxy(upstream.url) as proxy:
        client.post(proxy.url, json={})
    assert trial.history.begun == 1
    assert not SEEN


def test_a_kept_proxy_has_no_part_in_the_trials_of_others(upstream):
    """Their calls pass it untold, their faults do not act there; its own trials are as before."""
    kept = Wires()
    torn = Rule(faults.Unavailable(), on.http("POST /book"))
    with Proxy(upstream.url, name="http://flights.local", wires=kept) as proxy:
        other, own = Chaos(trial=Trial([torn])), Chaos(trial=Trial([torn]))
        own.wires(kept)
        with closing(Raw(proxy)) as agent:
            with other.live():
                agent.send(POST)
                assert agent.until(b"{}").startswith(b"HTTP/1.1 200")
            with own.live():
                agent.send(POST)
                assert agent.until(b"}").startswith(b"HTTP/1.1 503")
    assert (other.history.begun, own.history.begun) == (0, 1)


def test_a_call_of_a_test_to_a_kept_proxy_is_told_by_the_client(upstream, client):
    """There is nobody else who would tell of it."""
    with Proxy(upstream.url, name="http://flights.local", wires=Wires()) as proxy:
        trial = Trial()
        with trial.live():
            client.post(f"{proxy.url}/book", json={})
        assert [call.call.target for call in trial.history.calls()] == [proxy.authority]


def test_a_call_of_the_tests_own_client_is_told_once(proxy, client):
    """By the proxy, which knows its name; sync or async, and with the agent that makes it."""

    async def call():
        async with httpx2.AsyncClient(trust_env=False) as asynchronous:
            await asynchronous.post(f"http://localhost:{proxy.authority.partition(':')[2]}/book", json={})

    trial = Trial()
    with trial.live(), agents.calling_as("planner"), agents.calling_as("flüge/2"):
        client.post(proxy.url + "/book", json={})
        asyncio.run(call())
    told = [(call.call.wire, call.call.target, call.call.agent) for call in trial.history.calls()]
    assert told == [("proxy", "flights.local", ("planner", "flüge/2"))] * 2


def test_a_client_may_say_which_agent_it_is(upstream, proxy, raw):
    """The upstream does not learn it."""
    trial = Trial([Rule(faults.Unavailable(), on.any(agent="planner"))])
    with trial.live():
        raw.send(POST.replace(b"\r\n\r\n", b"\r\nAgentchaos-Agent: travel/planner\r\n\r\n"))
        assert raw.until(b"}").startswith(b"HTTP/1.1 503")
    raw.until(b"}")
    raw.send(POST.replace(b"\r\n\r\n", b"\r\nAgentchaos-Agent: travel/planner\r\n\r\n"))
    raw.until(b"{}")
    assert b"agentchaos" not in upstream.heads[-1].lower()


def test_a_client_that_leaves_leaves_a_call_of_which_nobody_knows(upstream, raw):
    """Whether it happened."""
    arrived = threading.Event()

    async def serve(reader, writer, head, body):
        arrived.set()
        await reader.read()
        upstream.gone.set()

    upstream.serve = serve
    trial = Trial()
    with trial.live():
        raw.send(POST)
        assert arrived.wait(DEADLINE_S)
        raw.close()
        assert upstream.gone.wait(DEADLINE_S)
    assert ends(trial) == ["info"]


def test_a_client_that_has_seen_enough_of_a_stream_got_what_it_saw(upstream, raw):
    """A session's stream of events lasts until its client closes it, and that is no failure."""

    async def serve(reader, writer, head, body):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        await reader.read()
        upstream.gone.set()

    upstream.serve = serve
    trial = Trial()
    with trial.live():
        raw.send(POST)
        raw.until(b"data: 1\n\n")
        raw.close()
        assert upstream.gone.wait(DEADLINE_S)
    assert ends(trial) == ["ok"]
    assert trial.history[1].data["result"] == "data: 1\n\n"


def test_an_upstream_that_is_not_there_has_surely_not_got_the_call(client):
    """The call failed, whatever the proxy answers."""
    trial = Trial()
    with Proxy("http://127.0.0.1:1") as proxy, trial.live():
        assert client.post(proxy.url, json={}).status_code == 502
    assert ends(trial) == ["fail"]


@pytest.mark.parametrize("rules", [[], [Rule(faults.Latency(seconds=0), on.any())]])
def test_an_upstream_that_breaks_leaves_a_call_of_which_nobody_knows(upstream, client, proxy, rules):
    """Also in the middle of its answer."""

    async def serve(reader, writer, head, body):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        writer.close()

    upstream.serve = serve
    trial = Trial(rules)
    with trial.live(), pytest.raises(httpx2.RemoteProtocolError):
        client.post(proxy.url, json={})
    assert ends(trial) == ["info"]


def test_what_hangs_at_the_end_of_a_trial_is_healed(upstream, raw, connect):
    """A call that was delayed goes on at once, one that would never be answered is torn; both are told to be open."""
    trial = Trial([Rule(faults.Latency(seconds=3600), on.any(nth=1)), Rule(faults.DropRequest(), on.any(nth=2))])
    with connect() as other:
        with trial.live():
            raw.send(POST)
            begun(trial, 1)
            other.send(POST)
            begun(trial, 2)
        assert raw.until(b"{}").startswith(b"HTTP/1.1 200")
        with pytest.raises(ConnectionResetError):
            other.rest()
    assert ends(trial) == ["info", "info"]
    assert len(upstream.heads) == 1


def begun(trial, count):
    """Wait until so many faults have acted: they do on the proxy's thread."""
    ready = threading.Event()
    append = trial.history.append

    def telling(*args, **kwargs):
        index = append(*args, **kwargs)
        if sum(tally.fired for tally in trial.engine.tallies) >= count:
            ready.set()
        return index

    trial.history.append = telling
    if sum(tally.fired for tally in trial.engine.tallies) < count:
        assert ready.wait(DEADLINE_S)
    del trial.history.append


def test_copies_in_flight_all_arrive(upstream, proxy, client):
    """The first answer is the client's; the trial waits for the others."""

    async def serve(reader, writer, head, body):
        if len(upstream.heads) > 1:
            await asyncio.sleep(0.05)  # its client has its answer by then
        await upstream.echo(reader, writer, head, body)

    upstream.serve = serve
    trial = Trial([Rule(faults.Duplicate(order="in_flight", copies=3), on.any())])
    with trial.live():
        assert client.post(proxy.url, json={}).status_code == 200
    assert len(upstream.heads) == 3
    assert [op.kind for op in trial.history].count("deliver") == 3
    assert ends(trial) == ["ok"]


def test_what_comes_late_arrives_before_the_trial_is_over(upstream, raw):
    """Its client has long gone."""
    trial = Trial([Rule(faults.LateDelivery(seconds=0.05, torn_after_s=0), on.any())])
    with trial.live():
        raw.send(POST)
        with pytest.raises(ConnectionResetError):
            raw.rest()
        assert upstream.heads == []
    assert len(upstream.heads) == 1
    kinds = [op.kind for op in trial.history]
    assert kinds.index("info") < kinds.index("deliver")


def test_a_call_that_is_held_back_goes_on_when_another_has_overtaken_it(upstream, raw, connect):
    """Over another connection, since its own waits."""
    trial = Trial([Rule(faults.Reorder(limit_s=3600), on.any(nth=1))])
    with trial.live(), connect() as other:
        raw.send(POST.replace(b"/book", b"/one"))
        begun(trial, 1)
        other.send(POST.replace(b"/book", b"/two"))
        other.until(b"{}")
        raw.until(b"{}")
    assert {head.split(b" ")[1] for head in upstream.heads} == {b"/one", b"/two"}
    assert ends(trial) == ["ok", "ok"]


def test_a_request_too_large_to_be_read_is_known_by_its_size(upstream, proxy, client):
    """It passes, and faults that deliver it once act on it."""
    trial = Trial([Rule(faults.Latency(seconds=0.01), on.any())])
    body = b"x" * (READ_BYTES + 1)
    with trial.live():
        assert len(client.post(proxy.url, content=body).content) == len(body)
    call = trial.history.calls()[0].call
    assert call.arguments["body"] == {"bytes": len(body)}
    assert trial.engine.tallies[0].fired == 1


def test_a_request_too_large_to_be_kept_is_not_delivered_twice(upstream, proxy, client):
    """That is an error of the schedule, and the test learns it."""
    trial = Trial([Rule(faults.Duplicate(), on.any())])
    with pytest.raises(UsageError, match="cannot be delivered twice"), trial.live():
        assert client.post(proxy.url, content=b"x" * (READ_BYTES + 1)).status_code == 500


def test_a_compressed_answer_is_read_and_passed_as_it_is(upstream, proxy, client):
    """A fault that changes it takes the compression away, and the headers say so."""
    import gzip

    packed = gzip.compress(b'{"price": 120}')

    async def serve(reader, writer, head, body):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n" % len(packed) + packed)

    upstream.serve = serve
    trial = Trial([Rule(faults.CorruptedValue(), on.any(nth=2))])
    with trial.live():
        first, second = client.get(proxy.url), client.get(proxy.url)
    assert first.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in second.headers
    assert first.json() == {"price": 120} != second.json()
    assert trial.history[1].data["result"] == {"price": 120}


def test_faults_in_their_chosen_time_leave_other_calls_alone(upstream, connect):
    """Many clients at once: each gets its own answer, and each call is told once."""
    trial = Trial([Rule(faults.Unavailable(), on.any(nth=7))])
    answers = {}

    def call(number):
        with connect() as one:
            body = b'{"n": %d}' % number
            one.send(b"POST /book HTTP/1.1\r\nHost: HOST\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            answers[number] = (one.until(b"}"), body)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(20)]
    with trial.live():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_S)
    spoilt = [number for number, (answer, body) in answers.items() if not answer.endswith(body)]
    assert len(answers) == 20
    assert len(spoilt) == 1
    assert ends(trial) == ["ok"] * 20


@pytest.mark.parametrize(
    "rules", [[], [Rule(faults.Latency(), on.tool())], [Rule(faults.Latency(seconds=0), on.any())]]
)
def test_a_call_has_ended_before_its_client_can_know(proxy, client, monkeypatch, rules):
    """So that a test which looks at the history when it has its answer finds the call as it is."""
    trial, told = Trial(rules), []
    pass_on = Client.pass_on

    async def noted(self, chunk):
        told.append(ends(trial))
        await pass_on(self, chunk)

    monkeypatch.setattr(Client, "pass_on", noted)
    with trial.live():
        client.post(proxy.url, json={})
    assert told == [["ok"]]


def test_a_proxy_that_was_closed_in_a_trial_has_no_part_in_the_next(upstream):
    """Nothing holds it any more."""
    with Trial().live(), Proxy(upstream.url) as proxy:
        assert proxy.joined is not None
    assert proxy.joined is None
    gone = weakref.ref(proxy)
    del proxy
    gc.collect()
    assert gone() is None
