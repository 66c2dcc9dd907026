"""What a proxy refuses: what two readers could read differently, and what is not meant for its one upstream."""

from __future__ import annotations

import logging
from contextlib import closing

import pytest

from pytest_agentchaos.wires.reverse_proxy import Proxy
from pytest_agentchaos.wires.reverse_proxy.proxy import CONNECTIONS

from .conftest import Raw

START = b"POST / HTTP/1.1\r\nHost: HOST\r\n"
SHAPES = {
    "a length beside chunks": START + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "the same length twice": b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    "lengths in a list": b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4, 4\r\n\r\nabcd",
    "a length with a sign": b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: +4\r\n\r\nabcd",
    "an encoding that is not known": START + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "an encoding in disguise": b"POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk of a wrong length": START + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: HOST\r\nX-A: 1\r\n 2\r\n\r\n",
    "a bare line feed": b"GET / HTTP/1.1\nHost: HOST\n\n",
    "one bare line feed": b"GET / HTTP/1.1\r\nHost: HOST\nX-A: 1\r\n\r\n",
    "a bare carriage return": b"GET / HTTP/1.1\r\nHost: HOST\r\nX-A: 1\rX-B: 2\r\n\r\n",
    "a NUL": b"GET / HTTP/1.1\r\nHost: HOST\r\nX-A: a\0b\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost : HOST\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n",
    "a Host that is none": b"GET / HTTP/1.1\r\nHost: 127.0.0.1/@evil\r\n\r\n",
    "another origin": b"GET http://169.254.169.254/latest HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}
OTHERS = {
    "a head without end": (431, b"GET / HTTP/1.1\r\nHost: HOST\r\nX-A: " + b"a" * 99_999),
    "a Host of another machine": (421, b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
    "a WebSocket": (501, b"GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
}


@pytest.mark.parametrize("sent", SHAPES.values(), ids=SHAPES)
def test_a_request_that_can_be_read_in_two_ways_is_refused(upstream, raw, sent):
    """With an error, and its connection ends: nothing after it is taken for a request."""
    raw.send(sent)
    answer = raw.rest()
    assert answer.split(b" ")[1] in {b"400", b"501"}
    assert answer.count(b"HTTP/1.1") == 1
    assert not any(head.startswith(b"GET") for head in upstream.heads)


@pytest.mark.parametrize(("status", "sent"), OTHERS.values(), ids=OTHERS)
def test_what_it_does_not_do_is_said(upstream, raw, status, sent):
    """By the status that HTTP has for it."""
    raw.send(sent)
    answer = raw.rest()
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"agentchaos: " in answer
    assert upstream.heads == []


def test_a_request_hidden_behind_another_is_its_own_clients(upstream, connect):
    """What is left over of one connection never comes in another."""
    with connect() as attacker, connect() as victim:
        attacker.send(b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\n\r\nabcdeGET /admin HTTP/1.1\r\nX: ")
        attacker.until(b"abcde")
        victim.send(b"GET /mine HTTP/1.1\r\nHost: HOST\r\n\r\n")
        victim.until(b'{"ok": true}')
    assert [head.split(b" ")[1] for head in upstream.heads] == [b"/", b"/mine"]


def test_each_kind_of_refusal_is_logged_once(proxy, connect, caplog):
    """However often it happens."""
    with caplog.at_level(logging.WARNING, "agentchaos.proxy"):
        for _ in range(3):
            with connect() as client:
                client.send(SHAPES["a NUL"])
                client.rest()
    assert len(caplog.records) == 1


def test_more_clients_than_it_can_serve_are_turned_away(upstream, connect, monkeypatch):
    """Those that are there go on."""
    monkeypatch.setattr("pytest_agentchaos.wires.reverse_proxy.proxy.CONNECTIONS", 1)
    assert CONNECTIONS > 1
    with connect() as one:
        one.send(b"GET / HTTP/1.1\r\nHost: HOST\r\n\r\n")
        one.until(b'{"ok": true}')
        with pytest.raises(ConnectionError):
            _turned_away(connect)
        one.send(b"GET / HTTP/1.1\r\nHost: HOST\r\n\r\n")
        one.until(b'{"ok": true}')


def test_no_more_clients_are_let_in_than_the_process_has_descriptors_for(upstream, connect, monkeypatch):
    """It is the process of the tests, which opens files as well."""
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (130, 4096))
    with connect() as one:
        one.send(b"GET / HTTP/1.1\r\nHost: HOST\r\n\r\n")
        one.until(b'{"ok": true}')
        with pytest.raises(ConnectionError):
            _turned_away(connect)


def _turned_away(connect):
    with connect() as other:  # which may be torn already when it is there
        other.send(b"GET / HTTP/1.1\r\nHost: HOST\r\n\r\n")
        other.rest()


@pytest.mark.parametrize(
    "header", [b"", b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAA\r\n"]
)
def test_an_offer_to_speak_otherwise_is_passed_over(upstream, raw, header):
    """As servers do that know only HTTP/1.1."""
    for _ in range(2):
        raw.send(b"GET / HTTP/1.1\r\nHost: HOST\r\n" + header + b"\r\n")
        assert raw.until(b'{"ok": true}').startswith(b"HTTP/1.1 200")


def test_another_name_of_this_machine_is_a_host(upstream):
    """Whoever listens on an address of IPv6, or is asked by the name localhost."""
    with Proxy(upstream.url) as proxy, closing(Raw(proxy)) as client:
        for host in (b"localhost:1", b"[::1]:8080", b"127.0.0.2"):
            client.send(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
            client.until(b'{"ok": true}')
