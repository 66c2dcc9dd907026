"""A small project with an agent in it, for pytest to run inside of a test."""

from __future__ import annotations

import httpx  # noqa: F401 - see below
import httpx2  # noqa: F401 - see below
import pytest

import pytest_agentchaos.plugin.fixture  # noqa: F401 - pytester forgets what an inner session imports: this stays loaded
from pytest_agentchaos.dialects.registry import shipped
from pytest_agentchaos.faults.registry import registered as registered_faults
from pytest_agentchaos.invariants.registry import registered as registered_invariants

INI = """
[pytest]
asyncio_default_fixture_loop_scope = function
filterwarnings = error
addopts = -p no:cacheprovider
pythonpath = .
"""

TRAVEL = """
import asyncio
import httpx2


def answer(request):
    return httpx2.Response(200, json={"booked": True})


def book(times=1, *, seat="1A"):
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        for number in range(times):
            response = client.post("http://flights.local/book", json={"seat": seat, "number": number})
    return response.status_code


async def book_async(times=1, *, seat="1A"):
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        for number in range(times):
            response = await client.post("http://flights.local/book", json={"seat": seat, "number": number})
    return response.status_code


def book_whatever_happens():
    try:
        return book()
    except Exception:
        return "gave up"


def ask_nobody():
    with httpx2.Client() as client:
        client.get("https://nobody.example/")
"""


@pytest.fixture(scope="session", autouse=True)
def loaded() -> None:
    """What an inner session would import is imported once."""
    shipped()
    registered_faults()
    registered_invariants()


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A directory with an ini file and the module ``travel``, whose calls can be faulted."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(travel=TRAVEL)
    return pytester
