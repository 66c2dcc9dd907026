"""The receiver, with the exporters that really send to it, and with what nobody should send."""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import zlib
from contextlib import closing

import httpx2
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.message import Request
from pytest_agentchaos.traces.otlp import Damaged
from pytest_agentchaos.traces.receiver import Receiver

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


def batch(*names):
    """A request as protobuf, with a span of each name."""
    data = trace_pb2.TracesData()
    spans = data.resource_spans.add().scope_spans.add().spans
    for number, name in enumerate(names, 1):
        spans.add(
            trace_id=b"t" * 16,
            span_id=number.to_bytes(8, "big"),
            name=name,
            start_time_unix_nano=5_000_000_000,
            end_time_unix_nano=6_000_000_000,
        )
    return data.SerializeToString()


def names(receiver):
    """What arrived."""
    return [span.name for span in receiver.spans()]


def post(receiver, body, content_type=PROTOBUF, path="/v1/traces", **headers):
    """Ask without a socket."""
    given = (("Content-Type", content_type), *((name.replace("_", "-"), value) for name, value in headers.items()))
    return receiver.handle(Request("POST", "http://collector:4318" + path, given, body))


@pytest.fixture
def receiver():
    """One that listens."""
    with Receiver() as listening:
        yield listening


@pytest.fixture
def client():
    """A client that keeps its connection."""
    with httpx2.Client() as kept:
        yield kept


def provider_to(receiver, *, compression=Compression.NoCompression, processor=BatchSpanProcessor):
    """A provider of the SDK that sends to the receiver."""
    exporter = OTLPSpanExporter(endpoint=receiver.url + "/v1/traces", compression=compression)
    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_span_processor(processor(exporter))
    return provider


# --- real exporters ---


@pytest.mark.parametrize("compression", list(Compression), ids=lambda one: one.value)
def test_what_the_sdk_exports_arrives_whole(receiver, compression):
    """Names, parents, attributes, events and the service, in each compression that the exporter has."""
    provider = provider_to(receiver, compression=compression)
    tracer = provider.get_tracer("tests")
    attributes = {"n": 1, "tags": ["a", "b"]}
    with (
        tracer.start_as_current_span("invoke_agent planner", attributes=attributes),
        tracer.start_as_current_span("chat gpt-5") as inner,
    ):
        inner.add_event("retry", {"attempt": 2})
    assert provider.force_flush()
    provider.shutdown()
    chat, agent = receiver.spans()
    assert (agent.name, chat.name) == ("invoke_agent planner", "chat gpt-5")
    assert (chat.trace_id, chat.parent_id, agent.parent_id) == (agent.trace_id, agent.span_id, "")
    assert agent.attributes == {"n": 1, "tags": ["a", "b"]}
    assert (agent.service, agent.scope) == ("shop", "tests")
    assert [(event["name"], event["attributes"]) for event in chat.events] == [("retry", {"attempt": 2})]
    assert agent.start_s <= chat.start_s <= chat.events[0]["at_s"] <= chat.end_s <= agent.end_s
    assert not receiver.problems


def test_no_span_is_lost_when_a_batch_is_refused_once(receiver, caplog):
    """The exporter sends the batch again, and each span is there once."""
    caplog.set_level(logging.CRITICAL, "opentelemetry")  # the exporter says that it tries again
    receiver.refuse_next(retry_after_s=0)  # so that the exporter does not wait
    provider = provider_to(receiver)
    tracer = provider.get_tracer("tests")
    for number in range(100):
        tracer.start_span(f"span {number}").end()
    assert provider.force_flush()
    provider.shutdown()
    assert names(receiver) == [f"span {number}" for number in range(100)]
    assert receiver.refused == 1


CHILD = """
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
with provider.get_tracer("child").start_as_current_span("in the child"):
    pass
provider.shutdown()
"""


def test_a_child_process_needs_only_the_environment(receiver):
    """Its SDK finds the receiver, whatever the environment said before."""
    before = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces",
        "OTEL_SDK_DISABLED": "true",
        "OTEL_TRACES_SAMPLER": "always_off",
        "OTEL_SERVICE_NAME": "child",
    }
    env = {**os.environ, **before, **receiver.environment()}
    subprocess.run([sys.executable, "-c", CHILD], env=env, check=True, capture_output=True)
    (span,) = receiver.spans()
    assert (span.name, span.service) == ("in the child", "child")


def test_whoever_waits_is_woken_by_each_batch(receiver):
    """The next one is only sent when the one before was seen."""
    provider = provider_to(receiver, processor=SimpleSpanProcessor)
    tracer = provider.get_tracer("tests")
    seen = [threading.Event() for _ in range(4)]

    def send():
        for number in range(3):
            seen[number].wait()
            tracer.start_span(f"span {number}").end()

    def all_came(spans):
        seen[len(spans)].set()
        return len(spans) == 3

    sending = threading.Thread(target=send)
    sending.start()
    try:
        assert receiver.wait_for(all_came, timeout_s=10)
    finally:
        for event in seen:
            event.set()
        sending.join()
        provider.shutdown()
    assert not receiver.wait_for(lambda spans: len(spans) > 3, timeout_s=0)


# --- over the socket ---


def test_json_is_taken_as_browsers_send_it(receiver, client):
    """OTLP JSON, answered in JSON."""
    span = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "click",
            "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000"}  # fmt: skip
    reply = client.post(receiver.url + "/v1/traces", json={"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    assert (reply.status_code, reply.headers["content-type"], reply.json()) == (200, JSON, {})
    assert names(receiver) == ["click"]


def test_a_body_may_come_in_chunks(receiver, client):
    """As the SDK of JavaScript sends what it compresses while it sends."""
    body = gzip.compress(batch("a", "b"), mtime=0)
    pieces = (body[at : at + 7] for at in range(0, len(body), 7))
    headers = {"content-type": PROTOBUF, "content-encoding": "gzip"}
    reply = client.post(receiver.url + "/v1/traces", content=pieces, headers=headers)
    assert (reply.status_code, reply.content) == (200, b"")
    assert names(receiver) == ["a", "b"]


def test_a_connection_is_kept(receiver, client):
    """Also after an error."""
    for content_type, status in [(PROTOBUF, 200), ("text/plain", 415), (PROTOBUF, 200)]:
        reply = client.post(receiver.url + "/v1/traces", content=batch("a"), headers={"content-type": content_type})
        assert reply.status_code == status
        assert "connection" not in reply.headers
    assert client.get(receiver.url + "/v1/traces").headers["allow"] == "POST"


def raw(receiver, data, *, finish=True):
    """What the receiver answers to these bytes."""
    with socket.create_connection(("127.0.0.1", int(receiver.url.rpartition(":")[2]))) as connection:
        connection.sendall(data)
        if finish:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


HEAD = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"


@pytest.mark.parametrize(
    ("rest", "status", "told"),
    [
        (b"Content-Length: 500\r\n\r\nabc", 400, "the connection ended after 3 of 500 bytes"),
        (b"Content-Length: -1\r\n\r\n", 400, "a content-length of '-1'"),
        (b"Content-Length: 9999999999\r\n\r\nabc", 413, "a body of more than 67108864 bytes"),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabc", 413, "a body of more than 67108864 bytes"),
        (b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, "b'xyz' where the length of a chunk is due"),
        (b"Transfer-Encoding: chunked\r\n\r\n-5\r\n", 400, "b'-5' where the length of a chunk is due"),
        (b"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\nabc", 413, "a body of more than 67108864 bytes"),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc", 400, "the connection ended after 3 of 5 bytes"),
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 400, "the connection ended inside the body"),
    ],
)
def test_a_body_that_does_not_arrive_is_a_problem(receiver, rest, status, told):
    """A batch may be lost with it: the sender is told, and so is the test."""
    answer = raw(receiver, HEAD + rest)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    (problem,) = receiver.problems
    assert problem.place == "POST /v1/traces"
    assert told in problem.why
    assert receiver.spans() == ()


@pytest.mark.parametrize("chunked", [False, True], ids=["counted", "in chunks"])
def test_a_body_beyond_the_limit_is_answered_and_not_kept(chunked):
    """Also when the client sends all of it before it listens, and waits for the answer with its connection open."""
    pieces = [b"x" * 1_000_000] * 19  # what is left of them beyond the limit fits into no buffer in between
    with (
        Receiver(limit_bytes=10_000_000) as receiver,
        closing(
            http.client.HTTPConnection("127.0.0.1", int(receiver.url.rpartition(":")[2]), timeout=30)
        ) as connection,
    ):
        connection.request("POST", "/v1/traces", iter(pieces) if chunked else b"".join(pieces))
        reply = connection.getresponse()
        assert (reply.status, reply.headers["connection"]) == (413, "close")
        reply.read()
        connection.request("POST", "/v1/traces", batch("a"), {"Content-Type": PROTOBUF})
        assert connection.getresponse().status == 200
        assert [problem.why for problem in receiver.problems] == ["a body of more than 10000000 bytes"]


def test_many_may_post_at_once(receiver):
    """Every batch arrives whole, and no span of it is torn from the others."""

    def send(sender):
        with httpx2.Client() as client:
            for number in range(20):
                body = batch(*(f"{sender} {number} {part}" for part in range(3)))
                client.post(receiver.url + "/v1/traces", content=body, headers={"content-type": PROTOBUF})

    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(8)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    found = names(receiver)
    assert sorted(found) == sorted(f"{s} {n} {p}" for s in range(8) for n in range(20) for p in range(3))
    assert all(found[at : at + 3] == [f"{found[at][:-2]} {p}" for p in range(3)] for at in range(0, len(found), 3))


def test_nothing_is_left_when_it_is_closed(client):
    """No thread and no socket, even while clients keep their connections."""
    before = set(threading.enumerate())
    with Receiver() as receiver:
        url = receiver.url
        client.post(url + "/v1/traces", content=batch("a"), headers={"content-type": PROTOBUF})
        idle = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
        idle.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 404 ")
    with idle:
        assert idle.recv(1) == b""
    assert set(threading.enumerate()) == before
    with pytest.raises(httpx2.ConnectError):
        httpx2.post(url + "/v1/traces", content=b"")
    assert names(receiver) == ["a"]  # what arrived stays


def test_a_port_can_be_given():
    """A second one cannot have it at the same time."""
    with Receiver() as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(UsageError, match=rf"Receiver\(port={port}\): .*give another port"), Receiver(port=port):
            pass
    with Receiver(port=port) as again:
        assert again.url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("port", [-1, 65536, "4318"])
def test_what_is_no_port_is_named(port):
    """At once, not when somebody sends."""
    with pytest.raises(UsageError, match="not a port; give a number up to 65535"):
        Receiver(port=port)


def test_it_listens_only_inside_with():
    """An address outside of it would be nobody's; and one receiver cannot listen twice."""
    receiver = Receiver()
    with pytest.raises(UsageError, match="listens only inside"):
        receiver.environment()
    with receiver, pytest.raises(UsageError, match="listens already"), receiver:
        pass


# --- without a socket ---


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [(bytes, "identity"), (gzip.compress, "gzip"), (gzip.compress, "GZIP"), (zlib.compress, "deflate")],
)
def test_it_can_stand_behind_a_url(encode, encoding):
    """In sim mode nothing listens; a request is answered on the caller's stack."""
    receiver = Receiver(epoch_s=4.0)
    reply = post(receiver, encode(batch("a")), content_encoding=encoding)
    assert (reply.status, reply.header("content-type"), reply.body) == (200, PROTOBUF, b"")
    (span,) = receiver.spans()
    assert (span.start_s, span.end_s) == (1.0, 2.0)


def test_it_may_stand_below_a_path():
    """Collectors of vendors have one before theirs."""
    receiver = Receiver()
    assert post(receiver, batch("a"), path="/otlp/v1/traces?key=1").status == 200
    assert names(receiver) == ["a"]


@pytest.mark.parametrize("path", ["/v1/metrics", "/v1/logs"])
def test_other_signals_are_answered_and_counted(path):
    """An SDK that sends them as well shall not fill the log with errors."""
    receiver = Receiver()
    assert post(receiver, b"whatever", path=path).status == 200
    assert (receiver.ignored, receiver.problems, receiver.spans()) == (1, (), ())


@pytest.mark.parametrize(
    ("body", "headers", "status", "code", "told"),
    [
        (b"\xff\xff", {}, 400, 3, "no traces as application/x-protobuf: Error parsing"),
        (b"no gzip", {"content_encoding": "gzip"}, 400, 3, "not gzip: "),
        (gzip.compress(b"abcdefgh", mtime=0)[:-9], {"content_encoding": "gzip"}, 400, 3, "gzip that was cut off"),
        (
            gzip.compress(bytes(2000), mtime=0),
            {"content_encoding": "gzip"},
            413,
            8,
            "more than 1000 bytes once it is unpacked",
        ),
        (b"", {"content_encoding": "br"}, 415, 2, "the content encoding 'br'; gzip and deflate are read"),
        (bytes([0x0A, 0x02, 0x12]), {}, 400, 3, "no traces as"),
    ],
)
def test_what_cannot_be_read_is_answered_with_a_reason_and_remembered(body, headers, status, code, told):
    """A google.rpc.Status goes to the sender, and the problem stays with the receiver."""
    receiver = Receiver(limit_bytes=1000)
    reply = post(receiver, body, **headers)
    assert reply.status == status
    answered = rpc_status(reply.body)
    assert answered[0] == code
    assert told in answered[1]
    assert receiver.problems == (Damaged("batch 1", answered[1]),)
    assert receiver.spans() == ()


def rpc_status(body):
    """Code and message, read by the package that knows google.rpc.Status."""
    from google.rpc import status_pb2

    status = status_pb2.Status.FromString(body)
    return status.code, status.message


def test_an_error_is_in_the_encoding_of_the_request():
    """JSON for JSON."""
    reply = post(Receiver(), b"{", JSON)
    assert (reply.status, reply.header("content-type")) == (400, JSON)
    assert json.loads(reply.body)["code"] == 3
    assert "not JSON" in json.loads(reply.body)["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/traces", 405), ("POST", "/v2/traces", 404), ("GET", "/", 404)]
)
def test_what_is_no_post_of_traces_is_answered_so(method, path, status):
    """It is no batch, so that it is no problem either."""
    receiver = Receiver()
    reply = receiver.handle(Request(method, "http://x" + path, (("content-type", PROTOBUF),)))
    assert reply.status == status
    assert receiver.problems == ()


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/grpc"])
def test_other_content_types_are_a_415_and_a_problem(content_type):
    """Spans may be inside, and they are lost."""
    receiver = Receiver()
    assert post(receiver, batch("a"), content_type).status == 415
    assert "are read" in receiver.problems[0].why


def test_a_gzip_bomb_is_never_unpacked():
    """A thousand times larger than what was sent, and answered at once."""
    bomb = gzip.compress(bytes(200 * 1024 * 1024), mtime=0)
    assert post(Receiver(), bomb, content_encoding="gzip").status == 413


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_spans_that_are_damaged_are_rejected_one_by_one(content_type):
    """Partial success: the others are taken, and the sender hears how many were not."""
    receiver = Receiver()
    if content_type == PROTOBUF:
        data = trace_pb2.TracesData.FromString(batch("a", "b", "c"))
        data.resource_spans[0].scope_spans[0].spans[1].trace_id = b""
        reply = post(receiver, data.SerializeToString())
        partial = trace_service_pb2.ExportTraceServiceResponse.FromString(reply.body).partial_success
        answered = (partial.rejected_spans, partial.error_message)
    else:
        spans = [{"traceId": "a" * 32, "spanId": "b" * 16, "name": name} for name in "abc"]
        spans[1]["traceId"] = "\ud800"  # half a character, for which UTF-8 has no bytes
        reply = post(receiver, json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode(), JSON)
        partial = json.loads(reply.body)["partialSuccess"]
        answered = (int(partial["rejectedSpans"]), partial["errorMessage"])
    assert reply.status == 200
    assert names(receiver) == ["a", "c"]
    (problem,) = receiver.problems
    assert problem.place == "batch 1, span 2"
    assert answered == (1, f"{problem.place}: {problem.why}")


@pytest.mark.parametrize("status", [429, 503])
def test_batches_are_refused_as_often_as_was_said(status):
    """Nothing of them is kept, and nothing of them is a problem: the sender knows."""
    receiver = Receiver()
    receiver.refuse_next(2, status, retry_after_s=7)
    replies = [post(receiver, batch(name)) for name in "abc"]
    assert [reply.status for reply in replies] == [status, status, 200]
    assert [reply.header("retry-after") for reply in replies] == ["7", "7", None]
    assert (names(receiver), receiver.refused, receiver.problems) == (["c"], 2, ())


def test_only_errors_can_be_refused_with():
    """A 200 would lose spans silently."""
    with pytest.raises(UsageError, match="give a status from 400 to 599"):
        Receiver().refuse_next(status=200)


def test_a_defect_of_ours_is_told_and_hides_no_loss(monkeypatch):
    """The sender gets a 500, and the problem says what failed."""
    receiver = Receiver()
    monkeypatch.setattr("pytest_agentchaos.traces.otlp.sift", lambda *_, **__: 1 / 0)
    assert post(receiver, batch("a")).status == 500
    assert receiver.problems == (Damaged("batch 1", "the receiver failed: ZeroDivisionError: division by zero"),)
