"""Reading a request: what is one, and what is refused because two readers could take it differently."""

from __future__ import annotations

import io

import pytest

from pytest_agentchaos.serving.reading import RefusedError, read

GET = b"GET /gate?x=1 HTTP/1.1\r\nHost: localhost:8765\r\nAccept:\t*/* \r\n\r\n"


def post(*headers, body=b"", version=b"1.1"):
    """A POST of these header lines."""
    lines = [b"POST /gate HTTP/" + version, b"Host: localhost", *headers]
    return b"\r\n".join([*lines, b"", b""]) + body


def test_a_request_is_read_as_it_was_sent():
    """Its path is not decoded, its query stands apart, its headers have small names and no blanks around values."""
    asked = read(io.BytesIO(GET))
    assert (asked.method, asked.path, asked.query, asked.keeps) == ("GET", "/gate", "x=1", True)
    assert dict(asked.headers) == {"host": "localhost:8765", "accept": "*/*"}
    assert asked.header("accept") == "*/*"
    assert asked.header("cookie") == ""


def test_the_next_request_begins_where_a_body_ends():
    """Also behind a GET with a body, which means nothing, but is there."""
    file = io.BytesIO(GET.replace(b"Accept:\t*/* ", b"Content-Length: 3") + b"abc" + post(b"Content-Length: 0"))
    assert read(file).body == b"abc"
    assert read(file).method == "POST"
    assert read(file) is None


@pytest.mark.parametrize(
    ("version", "header", "keeps"),
    [(b"1.1", b"Connection: close", False), (b"1.1", b"X: y", True), (b"1.0", b"Connection: keep-alive", False)],
)
def test_a_connection_is_kept_only_where_both_sides_know_how(version, header, keeps):
    """HTTP/1.1 without ``close``."""
    assert read(io.BytesIO(post(header, version=version))).keeps is keeps


@pytest.mark.parametrize(
    ("sent", "status", "why"),
    [
        (b"GET /gate\r\n\r\n", 400, "no request of HTTP/1.1"),
        (b"GET http://elsewhere/ HTTP/1.1\r\n\r\n", 400, "no request"),
        (b"GET  /gate HTTP/1.1\r\n\r\n", 400, "no request"),
        (b"GET /gate\x00 HTTP/1.1\r\n\r\n", 400, "no request"),
        (b"GET /g\xc3\xa4te HTTP/1.1\r\n\r\n", 400, "no request"),
        (b"GET /gate HTTP/2.0\r\n\r\n", 400, "no request"),
        (b"GET /gate HTTP/1.1\nHost: localhost\n\n", 400, "no request"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "request line"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "Host"),
        (b"PUT / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "PUT"),
        (post(b"Content-Length: 1", b"Content-Length: 1", body=b"a"), 400, "two content-length"),
        (post(b"Content-Length: 1", b"Content-length: 2", body=b"a"), 400, "two content-length"),
        (post(b"Content-Length: 1, 1", body=b"a"), 400, "no number"),
        (post(b"Content-Length: +1", body=b"a"), 400, "no number"),
        (post(b"Content-Length: -1"), 400, "no number"),
        (post(b"Content-Length: 0x1", body=b"a"), 400, "no number"),
        (post(b"Content-Length: \xd9\xa1", body=b"a"), 400, "no number"),
        (post(b"Content-Length:"), 400, "no number"),
        (post(b"Content-Length: 5", body=b"abc"), 400, "3 of 5"),
        (post(b"Content-Length: 65537"), 413, "65536"),
        (post(b"Content-Length: 99999999999999999999"), 400, "no number"),
        (post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 411, "chunks"),
        (post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"), 400, "chunks"),
        (post(b"Content-Length: 5", b"Transfer-Encoding : chunked", body=b"0\r\n\r\n"), 400, "among the headers"),
        (post(b"Content-Length : 5", body=b"hello"), 400, "among the headers"),
        (post(b"X: a\rContent-Length: 5", body=b"hello"), 400, "among the headers"),
        (post(b"X: a\nContent-Length: 5", body=b"hello"), 400, "among the headers"),
        (post(b"X: a\r\n folded"), 400, "among the headers"),
        (post(b"X: a\x00b"), 400, "among the headers"),
        (post(b": nameless"), 400, "among the headers"),
        (post(b"Host: elsewhere"), 400, "two host"),
        (post(b"Expect: 100-continue", b"Content-Length: 1"), 417, "Expect"),
        (post(b"X: " + b"a" * 9000), 431, "a header of"),
        (post(*(b"X-%d: y" % one for one in range(70))), 431, "headers"),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\n", 400, "among the headers"),
    ],
)
def test_what_is_not_plainly_one_request_is_none(sent, status, why):
    """Each ends the connection, so that nothing behind it is ever taken for a request."""
    with pytest.raises(RefusedError, match=why) as told:
        read(io.BytesIO(sent))
    assert told.value.status == status


def test_a_refusal_repeats_nothing_that_could_be_a_secret():
    """It goes into the log."""
    with pytest.raises(RefusedError) as told:
        read(io.BytesIO(b"GET /?token=hunter2\r\n\r\n"))
    assert "hunter2" not in str(told.value)
    with pytest.raises(RefusedError) as told:
        read(io.BytesIO(post(b"Authorization : Bearer hunter2")))
    assert "hunter2" not in str(told.value)


def test_a_body_that_is_too_long_is_not_read():
    """Not one byte of it."""
    file = io.BytesIO(post(b"Content-Length: 20", body=b"a" * 20))
    with pytest.raises(RefusedError):
        read(file, limit_bytes=10)
    assert file.read() == b"a" * 20
