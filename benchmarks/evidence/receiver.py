"""Spans through the OTLP receiver: how many a second on one core, and how many are lost when a batch is refused."""

from __future__ import annotations

import http.client
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.measure import Measurement, seconds
from pytest_agentchaos.traces.receiver import Receiver

BATCH = 512  # what a BatchSpanProcessor sends at most
BATCHES = 100
ROUNDS = 5
REFUSED_SPANS = 2_000
ROOT = Path(__file__).parents[2]
PATIENCE_S = 60

SERVE = "from benchmarks.evidence.receiver import serve; serve()"


def measurements() -> Iterator[Measurement]:
    """The two figures."""
    per_s, detail = _spans_per_s()
    yield Measurement("receiver", per_s, "spans/s on one core", 10_000, "at_least", detail)
    yield Measurement(
        "receiver, a batch refused once",
        _lost(),
        "spans lost",
        0,
        "at_most",
        f"of {REFUSED_SPANS} by the real exporter",
    )


def serve() -> None:
    """What the measured process does: receive so many spans a round, and say how much of a core that took."""
    with Receiver() as receiver:
        print(receiver.url, flush=True)
        for rounds in range(1, ROUNDS + 2):
            begin_s = time.process_time()
            expected = rounds * BATCHES * BATCH
            assert receiver.wait_for(lambda spans, expected=expected: len(spans) >= expected, PATIENCE_S)  # type: ignore[misc] # mypy knows no such lambda
            print(time.process_time() - begin_s, flush=True)
        assert not receiver.problems


def _spans_per_s() -> tuple[float, str]:
    """Over one connection from another process, whose bodies are ready before the clock runs; decoding included."""
    bodies = [_body(number) for number in range(BATCHES)]
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        url = serving.stdout.readline().strip()
        connection = http.client.HTTPConnection(url.removeprefix("http://"))
        rounds: list[tuple[float, float]] = []
        for _ in range(ROUNDS + 1):  # the first one loads protobuf
            wall_s = seconds(lambda: _post(connection, bodies))
            rounds.append((float(serving.stdout.readline()), wall_s))
        connection.close()
    assert serving.returncode == 0
    spans = BATCHES * BATCH
    core_s = median(core_s for core_s, _ in rounds[1:])
    wall_s = median(wall_s for _, wall_s in rounds[1:])
    detail = (
        f"{core_s / spans * 1e6:.3g} us of its CPU a span with 10 attributes, batches of {BATCH};"
        f" {spans / wall_s:,.0f} spans/s by the clock, sender included; median of {ROUNDS} rounds"
    )
    return spans / core_s, detail


def _post(connection: http.client.HTTPConnection, bodies: list[bytes]) -> None:
    for body in bodies:
        connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
        reply = connection.getresponse()
        assert reply.status == http.client.OK
        reply.read()


def _body(number: int) -> bytes:
    """A batch of model calls, as an instrumentation of GenAI tells of them."""
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

    def text(key: str, value: str) -> KeyValue:
        return KeyValue(key=key, value=AnyValue(string_value=value))

    def integer(key: str, value: int) -> KeyValue:
        return KeyValue(key=key, value=AnyValue(int_value=value))

    data = TracesData()
    entry = data.resource_spans.add()
    entry.resource.attributes.append(text("service.name", "gateway"))
    group = entry.scope_spans.add()
    group.scope.name = "opentelemetry.instrumentation.genai.openai"
    for part in range(BATCH):
        index = number * BATCH + part + 1
        group.spans.append(
            Span(
                trace_id=(index // 40 + 1).to_bytes(16, "big"),
                span_id=index.to_bytes(8, "big"),
                parent_span_id=(index // 2 + 1).to_bytes(8, "big"),
                name="chat gpt-5",
                kind=Span.SPAN_KIND_CLIENT,
                start_time_unix_nano=1_767_225_600_000_000_000 + index * 1_000,
                end_time_unix_nano=1_767_225_600_000_000_000 + index * 2_000,
                attributes=[
                    text("gen_ai.operation.name", "chat"),
                    text("gen_ai.provider.name", "openai"),
                    text("gen_ai.request.model", "gpt-5"),
                    text("gen_ai.response.model", "gpt-5-2026-08-07"),
                    text("gen_ai.response.id", f"resp_{index:032x}"),
                    text("gen_ai.conversation.id", f"conv_{index // 40:032x}"),
                    text("server.address", "api.openai.com"),
                    integer("server.port", 443),
                    integer("gen_ai.usage.input_tokens", 1_000 + part),
                    integer("gen_ai.usage.output_tokens", 100 + part),
                ],
            )
        )
    return bytes(data.SerializeToString())


def _lost() -> int:
    """Spans that are missing, or there more than once, after the first batch was refused with a 503."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # the exporter says that it tries again
    with Receiver() as receiver:
        receiver.refuse_next()
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{receiver.url}/v1/traces")))
        tracer = provider.get_tracer("benchmark")
        for number in range(REFUSED_SPANS):
            tracer.start_span(f"span {number}").end()
        provider.shutdown()
        assert receiver.refused == 1
        arrived = [span.name for span in receiver.spans()]
    return REFUSED_SPANS - len(set(arrived)) + len(arrived) - len(set(arrived))
