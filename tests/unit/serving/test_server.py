"""The server over real sockets of this machine: connections, limits, its log, its end."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest

from pytest_agentchaos.serving import Server, Site
from pytest_agentchaos.serving.server import Limits


@contextmanager
def serving(site=None, **limits):
    """A server, and the lines that it has logged."""
    log = []
    server = Server(site or Site({}), log.append, limits=Limits(**limits))
    server.begin()
    try:
        yield server, log
    finally:
        server.end()


@contextmanager
def connected(server):
    """A client that speaks for itself."""
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection,
        connection.makefile("rb") as file,
    ):
        yield connection, file


def reply(file):
    """The next reply: its status line, its headers, its body."""
    status = file.readline().decode().strip()
    headers = {}
    while line := file.readline().decode().strip():
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    return status, headers, file.read(int(headers.get("content-length", 0)))


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_a_connection_serves_one_request_after_another():
    """Also those that were sent before the answer came; and it ends when it was said that it would."""
    with serving() as (server, log), connected(server) as (connection, file):
        connection.sendall(HEALTH + HEALTH)
        for _ in range(2):
            status, headers, body = reply(file)
            assert (status, headers["connection"], body) == ("HTTP/1.1 200 OK", "keep-alive", b"ok\n")
        connection.sendall(HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert reply(file)[1]["connection"] == "close"
        assert file.read() == b""
    assert [line.rpartition(" 200 ")[0] for line in log] == ["GET /healthz"] * 3


def test_a_head_has_the_length_and_no_body():
    """And the next request is understood."""
    with serving() as (server, _), connected(server) as (connection, file):
        connection.sendall(HEALTH.replace(b"GET", b"HEAD") + b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")
        lines = [file.readline().decode().strip() for _ in range(9)]
        assert lines[0] == "HTTP/1.1 200 OK"
        assert "Content-Length: 3" in lines
        while file.readline() != b"\r\n":
            pass
        assert reply(file)[0] == "HTTP/1.1 404 Not Found"


def test_what_stands_behind_a_refused_request_is_never_one():
    """A proxy in front may have taken the two for one, or for three."""
    smuggled = (
        b"POST /gate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    with serving() as (server, log), connected(server) as (connection, file):
        connection.sendall(smuggled + HEALTH)
        status, headers, _ = reply(file)
        assert (status, headers["connection"]) == ("HTTP/1.1 400 Bad Request", "close")
        assert file.read() == b""
    assert log == ["- 400 a body in chunks is not read; send it with its Content-Length"]


def test_a_body_that_is_too_large_is_refused_before_it_is_sent():
    """The client sees why, though it was about to send a gigabyte."""
    head = b"POST /gate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n"
    with serving(rest_s=30) as (server, _), connected(server) as (connection, file):
        connection.sendall(head)
        assert reply(file)[0].startswith("HTTP/1.1 413 ")  # Python 3.13 has a newer phrase for it
        assert file.read() == b""
        for _ in range(3):
            connection.sendall(b"a" * 10_000)  # what was on its way breaks nothing


def test_a_client_that_says_nothing_or_too_little_is_let_go():
    """Its connection ends, whatever it still means to say; others are served meanwhile."""
    with serving(patience_s=0.05) as (server, log):
        for begun in (
            b"",
            b"GET /healthz HTTP/1.1\r\n",
            b"POST /gate HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        ):
            with connected(server) as (connection, file):
                connection.sendall(begun)
                assert file.read() == b""
        assert log == []


def test_a_client_that_trickles_is_let_go_all_the_same():
    """The time is that of the whole request; a byte now and then does not make it longer."""
    with serving(patience_s=0.2) as (server, _), connected(server) as (connection, file):
        over = threading.Event()

        def trickle():
            try:
                while not over.wait(0.01):
                    connection.sendall(b"a")
            except OSError:
                return

        sender = threading.Thread(target=trickle)
        sender.start()
        try:
            assert file.read() == b""
        except ConnectionResetError:
            pass  # what it still sent found nobody
        finally:
            over.set()
            sender.join()


def test_beyond_so_many_connections_each_is_turned_away():
    """Quickly, with a word; when one ends, there is room again."""
    with serving(connections=2) as (server, log):
        with connected(server) as (first, one), connected(server) as (second, two):
            for connection, file in ((first, one), (second, two)):
                connection.sendall(HEALTH)
                reply(file)
            with connected(server) as (_, file):
                assert reply(file)[0] == "HTTP/1.1 503 Service Unavailable"
                assert file.read() == b""
        assert log[-1] == "- 503 too many connections"
        for thread in list(server._open):
            thread.join(10)
        with connected(server) as (connection, file):
            connection.sendall(HEALTH)
            assert reply(file)[0] == "HTTP/1.1 200 OK"


def test_a_defect_is_an_error_of_the_server_and_its_log_says_which():
    """The client is not told; the next request is served."""

    class Broken:
        def decision(self):
            msg = "\x1b[31mno such key"
            raise KeyError(msg)

    with serving(Site({"default": Broken()})) as (server, log), connected(server) as (connection, file):
        connection.sendall(b"GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n" + HEALTH)
        status, _, body = reply(file)
        assert (status, b"key" in body) == ("HTTP/1.1 500 Internal Server Error", False)
        assert reply(file)[0] == "HTTP/1.1 200 OK"
    assert log[0].startswith("- 500 KeyError: ")
    assert "\x1b" not in log[0]


def test_the_log_has_neither_queries_nor_bodies_nor_headers():
    """A token ends up in each of them, sooner or later."""
    secret = b"a-token-of-thirty-two-characters"
    sent = (
        b"POST /gate?token=%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: 32\r\n\r\n%s"
    )
    with serving() as (server, log), connected(server) as (connection, file):
        connection.sendall(sent % (secret, secret, secret))
        reply(file)
    assert len(log) == 1
    assert log[0].startswith("POST /gate 400")
    assert secret.decode() not in log[0]


def test_it_ends_though_a_client_stays_and_a_decision_is_being_made():
    """Neither keeps it."""
    begun, over = threading.Event(), threading.Event()

    class Slow:
        def decision(self):
            begun.set()
            over.wait(30)
            raise KeyError

    with serving(Site({"default": Slow()})) as (server, _), connected(server) as (connection, _file):
        connection.sendall(b"GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert begun.wait(10)
        threads = list(server._open)
        server.end()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", server.port), timeout=10)
        over.set()
        for thread in threads:
            thread.join(10)
        server.end = lambda: None


def test_health_is_answered_while_a_decision_is_being_made():
    """On another connection."""
    begun, over = threading.Event(), threading.Event()

    class Slow:
        def decision(self):
            begun.set()
            over.wait(30)
            raise KeyError

    with (
        serving(Site({"default": Slow()})) as (server, _),
        connected(server) as (slow, answer),
        connected(server) as (connection, file),
    ):
        slow.sendall(b"GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert begun.wait(10)
        connection.sendall(HEALTH)
        assert reply(file)[2] == b"ok\n"
        over.set()
        assert reply(answer)[0].startswith("HTTP/1.1 500")


def test_it_says_where_it_is():
    """As a browser takes it."""
    with serving() as (server, _):
        assert server.url == f"http://127.0.0.1:{server.port}"
