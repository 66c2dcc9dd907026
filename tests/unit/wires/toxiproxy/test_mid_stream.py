"""Toxics that come, change and go while bytes are under way: none lost, none twice, none out of order or astray."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress

import pytest

CONNECTIONS = 24
BYTES_EACH = 400_000


def pattern(number):
    """Bytes that no other connection has, anywhere."""
    block = b"".join(hashlib.sha256(b"%d %d" % (number, index)).digest() for index in range(500))
    return (block * (BYTES_EACH // len(block) + 1))[:BYTES_EACH]


def passed(sender, receiver, data):
    """What arrives of what is sent, in a thread, until it is as long."""
    got = bytearray()

    def receive():
        while len(got) < len(data):
            part = receiver.recv(65_536)
            if not part:
                return
            got.extend(part)

    threads = [threading.Thread(target=sender.sendall, args=(data,)), threading.Thread(target=receive)]
    for thread in threads:
        thread.start()
    return threads, got


STREAM = (
    ("latency", {"latency": 2, "jitter": 2}),
    ("slicer", {"average_size": 4000, "size_variation": 2000, "delay": 1}),
    ("bandwidth", {"rate": 20_000}),
    ("noop", {}),
    ("slow_close", {"delay": 5}),
)


def test_many_connections_keep_their_own_bytes(proxied):
    """Both ways at once, while toxics are put in, changed and taken out."""
    pairs = [proxied.warm_pair() for _ in range(CONNECTIONS)]
    running = []
    for number, (client, server) in enumerate(pairs):
        running.append((pattern(number), *passed(client, server, pattern(number))))
        running.append((pattern(-number - 1), *passed(server, client, pattern(-number - 1))))
    rounds = 0
    while any(thread.is_alive() for _, threads, _ in running for thread in threads) or rounds < 2:
        for stream in ("upstream", "downstream"):
            names = [
                proxied.add(kind, stream=stream, name=f"{kind}_{stream}", toxicity=0.7, **attributes)
                for kind, attributes in STREAM
            ]
            for name in names:
                proxied.change(name, toxicity=0.5)
            for name in names[::2] + names[1::2]:
                proxied.remove(name)
        rounds += 1
    for data, threads, got in running:
        for thread in threads:
            thread.join(30)
        assert got == data


def test_readers_that_are_slow_get_their_own_bytes(proxied):
    """Without toxics: what the receiver does not take waits in order, and nothing is read until it is gone."""
    pairs = [proxied.warm_pair() for _ in range(4)]
    every = [pattern(number) * 20 for number in range(len(pairs))]
    senders = [
        threading.Thread(target=server.sendall, args=(data,)) for (_, server), data in zip(pairs, every, strict=True)
    ]
    for sender in senders:
        sender.start()
    got = [bytearray() for _ in pairs]
    while any(len(one) < len(data) for one, data in zip(got, every, strict=True)):
        for (client, _), one, data in zip(pairs, got, every, strict=True):
            if len(one) < len(data):
                one.extend(client.recv(100_000))
    for sender in senders:
        sender.join()
    assert got == every


def test_what_is_let_go_of_in_one_piece_stays_in_order(proxied):
    """16 MB that a latency held back, to a reader that takes it bit by bit."""
    client, server = proxied.warm_pair()
    name = proxied.add("latency", latency=3_600_000)
    data = pattern(0) * 40
    server.sendall(data)
    proxied.remove(name)
    got = bytearray()
    while len(got) < len(data):
        got += client.recv(50_000)
    assert got == data


@pytest.mark.parametrize("toxic", [None, "noop", "latency", "bandwidth", "timeout"])
def test_a_sender_has_to_wait_for_a_reader_that_stands_still(api, proxied, toxic):
    """Nothing piles up in the proxy; a timeout drops everything, and so is never full."""
    if not api.embedded:
        pytest.skip("the real server hangs here")
    client, server = proxied.warm_pair()
    name = proxied.add(toxic) if toxic else ""
    data = bytes(80_000_000)
    sender = threading.Thread(target=server.sendall, args=(data,))
    sender.start()
    sender.join(30 if toxic == "timeout" else 0.4)
    assert sender.is_alive() == (toxic != "timeout")
    if toxic == "timeout":
        return
    if toxic:
        proxied.remove(name)
    left = len(data)
    while left:
        left -= len(client.recv(1_000_000))
    sender.join()


@pytest.mark.parametrize("followed", [True, False], ids=["followed", "last"])
@pytest.mark.parametrize("kind", ["latency", "noop", "slicer", "bandwidth", "slow_close", "limit_data"])
def test_a_toxic_can_be_added_while_the_reader_stands_still(api, proxied, kind, followed):
    """The real server does not answer for 25 seconds then. Nothing that was under way is lost."""
    if not api.embedded:
        pytest.skip("the real server hangs here")
    client, server = proxied.warm_pair()
    attributes = {"limit_data": {"bytes": 2**40}, "slicer": {"average_size": 9000}, "bandwidth": {"rate": 2**40}}
    data = bytes(range(256)) * 40_000
    sender = threading.Thread(target=server.sendall, args=(data,))
    sender.start()
    name = proxied.add(kind, **attributes.get(kind, {}))
    proxied.change(name, toxicity=0.0)
    proxied.change(name, toxicity=1.0)
    if followed:
        proxied.add("noop", name="another")
    got = bytearray()
    removed = False
    while len(got) < len(data):
        part = client.recv(262_144)
        assert part
        got += part
        if not removed and len(got) > len(data) // 2:
            removed = True
            proxied.remove(name)
    sender.join()
    assert got == data


def test_nothing_follows_what_a_timeout_has_dropped(api, proxied):
    """Who is hit is drawn anew by a change; a stream that lacks bytes and is spared from then on ends instead."""
    if not api.embedded:
        pytest.skip("the real server lets bytes pass behind the gap")
    client, server = proxied.warm_pair()
    name = proxied.add("timeout", timeout=0)
    server.sendall(b"dropped" * 3_000_000)  # more than all buffers on the way hold
    proxied.add("noop")
    proxied.change(name, toxicity=1.0)
    proxied.change(name, toxicity=0.0)
    with suppress(OSError):  # it may know already
        server.sendall(b"later")
    assert client.recv(100) == b""


def test_a_timeout_that_has_dropped_nothing_spares_a_connection(proxied):
    """There is no gap in what it carries."""
    client, server = proxied.warm_pair()
    name = proxied.add("timeout", timeout=0)
    proxied.change(name, toxicity=0.0)
    server.sendall(b"later")
    assert client.recv(100) == b"later"
