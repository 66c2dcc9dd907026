"""The embedded Toxiproxy against the direct path: throughput, round trips, connections, memory, punctuality, growth.

Client and upstream are blocking Python, in processes of their own. Both paths are measured in turns.

``AGENTCHAOS_BENCH_STEADY_S`` seconds of steady traffic at half the highest rate: 20 unless given; the goal is for 300.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median, quantiles
from time import sleep
from typing import IO, Any, Final

from benchmarks.live.far_end import DRAIN, DRAINED_BYTES, ECHO
from benchmarks.measure import Measurement, compare
from pytest_agentchaos.clock import wall_s

STEADY_S: Final = float(os.environ.get("AGENTCHAOS_BENCH_STEADY_S", "20"))

_ROUNDS: Final = 7
_TRIPS: Final = 1500
_CONNECTS: Final = 300
_IDLE: Final = 1000
_MESSAGE: Final = b"x" * 64
_LATENCY_MS: Final = 50
_PUNCTUAL: Final = 200


class Subject:
    """A Toxiproxy with one proxy, the upstream behind it, and what the operating system knows of its process."""

    def __init__(self, upstream: str, server: subprocess.Popen[str]) -> None:
        import psutil

        self.direct = upstream
        self._server = server
        self._process = psutil.Process(server.pid)
        self._api = _line(server).removeprefix("http://")
        made = self.ask("POST", "/proxies", {"name": "p", "listen": "127.0.0.1:0", "upstream": upstream})
        self.proxied = str(made["listen"])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The API."""
        client = http.client.HTTPConnection(self._api, timeout=30)
        client.request(method, path, None if body is None else json.dumps(body))
        answer = client.getresponse().read()
        client.close()
        return json.loads(answer) if answer else None

    def resident_mb(self) -> float:
        """Megabytes of memory that it holds."""
        return float(self._process.memory_info().rss) / 1e6

    def descriptors(self) -> int:
        """Files and sockets that it has open."""
        return int(self._process.num_fds())

    def tasks(self) -> int:
        """Tasks of its event loop."""
        assert self._server.stdin is not None
        self._server.stdin.write("\n")
        self._server.stdin.flush()
        return int(_line(self._server))


def measurements() -> Iterator[Measurement]:
    """All figures of this part."""
    with _running("upstream") as upstream, _running("server") as server:
        subject = Subject(_line(upstream), server)
        yield _throughput(subject)
        yield _round_trip(subject)
        yield _connections(subject)
        yield _idle(subject)
        yield from _punctuality(subject)
        yield from _steady(subject)


def _throughput(subject: Subject) -> Measurement:
    taken = compare(lambda: _drained(subject.proxied), lambda: _drained(subject.direct), rounds=_ROUNDS, warm_up=1)
    detail = f"{DRAINED_BYTES >> 20} MiB on one connection, {taken.detail}"
    return Measurement("toxiproxy: throughput of one connection", taken.speed, "of direct", 0.35, "at_least", detail)


def _round_trip(subject: Subject) -> Measurement:
    """The two connections stay; their trips alternate in blocks."""
    with _connected(subject.proxied) as through, _connected(subject.direct) as direct:
        p50_us: dict[socket.socket, list[float]] = {through: [], direct: []}
        for connection in p50_us:
            connection.sendall(ECHO)
            _trips_us(connection)
        for _ in range(_ROUNDS):
            for connection, medians in p50_us.items():
                medians.append(median(_trips_us(connection)))
        added_us = median(one - other for one, other in zip(p50_us[through], p50_us[direct], strict=True))
        detail = f"p50 {median(p50_us[through]):.1f} us against {median(p50_us[direct]):.1f} us direct"
    return Measurement("toxiproxy: 64 B round trip, added", added_us, "us", 40, "at_most", detail)


def _connections(subject: Subject) -> Measurement:
    def connect(address: str) -> Callable[[], None]:
        def connects() -> None:
            for _ in range(_CONNECTS):
                _one_byte(address)

        return connects

    taken = compare(connect(subject.proxied), connect(subject.direct), rounds=_ROUNDS, warm_up=1)
    detail = f"{_CONNECTS} times connect, 1 B, close: {taken.detail}"
    return Measurement("toxiproxy: connections, one after another", taken.speed, "of direct", 0.25, "at_least", detail)


def _idle(subject: Subject) -> Measurement:
    before_mb = subject.resident_mb()
    with ExitStack() as stack:
        for _ in range(_IDLE):
            connection = stack.enter_context(_connected(subject.proxied))
            connection.sendall(ECHO + b"x")
            assert connection.recv(1) == b"x"
        more_mb = subject.resident_mb() - before_mb
    detail = f"{_IDLE} idle connections, {before_mb:.1f} MB before"
    return Measurement("toxiproxy: memory of idle connections", more_mb, "MB", 40, "at_most", detail)


def _punctuality(subject: Subject) -> Iterator[Measurement]:
    subject.ask("POST", "/proxies/p/toxics", {"type": "latency", "attributes": {"latency": _LATENCY_MS}})
    with _connected(subject.proxied) as through:
        through.sendall(ECHO)
        off_ms = [abs(trip_us / 1e3 - _LATENCY_MS) for trip_us in _trips_us(through, _PUNCTUAL)]
    subject.ask("POST", "/reset")
    asleep_ms = [_overslept_ms() for _ in range(50)]
    late = f"at worst a bare sleep was {max(asleep_ms):.1f} ms late"
    detail = f"{_PUNCTUAL} round trips of 64 B, {_LATENCY_MS} ms one way; {late}"
    yield Measurement("toxiproxy: latency toxic, off by, p50", median(off_ms), "ms", 1, "at_most", detail)
    yield Measurement("toxiproxy: latency toxic, off by, p99", quantiles(off_ms, n=100)[-1], "ms", 5, "at_most", detail)


def _steady(subject: Subject) -> Iterator[Measurement]:
    """Half the connections a second that it can have; it has settled after a fifth of the time."""
    began_s = wall_s()
    for _ in range(_CONNECTS):
        _one_byte(subject.proxied)
    rate = _CONNECTS / (wall_s() - began_s) / 2
    _paced(subject.proxied, rate, STEADY_S / 5)
    settled = (subject.resident_mb(), subject.tasks(), subject.descriptors())
    _paced(subject.proxied, rate, STEADY_S * 4 / 5)
    sleep(0.2)  # the last connection is gone
    grown = [
        now - then
        for now, then in zip((subject.resident_mb(), subject.tasks(), subject.descriptors()), settled, strict=True)
    ]
    detail = f"over {STEADY_S * 4 / 5:.0f} s at {rate:.0f} connections a second, half the highest rate"
    for what, unit, limit, value in zip(
        ("memory", "tasks", "descriptors"), ("MB", "", ""), (1.0, 0, 0), grown, strict=True
    ):
        yield Measurement(f"toxiproxy: growth of {what}", value, unit, limit, "at_most", detail)


def _overslept_ms() -> float:
    """What this machine makes of a wait at this time."""
    began_s = wall_s()
    sleep(_LATENCY_MS / 1e3)
    return (wall_s() - began_s) * 1e3 - _LATENCY_MS


def _paced(address: str, rate: float, duration_s: float) -> None:
    """So many connections a second, in bursts of twenty milliseconds."""
    began_s = wall_s()
    done = 0
    while (elapsed_s := wall_s() - began_s) < duration_s:
        for _ in range(math.floor(elapsed_s * rate) - done):
            _one_byte(address)
            done += 1
        sleep(0.02)


def _one_byte(address: str) -> None:
    with _connected(address) as connection:
        connection.sendall(b"1")
        assert connection.recv(1) == b"1"


def _drained(address: str) -> None:
    block = bytes(1024 * 1024)
    with _connected(address) as connection:
        connection.sendall(DRAIN)
        for _ in range(DRAINED_BYTES // len(block)):
            connection.sendall(block)
        assert connection.recv(1) == DRAIN


def _trips_us(connection: socket.socket, trips: int = _TRIPS) -> list[float]:
    taken_us: list[float] = []
    for _ in range(trips):
        began_s = wall_s()
        connection.sendall(_MESSAGE)
        left = len(_MESSAGE)
        while left:
            left -= len(connection.recv(left))
        taken_us.append((wall_s() - began_s) * 1e6)
    return taken_us


@contextmanager
def _connected(address: str) -> Iterator[socket.socket]:
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


@contextmanager
def _running(what: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.live.far_end", what]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    output: IO[str] | None = process.stdout
    assert output is not None
    return output.readline().strip()
