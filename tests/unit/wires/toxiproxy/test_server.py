"""The server as a process and in one: where it listens, what it refuses, what it draws, and when it heals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from contextlib import ExitStack

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.wires.toxiproxy.addresses import refuse_elsewhere
from pytest_agentchaos.wires.toxiproxy.dose import Way
from pytest_agentchaos.wires.toxiproxy.refusal import Refusal
from pytest_agentchaos.wires.toxiproxy.server import Server

LONG_MS = 3_600_000


def test_it_heals_and_ends_when_its_lifeline_does(start, client_of):
    """Whoever started it is gone, however that happened."""
    ours, theirs = os.pipe()
    server = start(lifeline=ours)
    os.close(ours)
    api, proxied = client_of(server)
    client, upstream = proxied.warm_pair()
    proxied.add("latency", latency=LONG_MS)
    upstream.sendall(b"held back")
    api.do("GET", "/version")  # it has read what came before this
    os.write(theirs, b"a word does no harm")
    os.close(theirs)
    assert client.recv(100) == b"held back"
    assert client.recv(100) == b""
    assert server.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(start, client_of, number):
    """Connections end, and nothing is said of errors."""
    server = start()
    _, proxied = client_of(server)
    client, _ = proxied.warm_pair()
    server.process.send_signal(number)
    assert client.recv(1) == b""
    assert server.wait() == 0
    assert [*server.told] == []


def test_a_lease_that_is_not_renewed_heals_everything_once(start, client_of):
    """Toxics go, disabled proxies come back, and the log has a line. What is done after it stands."""
    server = start()
    api, proxied = client_of(server)
    client, upstream = proxied.warm_pair()
    proxied.add("latency", latency=LONG_MS)
    upstream.sendall(b"held back")
    api.do("POST", "/proxies", {"name": "off", "upstream": "127.0.0.1:1", "enabled": False})
    assert api.do("POST", "/agentchaos/lease", {"seconds": 0.05}) == {"seconds": 0.05}
    server.wait_for_line("the lease of 0.05 s was not renewed")
    assert client.recv(100) == b"held back"
    assert {name: (one["enabled"], one["toxics"]) for name, one in api.do("GET", "/proxies").items()} == {
        "p": (True, []),
        "off": (True, []),
    }
    proxied.add("latency", latency=LONG_MS)
    assert len(api.do("GET", "/proxies/p/toxics")) == 1
    assert len(server.told) == 1


def test_a_lease_is_renewed_and_given_back(start, client_of):
    """The one that was given back would have expired before the second."""
    server = start()
    api, proxied = client_of(server)
    api.do("POST", "/agentchaos/lease", {"seconds": 0.05})
    api.do("POST", "/agentchaos/lease", {"seconds": 3600})
    api.do("POST", "/agentchaos/lease", {"seconds": 0})
    proxied.add("latency", latency=100)
    client, upstream = proxied.pair()
    upstream.sendall(b"later than both")
    assert client.recv(100) == b"later than both"
    assert len(api.do("GET", "/proxies/p/toxics")) == 1


@pytest.mark.parametrize("body", ['{"seconds":"1"}', "{}", "", '{"seconds":[1]}', "nonsense"])
def test_a_lease_without_a_time_is_refused(api, body):
    """In the same form as any other request."""
    if not api.embedded:
        pytest.skip("the lease is ours")
    assert api.ask("POST", "/agentchaos/lease", body)[0] == 400


@pytest.mark.parametrize("address", ["192.0.2.1:0", "0.0.0.0:0", "[::]:0", "example.com:80"])
def test_a_proxy_listens_on_this_machine_only(api, proxied, address):
    """Anything else is refused, with what to do, unless it was allowed."""
    if not api.embedded:
        pytest.skip("the real server listens anywhere")
    status, _, body = api.ask(
        "POST", "/proxies", json.dumps({"name": "l", "listen": address, "upstream": "127.0.0.1:1"})
    )
    assert status == 400
    assert f"--allow {address.rsplit(':', 1)[0].strip('[]')}" in json.loads(body)["error"]
    assert api.ask("PATCH", "/proxies/p", json.dumps({"listen": address}))[0] == 400
    assert api.do("GET", "/proxies/p")["enabled"]


@pytest.mark.parametrize("address", ["192.0.2.1:80", "example.com:80", "example.com", "127.0.0.1.example.com:1"])
def test_an_upstream_is_on_this_machine_only(api, proxied, address):
    """In every request that can name one."""
    if not api.embedded:
        pytest.skip("the real server leads anywhere")
    wanted = {"name": "u", "listen": "127.0.0.1:0", "upstream": address}
    status, _, body = api.ask("POST", "/proxies", json.dumps(wanted))
    assert (status, "--allow" in body) == (400, True)
    assert api.ask("POST", "/populate", json.dumps([wanted]))[0] == 400
    assert api.ask("PATCH", "/proxies/p", json.dumps({"upstream": address}))[0] == 400
    assert [*api.do("GET", "/proxies")] == ["p"]


def test_what_is_allowed_is_not_refused():
    """By a name or a pattern."""
    refuse_elsewhere("db.example.com:5432", ("*.example.com",))
    refuse_elsewhere("db.example.com", ("db.example.com",))
    with pytest.raises(Refusal, match=r"db\.example\.org: faults on the way there"):
        refuse_elsewhere("db.example.org:5432", ("*.example.com",))


def test_the_api_is_on_this_machine_only():
    """Unless that was allowed."""
    with pytest.raises(UsageError, match=r"--allow 0\.0\.0\.0"):
        Server("0.0.0.0")  # noqa: S104 - it must not


def test_a_port_that_is_taken_is_told(start):
    """On one line, and the process ends."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(AssertionError, match=r"toxiproxy: .*in use"):
        start("--port", str(taken.getsockname()[1]))


async def hits(seed, toxic, connections=24):
    """Which connections, one after the other, get a toxic that cuts them off, on a server with a seed."""
    answering = set()

    async def echo(reader, writer):
        answering.add(asyncio.current_task())
        writer.write(await reader.read(1))
        writer.close()
        await writer.wait_closed()

    async with Server(seed=seed) as server, await asyncio.start_server(echo, "127.0.0.1", 0) as upstream:
        address = f"127.0.0.1:{upstream.sockets[0].getsockname()[1]}"
        listen = (await _asked(server.url, "/proxies", {"name": "p", "upstream": address}))["listen"]
        await _asked(server.url, "/proxies/p/toxics", {"type": "limit_data", "toxicity": 0.5, "name": toxic})
        cut_off = [await _is_cut_off(listen) for _ in range(connections)]
        await asyncio.gather(*answering)
        return cut_off


async def _is_cut_off(listen):
    host, port = listen.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"?")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer == b""


async def _asked(url, path, body):
    reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
    data = json.dumps(body).encode()
    writer.write(b"POST %s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (path.encode(), len(data), data))
    reply = await reader.read()
    writer.close()
    await writer.wait_closed()
    return json.loads(reply.partition(b"\r\n\r\n")[2])


def test_toxicity_is_drawn_from_the_seed():
    """The same connections are hit again; with another seed or for another toxic, others are."""
    first = asyncio.run(hits(7, "cut"))
    assert first == asyncio.run(hits(7, "cut"))
    assert first != asyncio.run(hits(8, "cut"))
    assert first != asyncio.run(hits(7, "another"))
    assert 4 <= sum(first) <= 20


async def rolls():
    """How often it was drawn whether a connection is hit, after each of several changes."""
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        upstream = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        client = stack.enter_context(socket.socket())
        upstream.settimeout(0)
        client.settimeout(0)
        async with Server() as server:
            address = f"127.0.0.1:{upstream.getsockname()[1]}"
            listen = (await _asked(server.url, "/proxies", {"name": "p", "upstream": address}))["listen"]
            await _asked(server.url, "/proxies/p/toxics", {"type": "noop", "name": "first"})
            host, port = listen.rsplit(":", 1)
            await loop.sock_connect(client, (host, int(port)))
            await loop.sock_sendall(client, b"?")
            end, _ = await loop.sock_accept(upstream)
            stack.enter_context(end)
            assert await loop.sock_recv(end, 1) == b"?"
            proxy = server._proxies.get("p")
            (connection,) = proxy.connections
            (stage,) = connection.directions[Way.DOWNSTREAM].stages
            counts = [stage._rolls]
            await _asked(server.url, "/proxies/p/toxics", {"type": "noop", "name": "second"})
            counts.append(stage._rolls)
            proxy.remove(proxy.dose("second"))
            counts.append(stage._rolls)
            await _asked(server.url, "/proxies/p/toxics/first", {"toxicity": 0.5})
            counts.append(stage._rolls)
            return counts


def test_toxicity_is_drawn_again_when_the_chain_changes():
    """When a later toxic comes, when it goes, and when the toxic itself changes."""
    assert asyncio.run(rolls()) == [1, 2, 3, 4]


def test_a_server_in_a_process_leaves_nothing_behind():
    """Neither tasks nor ports nor sockets (an unclosed one would be a warning, and so an error)."""

    async def once():
        with ExitStack() as stack:
            async with Server() as server:
                made = await _asked(server.url, "/proxies", {"name": "p", "upstream": "127.0.0.1:1"})
                host, port = made["listen"].rsplit(":", 1)
                reader, writer = await asyncio.open_connection(host, int(port))
                stack.callback(writer.close)
                assert await reader.read() == b""
                urls = [server.url.removeprefix("http://"), made["listen"]]
            assert asyncio.all_tasks() == {asyncio.current_task()}
            for url in urls:
                host, port = url.split(":")
                with pytest.raises(ConnectionRefusedError):
                    stack.enter_context(socket.create_connection((host, int(port))))

    asyncio.run(once())
