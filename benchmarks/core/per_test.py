"""200 tests with the fixture and one faulted call each, against the same tests without the plugin."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.core.processes import OFF, QUIET, pytest_in, run
from benchmarks.measure import Comparison, Measurement, compare

TESTS = 200
ROUNDS = 21

AGENT = """
import httpx2
import pydantic

class Booking(pydantic.BaseModel):
    booking: str

def answer(request):
    return httpx2.Response(200, json={"booking": "B1"})

def book(client):
    return Booking(**client.post("https://airline.example/book", json={"flight": "LX1"}).json())
"""

FAULTED = f"""
import httpx2
import pytest
from agent import answer, book
from pytest_agentchaos import faults, on

@pytest.mark.parametrize("number", range({TESTS}))
def test_books(agentchaos, number):
    agentchaos.inject(faults.Latency(seconds=5), on.http("POST /book"))
    with httpx2.Client(transport=httpx2.MockTransport(answer), timeout=30) as client:
        assert agentchaos.run(book, client).booking == "B1"
"""

BARE = f"""
import httpx2
import pytest
from agent import answer, book

@pytest.mark.parametrize("number", range({TESTS}))
def test_books(number):
    with httpx2.Client(transport=httpx2.MockTransport(answer), timeout=30) as client:
        assert book(client).booking == "B1"
"""


SESSIONS = """
import contextlib, io, json, sys, time
import pytest

def session(*arguments):
    begin = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main([*sys.argv[2:], *arguments])
    assert code == 0, arguments
    return time.perf_counter() - begin

kinds = (("test_faulted.py",), ("-p", "no:agentchaos", "test_bare.py"))
taken = [[], []]
for number in range(-2, int(sys.argv[1])):
    order = (0, 1) if number % 2 else (1, 0)
    for kind in order:
        seconds = session(*kinds[kind])
        if number >= 0:
            taken[kind].append(seconds)
print(json.dumps(taken))
"""
"""Whole pytest sessions in one process, in turns: what is imported once is not charged to a test."""


def measurements() -> Iterator[Measurement]:
    """The sessions' difference for each test; what the first use costs in imports is told beside."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for file, text in (("agent", AGENT), ("test_faulted", FAULTED), ("test_bare", BARE), ("sessions", SESSIONS)):
            (directory / f"{file}.py").write_text(text, encoding="utf-8")
        printed = run([sys.executable, "sessions.py", str(ROUNDS), *QUIET], directory)
        subject_s, bare_s = (tuple(seconds) for seconds in json.loads(printed))
        taken = Comparison(subject_s, bare_s)
        cold = compare(
            lambda: pytest_in(directory, "test_faulted.py", "-k", "[0]"),
            lambda: pytest_in(directory, *OFF, "test_bare.py", "-k", "[0]"),
            rounds=5,
        )
    detail = f"sessions of {TESTS}: {taken.detail}; imports cost {cold.difference_s * 1e3:.0f} ms once"
    yield Measurement("a faulted test", taken.difference_s * 1e3 / TESTS, "ms more", 0.3, "at_most", detail)
