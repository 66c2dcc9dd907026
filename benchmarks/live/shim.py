"""The stdio shim: what it adds to a message, and how long it takes to begin.

A round trip is two messages: a request through the shim, and the answer back. The server answers without a thought,
so that nothing but pipes and the shim is timed; client and server are the same in both cases.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from tempfile import TemporaryDirectory

import psutil

from benchmarks.measure import Measurement, compare
from pytest_agentchaos.clock import wall_s

ROUND_TRIPS = 200
ADDED_MS = 0.2
STARTS = 7
START_S = 1.0
STEADY_S = float(os.environ.get("AGENTCHAOS_BENCH_STEADY_S", "10"))
SHIM = (sys.executable, "-m", "pytest_agentchaos.cli.wrap")
SERVER = """
import os
rest = b""
while chunk := os.read(0, 65536):
    rest += chunk
    while b"\\n" in rest:
        line, _, rest = rest.partition(b"\\n")
        number = line.partition(b'"id":')[2].partition(b",")[0]
        text = b'{"content":[{"type":"text","text":"' + b"x" * 200 + b'"}]}'
        os.write(1, b'{"jsonrpc":"2.0","id":' + number + b',"result":' + text + b"}\\n")
"""
REQUEST = b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"book","arguments":{"flight":"TP-%d"}}}\n'


class Client:
    """Asks one question after the other."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._to, self._from = process.stdin.fileno(), process.stdout.fileno()
        self._asked = 0
        self.pid = process.pid

    def ask(self) -> None:
        """One round trip."""
        self._asked += 1
        os.write(self._to, REQUEST % (self._asked, self._asked))
        answer = b""
        while not answer.endswith(b"\n"):
            chunk = os.read(self._from, 65536)
            if not chunk:
                msg = "the shim ended in place of an answer"
                raise ConnectionError(msg)
            answer += chunk
        assert b'"id":%d,' % self._asked in answer

    def ask_often(self) -> None:
        """Many of them."""
        for _ in range(ROUND_TRIPS):
            self.ask()

    def ask_for(self, seconds: float, each_s: float = 0.0) -> int:
        """For so long, one in so many seconds at most; how many."""
        began_s, asked = wall_s(), 0
        while wall_s() - began_s < seconds:
            self.ask()
            asked += 1
            time.sleep(max(0.0, began_s + asked * each_s - wall_s()))
        return asked


@contextmanager
def running(command: Sequence[str]) -> Iterator[Client]:
    """A client of this command, which has answered once."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        client = Client(process)
        client.ask()
        yield client
        assert process.stdin is not None
        process.stdin.close()


def measurements() -> list[Measurement]:
    """What the shim adds, with and without rules and a history that is written."""
    server = [sys.executable, "-S", "-E", "-c", SERVER]
    cases = {
        "shim, added to a message": [],
        "shim, added to a message, with a rule and a history": [
            "--fault", "latency(seconds=9) on tool=other", "--history", os.devnull,
        ],
    }  # fmt: skip
    found = [_added(name, [*SHIM, *options, "--", *server], server) for name, options in cases.items()]
    found.append(_start(server))
    with TemporaryDirectory() as folder:
        history = ["--history", f"{folder}/history.jsonl", "--log", f"{folder}/log"]
        for name, options in {
            "steady": [],
            "steady, with a history": history,
            "steady, each call under a fault": [*history, "--fault", "latency(seconds=0) on tool"],
        }.items():
            found += _steady(name, [*SHIM, *options, "--", *server])
    return found


def _added(name: str, command: Sequence[str], server: Sequence[str]) -> Measurement:
    with running(command) as shim, running(server) as direct:
        compared = compare(shim.ask_often, direct.ask_often, rounds=9)
    value = compared.difference_s / ROUND_TRIPS / 2 * 1e3
    detail = f"{ROUND_TRIPS} round trips of two messages: {compared.detail}"
    return Measurement(name, value, "ms", ADDED_MS, "at_most", detail)


def _start(server: Sequence[str]) -> Measurement:
    """From the start of the process to the first answer, beyond what the server itself takes."""
    added = [_seconds([*SHIM, "--", *server]) - _seconds(server) for _ in range(STARTS)]
    return Measurement("shim, added to the start", median(added), "s", START_S, "at_most", f"median of {STARTS}")


def _steady(name: str, command: Sequence[str]) -> Iterator[Measurement]:
    """Memory and descriptors of the shim after a while at half of the highest rate; each call is another one."""
    with running(command) as client:
        process = psutil.Process(client.pid)
        rate = client.ask_for(2.0) / 2.0
        client.ask_for(2.0, 2 / rate)
        memory, descriptors = process.memory_info().rss, process.num_fds()
        client.ask_for(STEADY_S, 2 / rate)
        more_mb = (process.memory_info().rss - memory) / 1e6
        more_descriptors = process.num_fds() - descriptors
    detail = f"after {STEADY_S:.0f} s at {rate / 2:.0f} requests/s"
    yield Measurement(f"shim, {name}: more memory", more_mb, "MB", 1.0, "at_most", detail)
    yield Measurement(f"shim, {name}: more descriptors", more_descriptors, "", 0, "at_most", detail)


def _seconds(command: Sequence[str]) -> float:
    began_s = wall_s()
    with running(command):
        return wall_s() - began_s


if __name__ == "__main__":
    for one in measurements():
        print(one)
