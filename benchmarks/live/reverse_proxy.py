"""The reverse proxy as a process of its own, against the direct path: one JSON POST of 2 kB after the other."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from statistics import median
from tempfile import TemporaryDirectory

import psutil

from benchmarks.measure import Measurement, garbage_waits
from pytest_agentchaos.clock import wall_s

BODY = b'{"journey": "' + b"x" * 1980 + b'", "n": 1}'
HEADERS = (
    b"Accept: application/json\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n"
    b"User-Agent: bench/1\r\nContent-Type: application/json\r\nAuthorization: Bearer none\r\n"
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\ndate: Mon, 05 Jan 2026 00:00:00 GMT\r\nserver: bench\r\n"
    b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)
)
ROUNDS, CALLS = 21, 200
CLIENTS = 8
STEADY_S = float(os.environ.get("AGENTCHAOS_BENCH_STEADY_S", "10"))
"""How long the steady traffic lasts; five minutes for the figure that is quoted."""

_UPSTREAM = """
import asyncio
from benchmarks.live.reverse_proxy import ANSWER, BODY

class Upstream(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.left, self.seen = transport, 0, b""
    def data_received(self, data):
        self.seen += data
        while (end := self.seen.find(b"\\r\\n\\r\\n")) >= 0 and len(self.seen) >= end + 4 + len(BODY):
            self.seen = self.seen[end + 4 + len(BODY):]
            self.transport.write(ANSWER)

async def main():
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def measurements() -> Iterator[Measurement]:
    """What a proxy adds to a call, with and without a trial; what a request costs it; and that it does not grow."""
    with ExitStack() as stack:
        upstream = stack.enter_context(_upstream())
        passing = stack.enter_context(_proxy(upstream))
        trial = stack.enter_context(_proxy(upstream, "--fault", "latency on tool=never"))
        direct = stack.enter_context(closing(_Client(upstream)))
        for name, proxy in (("passing", passing), ("in a trial", trial)):
            through = stack.enter_context(closing(_Client(proxy.port)))
            added = _added(through, direct)
            detail = f"median of {ROUNDS} rounds of {CALLS} calls, one after the other"
            yield Measurement(f"proxy, {name}: added at p50", added * 1e3, "ms", 0.6, "at_most", detail)
            rate, cpu_s = _load(proxy, 3.0)
            detail = f"{rate:.0f} requests/s by {CLIENTS} clients, the proxy on one core"
            yield Measurement(f"proxy, {name}: CPU of a request", cpu_s * 1e3, "ms", 1.0, "at_most", detail)
            yield Measurement(f"proxy, {name}: requests a second", rate, "1/s", 1000, "at_least", detail)
        yield from _steady("steady", passing)
        yield from _steady("steady, in a trial", trial)
        folder = stack.enter_context(TemporaryDirectory())
        options = ["--fault", "latency(seconds=0) on http nth=1000", "--history", f"{folder}/history.jsonl"]
        yield from _steady("steady, with a history", stack.enter_context(_proxy(upstream, *options)))


def _added(through: _Client, direct: _Client) -> float:
    """Seconds at the median that a call takes longer: each round against its neighbour."""
    differences: list[float] = []
    for number in range(-2, ROUNDS):
        turns = (through, direct) if number % 2 else (direct, through)
        taken = {client: median(client.timed(CALLS)) for client in turns}
        if number >= 0:
            differences.append(taken[through] - taken[direct])
    return median(differences)


def _load(proxy: _Proxy, seconds: float, most_per_s: float | None = None) -> tuple[float, float]:
    """Requests a second, and the proxy's CPU seconds of each."""
    until, counts = wall_s() + seconds, [0] * CLIENTS

    def call(number: int) -> None:
        with closing(_Client(proxy.port)) as client:
            began = wall_s()
            while wall_s() < until:
                client.call()
                counts[number] += 1
                if most_per_s is not None:
                    pause = began + counts[number] * CLIENTS / most_per_s - wall_s()
                    threading.Event().wait(max(0.0, pause))

    before, begin = proxy.cpu_s(), wall_s()
    threads = [threading.Thread(target=call, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    count = sum(counts)
    return count / (wall_s() - begin), (proxy.cpu_s() - before) / count


def _steady(name: str, proxy: _Proxy) -> Iterator[Measurement]:
    """What is more after a while at half of the highest rate than after its first fifth, in which caches fill.

    Python takes memory by the megabyte, whenever more is alive at one moment than ever before.
    """
    rate = _load(proxy, 2.0)[0] / 2
    _load(proxy, STEADY_S / 5, rate)
    memory_mb, descriptors = proxy.resident_mb(), proxy.descriptors()
    _load(proxy, STEADY_S * 4 / 5, rate)
    detail = f"over {STEADY_S * 4 / 5:.0f} s at {rate:.0f} requests/s"
    yield Measurement(f"proxy, {name}: more memory", proxy.resident_mb() - memory_mb, "MB", 1.0, "at_most", detail)
    yield Measurement(f"proxy, {name}: more descriptors", proxy.descriptors() - descriptors, "", 0, "at_most", detail)


class _Client:
    """One connection; it does as little as can be, so that the difference is the proxy's."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b"POST /book HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%bContent-Length: %d\r\n\r\n"
        self._request = head % (port, HEADERS, len(BODY)) + BODY

    def call(self) -> None:
        self._socket.sendall(self._request)
        came = b""
        while not came.endswith(BODY):
            data = self._socket.recv(65536)
            if not data:
                msg = f"the connection ended after {came!r}"
                raise AssertionError(msg)
            came += data

    def timed(self, calls: int) -> list[float]:
        taken: list[float] = []
        with garbage_waits():
            for _ in range(calls):
                begin = wall_s()
                self.call()
                taken.append(wall_s() - begin)
        return taken

    def close(self) -> None:
        self._socket.close()


class _Proxy:
    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.port = port
        self._process = psutil.Process(process.pid)
        if hasattr(self._process, "cpu_affinity"):
            self._process.cpu_affinity([psutil.cpu_count() - 1])

    def cpu_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def resident_mb(self) -> float:
        return float(self._process.memory_info().rss) / 1e6

    def descriptors(self) -> int:
        """The fewest within a second: what clients have just left is still being closed."""
        fewest = int(self._process.num_fds())
        for _ in range(20):
            threading.Event().wait(0.05)
            fewest = min(fewest, int(self._process.num_fds()))
        return fewest


@contextmanager
def _running(*command: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def _upstream() -> Iterator[int]:
    with _running("-c", _UPSTREAM) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextmanager
def _proxy(upstream: int, *options: str) -> Iterator[_Proxy]:
    main = "from pytest_agentchaos.cli import main; main()"
    command = ("-c", main, "proxy", "--upstream", f"http://127.0.0.1:{upstream}", *options)
    with _running(*command) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[2]
        yield _Proxy(process, int(url.rpartition(":")[2]))
