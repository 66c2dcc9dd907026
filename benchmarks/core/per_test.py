"""200 tests with the fixture and one faulted call each, against the same tests without the plugin."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.core.processes import OFF, pytest_in
from benchmarks.measure import Measurement, compare

TESTS = 200

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


def measurements() -> Iterator[Measurement]:
    """Whole processes, start and imports included, divided by the number of tests."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "agent.py").write_text(AGENT, encoding="utf-8")
        (directory / "test_faulted.py").write_text(FAULTED, encoding="utf-8")
        (directory / "test_bare.py").write_text(BARE, encoding="utf-8")
        taken = compare(
            lambda: pytest_in(directory, "test_faulted.py"),
            lambda: pytest_in(directory, *OFF, "test_bare.py"),
            rounds=15,
        )
    detail = f"{taken.detail}; whole processes, per test"
    yield Measurement("a faulted test", taken.difference_s * 1e3 / TESTS, "ms more", 0.3, "at_most", detail)
