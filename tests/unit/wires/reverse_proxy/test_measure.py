"""Bodies that are larger than a proxy keeps, and faults that need all of them: an error of the trial."""

from __future__ import annotations

import threading

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.errors import UsageError

from .conftest import DEADLINE_S


@pytest.fixture
def chaos():
    """Of a live trial."""
    chaos = Chaos(seed=1)
    yield chaos
    chaos.trial.close()


FAULTS = (faults.Reset(), faults.Empty(), faults.Duplicate(), faults.LateDelivery(seconds=0.01))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_an_answer_beyond_all_measure_is_not_kept(upstream, raw, chaos, monkeypatch, fault):
    """An upstream that goes on for ever is hung up on."""
    monkeypatch.setattr("pytest_agentchaos.wires.reverse_proxy.port.KEEP_BYTES", 1000)
    chaos.inject(fault, on.http("*"))
    all_said = threading.Event()

    async def serve(reader, writer, head, body):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(10_000):  # as good as for ever
            writer.write(b"x" * 5000)
            await writer.drain()
        all_said.set()
        upstream.gone.set()

    upstream.serve = serve
    too_much = pytest.raises(UsageError, match="has more than the 1,000 bytes that a proxy keeps")
    with too_much, chaos.live():
        raw.send(b"GET / HTTP/1.1\r\nHost: HOST\r\n\r\n")
        assert upstream.gone.wait(DEADLINE_S)
    assert not all_said.is_set()


def test_a_request_beyond_all_measure_cannot_arrive_later(upstream, raw, chaos, monkeypatch):
    """Its body is there only as long as its client is: so it is told, and does not just never happen."""
    monkeypatch.setattr("pytest_agentchaos.wires.reverse_proxy.exchange.READ_BYTES", 1)
    chaos.inject(faults.LateDelivery(seconds=0.01, torn_after_s=0), on.http("*"))
    too_late = pytest.raises(UsageError, match="cannot be delivered twice or later")
    with too_late, chaos.live():
        raw.send(b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\n\r\n{}")
        assert raw.until(b"\r\n\r\n").startswith(b"HTTP/1.1 500 ")
    assert not upstream.heads
