"""What passes when nobody disturbs it: the truth about HTTP, on both sides of the proxy."""

from __future__ import annotations

import asyncio
import errno
import gzip
import os
import socket
import threading

import httpx2
import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.wires.reverse_proxy import Proxy
from pytest_agentchaos.wires.reverse_proxy.stream import Stream

from .conftest import DEADLINE_S, JSON, tear

GET = b"GET /flights?to=ZRH HTTP/1.1\r\nHost: HOST\r\n\r\n"
POST = b"POST /book HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\n\r\n{}"


def test_a_request_arrives_as_it_was_sent(upstream, raw):
    """But for the Host, which is the upstream's: a server on loopback answers 421 to a foreign one."""
    raw.send(b"POST /a/%2Fb?x=1&y HTTP/1.1\r\nHost: HOST\r\nX-Trace: One\r\ntraceparent: 00-a-b-01\r\n")
    raw.send(b"Accept-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")
    assert raw.until(b"abcd").startswith(b"HTTP/1.1 200 OK\r\n")
    head = upstream.heads[0]
    assert head.startswith(b"POST /a/%2Fb?x=1&y HTTP/1.1\r\n")
    assert b"Host: 127.0.0.1:%d\r\n" % upstream.port in head
    assert all(line in head for line in (b"X-Trace: One", b"traceparent: 00-a-b-01", b"Accept-Encoding: gzip"))
    assert b"forwarded" not in head.lower()


def test_headers_of_one_connection_end_at_the_proxy(upstream, raw):
    """Those that HTTP names, and those that the message names as such."""
    raw.send(b"GET / HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 9\r\n")
    raw.send(b"TE: trailers\r\nProxy-Authorization: Basic x\r\nX-Other: 2\r\n\r\n")
    raw.until(b'{"ok": true}')
    head = upstream.heads[0].lower()
    assert b"x-other: 2" in head
    assert not any(name in head for name in (b"x-mine", b"keep-alive", b"te:", b"proxy-authorization", b"connection"))


def test_one_connection_carries_many_requests_on_either_side(upstream, raw):
    """Also those that were sent before the answer came: they are answered in their order."""
    raw.send(POST + GET + POST)
    assert raw.until(b"{}").startswith(b"HTTP/1.1 200")
    raw.until(b'{"ok": true}')
    raw.until(b"{}")
    assert upstream.connections == 1
    assert [head.split(b" ")[0] for head in upstream.heads] == [b"POST", b"GET", b"POST"]


def test_no_two_clients_share_a_connection_to_the_upstream(upstream, connect):
    """Nothing of one can reach the other."""
    with connect() as one, connect() as other:
        for client in (one, other, one):
            client.send(POST)
            client.until(b"{}")
    assert upstream.connections == 2


def test_a_stream_passes_as_it_comes(upstream, raw):
    """Each event is there before the next one is sent."""
    first, go_on = upstream.event()

    async def serve(reader, writer, head, body):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(b"9\r\ndata: 1\n\n\r\n")
        await first.wait()
        writer.write(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")

    upstream.serve = serve
    raw.send(GET)
    assert b"data: 1\n\n" in raw.until(b"data: 1\n\n")
    go_on()
    assert raw.until(b"0\r\n\r\n").endswith(b"data: 2\n\n\r\n0\r\n\r\n")


def test_answers_without_a_body_have_none(upstream, raw):
    """To HEAD, and with 204 and 304; the connection goes on."""

    async def serve(reader, writer, head, body):
        if head.startswith(b"HEAD"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        elif b"/204" in head:
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        elif b"/304" in head:
            writer.write(b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n")
        else:
            await upstream.echo(reader, writer, head, body)

    upstream.serve = serve
    raw.send(GET.replace(b"GET", b"HEAD", 1))
    assert b"Content-Length: 1000" in raw.until(b"\r\n\r\n")
    for status in (b"204", b"304"):
        raw.send(GET.replace(b"/flights", b"/" + status))
        assert raw.until(b"\r\n\r\n").startswith(b"HTTP/1.1 " + status)
    raw.send(POST)
    assert raw.until(b"{}").startswith(b"HTTP/1.1 200")
    assert upstream.connections == 1


def test_a_body_without_a_length_ends_with_the_upstreams_connection(upstream, raw):
    """The client gets it in chunks, and so knows its end."""

    async def serve(reader, writer, head, body):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        writer.close()

    upstream.serve = serve
    raw.send(GET)
    answer = raw.until(b"0\r\n\r\n")
    assert b"chunked" in answer
    assert b"all of it" in answer


def test_an_answer_with_a_length_beside_chunks_has_the_chunks(upstream, raw):
    """The length is not passed on: the client and its proxies could believe it."""

    async def serve(reader, writer, head, body):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")

    upstream.serve = serve
    raw.send(GET)
    answer = raw.until(b"0\r\n\r\n")
    assert b"abc" in answer
    assert b"content-length" not in answer.lower()


def test_an_old_client_gets_no_chunks(upstream, raw):
    """HTTP/1.0 ends a body by the connection's end."""

    async def serve(reader, writer, head, body):
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n")

    upstream.serve = serve
    raw.send(b"GET / HTTP/1.0\r\n\r\n")
    head, _, body = raw.rest().partition(b"\r\n\r\n")
    assert body == b"abc"
    assert b"chunked" not in head


def test_a_client_that_asks_may_continue(upstream, raw):
    """And only then sends its body; what the upstream says in between is not passed on."""

    async def serve(reader, writer, head, body):
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        await upstream.echo(reader, writer, head, body)

    upstream.serve = serve
    raw.send(b"POST / HTTP/1.1\r\nHost: HOST\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    assert raw.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100")
    raw.send(b"xyz")
    answer = raw.until(b"xyz")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Link" not in answer
    assert b"expect" not in upstream.heads[0].lower()


def test_a_client_that_wants_to_close_is_closed(upstream, raw):
    """After its answer."""
    raw.send(POST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert raw.rest().endswith(b"\r\n\r\n{}")


def test_a_redirect_to_the_upstream_leads_through_the_proxy(upstream, raw, proxy):
    """One to elsewhere stays as it is, also to a host whose name only begins alike."""
    places = [f"{upstream.url}/next?x", "/relative", "https://elsewhere.example/", f"{upstream.url}0/"]

    async def serve(reader, writer, head, body):
        place = places[len(upstream.heads) - 1].encode()
        writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % place)

    upstream.serve = serve
    told = []
    for _ in places:
        raw.send(GET)
        head = raw.until(b"\r\n\r\n").decode()
        told.append(head.partition("Location: ")[2].partition("\r\n")[0])
    assert told == [f"{proxy.url}/next?x", *places[1:]]


def test_a_compressed_body_is_not_touched(upstream, raw):
    """The bytes are the upstream's."""
    packed = gzip.compress(b"x" * 1000)

    async def serve(reader, writer, head, body):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)

    upstream.serve = serve
    raw.send(GET)
    assert raw.until(packed).endswith(b"\r\n\r\n" + packed)


def test_large_bodies_pass_in_little_memory(upstream, proxy):
    """Both ways, while a trial reads what it can and between trials."""
    import psutil

    size = 64 * 1024 * 1024
    piece = b"x" * (1 << 20)

    async def serve(reader, writer, head, body):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(piece)):
            writer.write(piece)
            await writer.drain()

    upstream.serve = serve
    before = psutil.Process().memory_info().rss
    came = 0
    with httpx2.Client(trust_env=False, timeout=DEADLINE_S) as client, client.stream("GET", proxy.url) as response:
        for chunk in response.iter_raw():
            came += len(chunk)
            assert psutil.Process().memory_info().rss - before < size / 2
    assert came == size


def test_a_large_upload_streams(upstream, raw):
    """Its beginning arrives before its end was sent, and the answer may come before that as well."""

    async def serve(reader, writer, head, body):
        first = await reader.readuntil(b"first\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        await reader.readuntil(b"last\r\n0\r\n\r\n")
        writer.write(b"4\r\nlast\r\n0\r\n\r\n")
        assert first

    upstream.serve = serve
    upstream.reads_bodies = False
    raw.send(b"POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
    raw.until(b"first\r\n")
    raw.send(b"4\r\nlast\r\n0\r\n\r\n")
    assert raw.until(b"0\r\n\r\n").endswith(b"4\r\nlast\r\n0\r\n\r\n")


def test_a_client_that_leaves_is_missed_by_the_upstream(upstream, raw):
    """Its request is given up there, too."""
    begun, _ = upstream.event()
    arrived = threading.Event()

    async def serve(reader, writer, head, body):
        arrived.set()
        assert await reader.read() == b""
        upstream.gone.set()
        await begun.wait()

    upstream.serve = serve
    raw.send(GET)
    assert arrived.wait(DEADLINE_S)
    raw.close()
    assert upstream.gone.wait(DEADLINE_S)


def test_an_upstream_that_ends_an_idle_connection_ends_the_clients(upstream, raw):
    """A pool of the client's learns it as it would without a proxy."""

    async def serve(reader, writer, head, body):
        await upstream.echo(reader, writer, head, body)
        await writer.drain()
        writer.close()

    upstream.serve = serve
    raw.send(POST)
    assert raw.rest().endswith(b"{}")


@pytest.mark.parametrize("how", ["without an answer", "in the body"])
def test_an_upstream_that_hangs_up_is_seen_to_hang_up(upstream, raw, how):
    """A body that ends too early ends too early for the client as well."""

    async def serve(reader, writer, head, body):
        if how == "in the body":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        writer.close()

    upstream.serve = serve
    raw.send(GET)
    assert raw.rest().partition(b"\r\n\r\n")[2] == (b"abc" if how == "in the body" else b"")


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"])
def test_an_upstream_that_tears_the_connection_tears_the_clients(upstream, raw, sent):
    """By a reset, also in the middle of a body."""
    seen, go_on = upstream.event()

    async def serve(reader, writer, head, body):
        writer.write(sent)
        await seen.wait()
        tear(writer)

    upstream.serve = serve
    raw.send(GET)
    if sent:
        raw.until(b"abc")
    go_on()
    with pytest.raises(ConnectionResetError):
        raw.rest()


@pytest.mark.parametrize(
    "sent", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b"\0" * 99_999]
)
def test_an_upstream_that_speaks_no_http_is_a_bad_gateway(upstream, raw, sent):
    """It is named, and nothing of what it said is passed on."""

    async def serve(reader, writer, head, body):
        writer.write(sent)
        await writer.drain()
        await reader.read()

    upstream.serve = serve
    raw.send(GET)
    answer = raw.rest()
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert upstream.url.encode() in answer
    assert b"SSH" not in answer


def test_an_upstream_that_is_not_there_is_a_bad_gateway():
    """Its address and the reason are told; once it is there, it is reached."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with Proxy(f"http://127.0.0.1:{port}") as proxy, httpx2.Client(trust_env=False) as client:
        told = client.get(proxy.url)
        assert told.status_code == 502
        assert f"127.0.0.1:{port}" in told.text
        assert os.strerror(errno.ECONNREFUSED) in told.text


def test_a_proxy_leads_to_this_machine_unless_allowed():
    """A name that only resolves to it does not count."""
    with pytest.raises(UsageError, match=r"api\.example\.com: .*nobody has allowed it"):
        Proxy("https://api.example.com/v1")
    assert Proxy("https://api.example.com/v1", allow=("api.example.com",)).upstream_origin == "https://api.example.com"


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://127.0.0.1", "http://", "http://a:b@127.0.0.1", "http://[::1"])
def test_what_is_no_url_of_an_upstream_is_refused(url):
    """Before anything listens."""
    with pytest.raises(UsageError, match="no upstream of a proxy"):
        Proxy(url)


def test_its_url_keeps_the_path_of_the_upstream(upstream, monkeypatch):
    """And the environment has it as each client wants it."""
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    with Proxy(f"{upstream.url}/v1/") as proxy:
        assert proxy.url.endswith("/v1")
        told = proxy.environment()
        root = proxy.url.removesuffix("/v1")
        assert told["OPENAI_BASE_URL"] == told["OPENAI_API_BASE"] == f"{root}/v1"
        assert told["ANTHROPIC_BASE_URL"] == root
        assert told["NO_PROXY"] == told["no_proxy"] == "intranet.example,127.0.0.1,localhost"
    with Proxy(upstream.url) as proxy:
        assert proxy.environment()["OPENAI_BASE_URL"] == f"{proxy.url}/v1"
    with pytest.raises(UsageError, match="listens only inside"):
        proxy.url  # noqa: B018 - it raises


def test_a_port_that_is_taken_is_told(proxy):
    """With what to do, and nothing is left behind."""
    port = int(proxy.authority.rpartition(":")[2])
    threads = threading.active_count()
    with pytest.raises(UsageError, match=f"127.0.0.1:{port}: a proxy cannot listen there"):
        Proxy("http://127.0.0.1:1", port=port).__enter__()
    assert threading.active_count() == threads


def test_closing_ends_what_is_under_way(upstream):
    """No thread and no connection is left."""
    begun = threading.Event()

    async def serve(reader, writer, head, body):
        begun.set()
        await reader.read()

    upstream.serve = serve
    threads = threading.active_count()
    proxy = Proxy(upstream.url)
    with proxy:
        client = socket.create_connection(("127.0.0.1", int(proxy.authority.rpartition(":")[2])), DEADLINE_S)
        client.sendall(GET.replace(b"HOST", b"localhost"))
        assert begun.wait(DEADLINE_S)
    with client:
        assert client.recv(100) == b""
    assert threading.active_count() == threads


@pytest.mark.parametrize("when", ["at once", "later"])
def test_what_nobody_asked_for_is_no_answer_to_the_next_request(upstream, raw, when):
    """An upstream that says more than its answer: what it says is dropped, with the connection that it came on."""
    more = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"
    answered, go_on = upstream.event()
    said = threading.Event()

    async def serve(reader, writer, head, body):
        answer = b"first" if b"/flights" in head else b"right"
        writer.write(JSON % (len(answer), answer) + (more if answer == b"first" and when == "at once" else b""))
        if answer == b"first" and when == "later":
            await answered.wait()
            writer.write(more)
            said.set()

    upstream.serve = serve
    raw.send(GET)
    raw.until(b"first")
    if when == "later":
        go_on()
        assert said.wait(DEADLINE_S)
    raw.send(POST)
    assert raw.until(b"\r\n\r\n")
    assert raw.until(b"right") == b"right"
    assert upstream.connections == 2


def test_a_peer_that_is_gone_when_a_connection_parts_is_no_defect():
    """The system may know that it was torn before the loop does."""

    class Torn:
        closed = False

        def can_write_eof(self):
            return True

        def write_eof(self):
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

        def close(self):
            self.closed = True

        def set_write_buffer_limits(self, **_):
            """Nothing."""

    async def part():
        stream, transport = Stream(), Torn()
        stream.connection_made(transport)
        await stream.part()
        return transport.closed

    assert asyncio.run(part())
