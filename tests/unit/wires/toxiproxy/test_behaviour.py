"""What client and upstream see of each toxic, over real sockets: the table of docs/toxiproxy.md, row by row.

These can be put to the real server as well (AGENTCHAOS_TOXIPROXY_URL). Exact times are for `test_programs.py`.
"""

from __future__ import annotations

import socket
import struct
import time

import pytest

LONG_MS = 3_600_000
"""Whoever waits for this has failed."""


def received(connection, count):
    """So many bytes."""
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        assert part, f"the end came after {data!r}"
        data += part
    return data


def ended(connection):
    """Whether it ends now, in order and without another byte."""
    return connection.recv(1) == b""


def abort(connection):
    """Close by an RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_bytes_pass_both_ways(proxied):
    """Without toxics it is a wire."""
    client, server = proxied.warm_pair()
    client.sendall(b"ping" * 1000)
    assert received(server, 4000) == b"ping" * 1000
    server.sendall(b"pong" * 1000)
    assert received(client, 4000) == b"pong" * 1000


def test_there_is_no_half_close(proxied):
    """A client that ends its sending is disconnected both ways."""
    client, server = proxied.warm_pair()
    client.shutdown(socket.SHUT_WR)
    assert ended(server)
    assert ended(client)


def test_what_was_sent_before_the_end_arrives(proxied):
    """The end comes after the data."""
    client, server = proxied.warm_pair()
    server.sendall(b"last words")
    server.close()
    assert received(client, 10) == b"last words"
    assert ended(client)


@pytest.mark.parametrize("aborting", ["client", "server"])
def test_an_rst_arrives_as_an_end(proxied, aborting):
    """From either side."""
    client, server = proxied.warm_pair()
    abort(client if aborting == "client" else server)
    assert ended(server if aborting == "client" else client)


def test_an_upstream_that_refuses_is_an_end_after_the_connect(api, proxied):
    """The proxy has accepted before it knows."""
    proxied.upstream.close()
    assert ended(proxied.client())


@pytest.mark.parametrize("when", ["before", "after"])
def test_latency_delays_existing_and_new_connections(proxied, when):
    """A round trip takes as much longer."""
    if when == "before":
        proxied.add("latency", latency=200)
        client, server = proxied.pair()
    else:
        client, server = proxied.warm_pair()
        proxied.add("latency", latency=200)
    began_s = time.perf_counter()
    server.sendall(b"x")
    assert received(client, 1) == b"x"
    assert time.perf_counter() - began_s >= 0.199


def test_latencies_add_up(proxied):
    """In one direction, and over both."""
    client, server = proxied.warm_pair()
    proxied.add("latency", latency=60)
    proxied.add("latency", latency=70, name="second")
    proxied.add("latency", stream="upstream", latency=80)
    began_s = time.perf_counter()
    client.sendall(b"x")
    assert received(server, 1) == b"x"
    server.sendall(b"x")
    assert received(client, 1) == b"x"
    assert time.perf_counter() - began_s >= 0.209


def test_latency_does_not_delay_an_end_without_data(proxied):
    """Only chunks wait."""
    client, server = proxied.warm_pair()
    proxied.add("latency", latency=LONG_MS)
    server.close()
    assert ended(client)


def test_an_end_does_not_overtake_data(proxied):
    """What is delayed comes first, however late."""
    client, server = proxied.warm_pair()
    proxied.add("latency", latency=100)
    server.sendall(b"x")
    server.close()
    assert received(client, 1) == b"x"
    assert ended(client)


@pytest.mark.parametrize("heal", ["removal", "reset"])
def test_latency_lets_go_of_everything_when_it_is_removed(api, proxied, heal):
    """At once and in order."""
    client, server = proxied.warm_pair()
    name = proxied.add("latency", latency=LONG_MS)
    for number in range(100):
        server.sendall(b"%3d" % number)
    if heal == "removal":
        proxied.remove(name)
    else:
        api.do("POST", "/reset")
    assert received(client, 300) == b"".join(b"%3d" % number for number in range(100))


def test_disabling_loses_what_is_on_the_way(proxied):
    """A cable is cut; the end is seen on both sides."""
    client, server = proxied.warm_pair()
    proxied.add("latency", latency=LONG_MS)
    server.sendall(b"lost")
    proxied.switch(on=False)
    assert ended(client)
    assert ended(server)


def test_timeout_drops_data_and_ends_the_connection_when_it_is_removed(proxied):
    """What was dropped cannot be brought back, so that nothing is delivered after it."""
    client, server = proxied.warm_pair()
    name = proxied.add("timeout", timeout=0)
    server.sendall(b"dropped")
    proxied.remove(name)
    assert ended(client)
    assert ended(server)


def test_reset_of_everything_ends_what_a_timeout_has_silenced(api, proxied):
    """As removal does."""
    client, server = proxied.warm_pair()
    proxied.add("timeout", timeout=0)
    api.do("POST", "/reset")
    assert ended(client)
    assert ended(server)


def test_timeout_ends_the_connection_after_its_time(proxied):
    """Counted from when it was added, as nothing is sent."""
    client, server = proxied.warm_pair()
    began_s = time.perf_counter()
    proxied.add("timeout", timeout=300)
    assert ended(client)
    assert time.perf_counter() - began_s >= 0.299
    assert ended(server)


@pytest.mark.parametrize("trigger", [b"data", b""], ids=["data", "end"])
def test_reset_peer_is_an_rst_on_both_sides(proxied, trigger):
    """At the first data or the end in its direction."""
    proxied.add("reset_peer", stream="upstream", timeout=0)
    client, server = proxied.pair()
    if trigger:
        client.sendall(trigger)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    else:
        client.shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionResetError):
        server.recv(1)


def test_reset_peer_leaves_an_idle_direction_alone(proxied):
    """The other direction works for as long as nothing is sent in this one."""
    proxied.add("reset_peer", timeout=0)
    client, server = proxied.pair()
    client.sendall(b"still there")
    assert received(server, 11) == b"still there"
    server.sendall(b"x")
    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_reset_peer_ends_a_connection_that_was_there_before(proxied):
    """In order, without an RST."""
    client, server = proxied.warm_pair()
    proxied.add("reset_peer", timeout=0)
    server.sendall(b"x")
    assert ended(client)


def test_slow_close_delays_the_end_only(proxied):
    """Data passes at once, the end later."""
    client, server = proxied.warm_pair()
    proxied.add("slow_close", delay=300)
    server.sendall(b"x")
    assert received(client, 1) == b"x"
    began_s = time.perf_counter()
    server.close()
    assert ended(client)
    assert time.perf_counter() - began_s >= 0.299


def test_slow_close_ends_at_once_when_it_is_removed(proxied):
    """In the middle of its delay."""
    client, server = proxied.warm_pair()
    name = proxied.add("slow_close", delay=LONG_MS)
    server.close()
    proxied.remove(name)
    assert ended(client)


def test_bandwidth_limits_the_rate(proxied):
    """30 kB at 100 kB/s."""
    client, server = proxied.warm_pair()
    proxied.add("bandwidth", rate=100)
    began_s = time.perf_counter()
    server.sendall(b"x" * 30_000)
    assert received(client, 30_000) == b"x" * 30_000
    assert time.perf_counter() - began_s >= 0.25


def test_a_bandwidth_of_nothing_lets_nothing_pass(proxied):
    """Until it is removed; nothing is lost."""
    client, server = proxied.warm_pair()
    name = proxied.add("bandwidth", rate=0)
    server.sendall(b"later")
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.settimeout(30)
    proxied.remove(name)
    assert received(client, 5) == b"later"


def test_slicer_waits_between_the_pieces_and_loses_none(proxied):
    """1000 bytes in sixteen pieces of 62 or 63, twenty milliseconds after each."""
    client, server = proxied.warm_pair()
    proxied.add("slicer", average_size=62, size_variation=1, delay=20_000)
    data = bytes(range(250)) * 4
    began_s = time.perf_counter()
    server.sendall(data)
    assert received(client, 1000) == data
    assert time.perf_counter() - began_s >= 0.25


def test_limit_data_passes_exactly_so_many_bytes(proxied):
    """Then it is the end."""
    client, server = proxied.warm_pair()
    proxied.add("limit_data", bytes=100)
    server.sendall(b"x" * 1000)
    assert received(client, 100) == b"x" * 100
    assert ended(client)


def test_the_count_of_limit_data_survives_a_change(proxied):
    """60 of 100 have passed; of 80 there are 20 left."""
    client, server = proxied.warm_pair()
    name = proxied.add("limit_data", bytes=100)
    server.sendall(b"x" * 60)
    assert received(client, 60) == b"x" * 60
    proxied.change(name, attributes={"bytes": 80})
    server.sendall(b"y" * 60)
    assert received(client, 20) == b"y" * 20
    assert ended(client)


def test_the_count_of_limit_data_does_not_survive_removal(proxied):
    """A new toxic counts anew."""
    client, server = proxied.warm_pair()
    proxied.remove(proxied.add("limit_data", bytes=100))
    name = proxied.add("limit_data", bytes=100)
    server.sendall(b"x" * 60)
    assert received(client, 60) == b"x" * 60
    proxied.remove(name)
    proxied.add("limit_data", bytes=100)
    server.sendall(b"y" * 100)
    assert received(client, 100) == b"y" * 100
    assert ended(client)


def test_toxicity_is_drawn_again_when_the_toxic_changes(proxied):
    """Nobody is hit, then everybody, then nobody; and what was held back comes."""
    client, server = proxied.warm_pair()
    name = proxied.add("latency", toxicity=0.0, latency=LONG_MS)
    server.sendall(b"1")
    assert received(client, 1) == b"1"
    proxied.change(name, toxicity=1.0)
    server.sendall(b"2")
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.settimeout(30)
    proxied.change(name, toxicity=0.0)
    assert received(client, 1) == b"2"


@pytest.mark.parametrize("how", ["disable", "delete", "listen", "upstream"])
def test_connections_end_when_their_proxy_does(api, proxied, how):
    """On both sides, and in order."""
    client, server = proxied.warm_pair()
    if how == "disable":
        proxied.switch(on=False)
    elif how == "delete":
        api.do("DELETE", "/proxies/p")
    else:
        api.do("PATCH", "/proxies/p", {how: "127.0.0.1:0" if how == "listen" else "127.0.0.1:1"})
    assert ended(client)
    assert ended(server)


def test_a_disabled_proxy_refuses_and_comes_back_on_the_same_port(api, proxied):
    """Whoever has its address need not be told another."""
    proxied.warm_pair()
    proxied.switch(on=False)
    with pytest.raises(ConnectionRefusedError):
        proxied.client()
    proxied.switch(on=True)
    assert api.do("GET", "/proxies/p")["listen"] == proxied.listen
    proxied.warm_pair()


def test_toxics_stay_while_a_proxy_is_disabled(api, proxied):
    """They are the proxy's, not the connections'."""
    proxied.add("limit_data", bytes=1)
    proxied.switch(on=False)
    proxied.switch(on=True)
    client, server = proxied.pair()
    server.sendall(b"xy")
    assert received(client, 1) == b"x"
    assert ended(client)
