"""Whatever comes in is survived: what is no request, numbers beyond all bounds, floods, peers that vanish."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import struct
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest

from pytest_agentchaos.wires.toxiproxy import http_door
from pytest_agentchaos.wires.toxiproxy.api import Reply

PATIENCE_S = 30.0


def said(url, data):
    """What the API answers to these bytes, until it ends the connection."""
    split = urlsplit(url)
    with socket.create_connection((split.hostname, split.port), timeout=PATIENCE_S) as client:
        answer = b""
        with suppress(OSError):  # it need not listen to the end
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while part := client.recv(65_536):
                answer += part
        return answer


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 10_000,
        b"GET /version\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 50_000 + b"\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /proxies HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /proxies HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        b"POST /proxies HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
        b"POST /proxies HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{}",
        b"GET /proxies/%ff%00%0a HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_nothing_else_happens(api, data):
    """With a 4xx if it can be answered at all; the next request is served."""
    answer = said(api.url, data)
    assert not answer or answer.startswith(b"HTTP/1.1 4"), answer[:100]
    assert api.do("GET", "/proxies") == {}


def test_of_two_wrong_types_the_first_is_told(api):
    """All members are read before it is."""
    answer = api.ask("POST", "/proxies", b'{"upstream": 1, "name": 2, "enabled": 3}')[2]
    assert "Go struct field Proxy.upstream of type string" in answer


def test_a_path_cannot_put_words_into_the_head_of_a_reply(api):
    """A redirect names the path that it was asked for."""
    answer = said(api.url, b"GET //%0d%0aX-Injected:%20yes%ff HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 301 ")
    assert b"\r\nx-injected" not in answer.lower()


def test_a_body_beyond_all_measure_is_refused(api):
    """Before it is all there."""
    head = b"POST /proxies HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"
    split = urlsplit(api.url)
    with socket.create_connection((split.hostname, split.port), timeout=PATIENCE_S) as client:
        client.sendall(head)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            client.sendall(b" " * 99_000_000)
    assert api.do("GET", "/proxies") == {}


def test_a_nesting_beyond_all_measure_is_refused(api):
    """It would be a recursion as deep as the sender likes."""
    status, _, body = api.ask("POST", "/proxies", b"[" * 1_000_000)
    assert (status, json.loads(body)["error"]) == (400, "bad request body: exceeded max depth")


def test_requests_may_come_in_pieces_and_one_after_another(api):
    """Chunked bodies, connections that are kept, a client that asks whether it may go on."""
    chunked = b"POST /reset HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    asking = b"POST /reset HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    answer = said(api.url, chunked + b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n" + asking + b"{}")
    assert answer.count(b"HTTP/1.1 204 ") == 2
    assert answer.count(b"HTTP/1.1 200 OK") == 1


@pytest.mark.parametrize(
    "kind", ["bandwidth", "latency", "limit_data", "reset_peer", "slicer", "slow_close", "timeout"]
)
@pytest.mark.parametrize("value", [0, 1, -1, 2**63 - 1, -(2**63)])
def test_numbers_beyond_all_measure_are_survived(api, proxied, kind, value):
    """Everything at the value; data and the end in both directions; then everything is removed, and the proxy works."""
    if not api.embedded:
        pytest.skip("the real server dies of some of these")
    names = {"bandwidth": ["rate"], "latency": ["latency", "jitter"], "limit_data": ["bytes"], "slow_close": ["delay"]}
    names |= {"slicer": ["average_size", "size_variation", "delay"], "reset_peer": ["timeout"], "timeout": ["timeout"]}
    for stream in ("upstream", "downstream"):
        proxied.add(kind, stream=stream, **dict.fromkeys(names[kind], value))
    client, server = proxied.pair()
    client.sendall(b"x" * 100)
    server.sendall(b"x" * 100)
    client.shutdown(socket.SHUT_WR)
    api.do("POST", "/reset")
    proxied.warm_pair()


@pytest.mark.parametrize("toxicity", [-1, 0, 2, 1e30, 1e-45])
def test_toxicity_may_be_any_fraction(api, proxied, toxicity):
    """It is a threshold: below 0 hits nobody, above 1 everybody."""
    proxied.add("latency", toxicity=toxicity)
    proxied.warm_pair()


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 400])
def test_a_fraction_beyond_all_measure_is_refused(api, proxied, number):
    """It would be infinite, which no reply can say: neither of the toxic nor of all proxies."""
    said = '{"error":"bad request body: json: cannot unmarshal number '
    for path, body in (
        ("/proxies/p/toxics", '{"type": "noop", "toxicity": %s}'),
        ("/agentchaos/lease", '{"seconds": %s}'),
    ):
        status, _, answer = api.ask("POST", path, body % number)
        assert (status, answer.startswith(said)) == (400, True), answer
    assert api.do("GET", "/proxies")["p"]["toxics"] == []


def test_whoever_asks_for_a_head_only_gets_no_body(api):
    """And may ask on."""
    answer = said(api.url, b"HEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\nGET /version HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"\r\n\r\nHTTP/1.1 200 OK\r\n" in answer


def test_a_client_that_does_not_read_keeps_no_place(monkeypatch):
    """Its reply has as long as its request had."""
    monkeypatch.setattr(http_door, "_PATIENCE_S", 0.05)

    async def serve():
        door = http_door.Door(lambda request: Reply(200, "x" * 20_000_000))
        port = await door.open("127.0.0.1", 0)
        try:
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                asking = await anext(task async for task in opened(door))
                assert (await asyncio.wait([asking], timeout=PATIENCE_S))[0]
        finally:
            await door.close()

    async def opened(door):
        for _ in range(1000):
            for task in door._open:
                yield task
            await asyncio.sleep(0.01)

    asyncio.run(serve())


def test_more_toxics_than_anybody_needs_are_refused(api, proxied):
    """They would make one connection arbitrarily dear. The hundred that are there work."""
    if not api.embedded:
        pytest.skip("the real server has no bound")
    for number in range(100):
        proxied.add("noop", name=str(number))
    status, _, body = api.ask("POST", "/proxies/p/toxics", json.dumps({"type": "noop"}).encode())
    assert (status, "100 toxics already" in body) == (400, True)
    proxied.warm_pair()


def test_an_upstream_that_vanishes_takes_only_its_own_connections(proxied):
    """With a reset, in the middle of data."""
    pairs = [proxied.warm_pair() for _ in range(10)]
    for _, server in pairs[::2]:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.sendall(b"half an ans")
        server.close()
    for client, _ in pairs[::2]:
        while client.recv(100):
            pass
    for client, server in pairs[1::2]:
        client.sendall(b"still")
        assert server.recv(100) == b"still"


@pytest.mark.parametrize("kind", ["noop", "latency", "slicer", "bandwidth"])
@pytest.mark.parametrize("then", ["data", "change", "removal"])
def test_a_receiver_that_vanishes_unseen_is_found_gone(api, proxied, kind, then):
    """Nothing is read from it, as its own direction is full; so only sending can tell. Nothing is said of errors."""
    client, server = proxied.warm_pair()
    proxied.add("bandwidth", stream="upstream", rate=0)
    client.sendall(b"x" * 100_000)  # three chunks and more: one in hand, one in front of it, the rest unread
    attributes = {"latency": {"latency": 3_600_000}, "bandwidth": {"rate": 0}, "slicer": {"delay": 3_600_000_000}}
    name = proxied.add(kind, **({} if then == "data" and kind == "latency" else attributes.get(kind, {})))
    server.sendall(b"held" * 10)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    if then == "data":
        server.sendall(b"more")
    elif then == "change":
        proxied.change(name, toxicity=0.0)
    else:
        proxied.remove(name)
    api.do("POST", "/reset")
    with suppress(ConnectionResetError):
        while server.recv(1_000_000):
            pass


def test_connections_that_say_nothing_harm_nobody(api, proxied):
    """Half-open ones at the API, idle ones at the proxy."""
    split = urlsplit(api.url)
    with ExitStack() as stack:
        for _ in range(100):
            silent = stack.enter_context(socket.create_connection((split.hostname, split.port), timeout=PATIENCE_S))
            silent.sendall(b"POST /proxies HTTP/1.1\r\nContent-Le")
            proxied.pair()
        proxied.warm_pair()
        assert api.do("GET", "/version") == {"version": "2.12.0"}


def test_connections_beyond_what_the_process_can_have_are_reset(start, client_of):
    """Those that are there go on, the API answers, the log says it once, and there is room again when some are gone."""
    server = start(limits={resource.RLIMIT_NOFILE: (200, 200)})
    api, proxied = client_of(server)
    served = [proxied.warm_pair() for _ in range(36)]
    for _ in range(20):
        with pytest.raises(ConnectionResetError):
            proxied.client().recv(1)
    assert api.do("GET", "/version")
    for client, upstream in served[:10]:
        client.close()
        assert upstream.recv(1) == b""
    proxied.warm_pair()
    client, upstream = served[-1]
    client.sendall(b"still")
    assert upstream.recv(5) == b"still"
    assert server.end() == 0
    assert [line for line in server.told if "more are reset" in line] == [*server.told]


def test_a_thousand_connects_at_once_are_all_served(proxied):
    """None waits for its predecessor to be done."""
    with ExitStack() as stack:
        host, port = proxied.listen.rsplit(":", 1)
        clients = []
        for _ in range(1000):
            client = stack.enter_context(socket.socket())
            client.settimeout(0)
            client.connect_ex((host, int(port)))
            clients.append(client)
        for number, client in enumerate(clients):
            client.settimeout(PATIENCE_S)
            client.sendall(b"%04d" % number)
        heard = set()
        for _ in clients:
            server = stack.enter_context(proxied.upstream.accept())
            heard.add(server.recv(4))
        assert heard == {b"%04d" % number for number in range(1000)}
