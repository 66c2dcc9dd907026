"""Real sockets and real event loops inside a trial."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import create_connection

import httpx2
import pytest

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.errors import RealIOError, UsageError
from pytest_agentchaos.simulation import Simulation


@pytest.fixture
def sim() -> Iterator[Simulation]:
    """A running simulation."""
    with Simulation(VirtualClock(), 7) as simulation:
        yield simulation


def _with_socket(
    method: str, *args: object, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM
) -> Callable[[], object]:
    def attempt() -> object:
        with socket.socket(family, kind) as real:
            return getattr(real, method)(*args)

    return attempt


ATTEMPTS: dict[str, tuple[Callable[[], object], str]] = {
    "connect": (_with_socket("connect", ("10.1.2.3", 80)), "a connection to 10.1.2.3:80"),
    "connect_ex": (_with_socket("connect_ex", ("10.1.2.3", 80)), "a connection to 10.1.2.3:80"),
    "ipv6": (_with_socket("connect", ("::1", 80, 0, 0), family=socket.AF_INET6), "a connection to ::1:80"),
    "unix": (_with_socket("connect", "/run/db.sock", family=socket.AF_UNIX), "a connection to /run/db.sock"),
    "bytes": (_with_socket("connect", b"/run/x", family=socket.AF_UNIX), "a connection to /run/x"),
    "nothing": (_with_socket("connect"), "a connection to ?"),
    "sendto": (_with_socket("sendto", b"x", ("10.1.2.3", 8125), kind=socket.SOCK_DGRAM), "to 10.1.2.3:8125"),
    "create_connection": (lambda: socket.create_connection(("api.openai.com", 443)), "to api.openai.com:443"),
    "imported": (lambda: create_connection(("api.openai.com", 443)), "to api.openai.com:443"),
    "getaddrinfo": (lambda: socket.getaddrinfo("api.openai.com", 443), "the look-up of api.openai.com:443"),
    "gethostbyname": (lambda: socket.gethostbyname("api.openai.com"), "the look-up of api.openai.com"),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_real_connection_is_refused_with_its_address(sim: Simulation, name: str) -> None:
    """The message says how to switch to live mode, and the attempt is noted."""
    attempt, expected = ATTEMPTS[name]
    with pytest.raises(RealIOError, match=r"agentchaos\.live") as caught:
        attempt()
    assert expected in str(caught.value)
    assert isinstance(caught.value, OSError | UsageError)
    assert [str(problem) for problem in sim.problems] == [str(caught.value)]


def test_an_attempt_that_the_client_swallowed_is_noted(sim: Simulation) -> None:
    """An HTTP client turns it into its own connection error; the trial knows better."""

    async def call() -> None:
        async with httpx2.AsyncClient(trust_env=False) as client:
            await client.get("https://api.openai.com/v1/models")

    with pytest.raises(httpx2.ConnectError):
        sim.run(call())
    with httpx2.Client(trust_env=False) as client, pytest.raises(httpx2.ConnectError):
        client.get("https://api.openai.com/v1/models")
    assert len(sim.problems) == 2
    assert all("api.openai.com" in str(problem) for problem in sim.problems)
    assert sim.problems[0].__traceback__ is None


@pytest.mark.usefixtures("sim")
def test_other_threads_may_connect() -> None:
    """A server of the test itself, for example."""
    seen: list[bytes] = []

    def talk() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            assert socket.getaddrinfo("127.0.0.1", 80)
            with socket.create_connection(server.getsockname()) as client, server.accept()[0] as peer:
                client.sendall(b"hello")
                seen.append(peer.recv(5))
            with socket.socket() as plain:
                assert plain.connect_ex(server.getsockname()) == 0

    thread = threading.Thread(target=talk)
    thread.start()
    thread.join()
    assert seen == [b"hello"]


@pytest.mark.usefixtures("sim")
def test_files_and_programs_are_allowed(tmp_path: Path) -> None:
    """They answer at once, so that no virtual time is missed; waiting for a program is real."""
    path = tmp_path / "prompt.txt"
    path.write_text("hello")
    code = f"print(open({str(path)!r}).read())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "hello"


@pytest.mark.usefixtures("sim")
def test_a_real_event_loop_is_refused() -> None:
    """It would sleep for real, by a clock that stands still; other threads may have one."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        coroutine = asyncio.sleep(0)
        with pytest.raises(RealIOError, match="_UnixSelectorEventLoop"):
            runner.get_loop().run_until_complete(coroutine)
        coroutine.close()
        for task in asyncio.all_tasks(runner.get_loop()):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio.runners, "_cancel_all_tasks", lambda _: None)
            patch.setattr(runner.get_loop(), "run_until_complete", lambda coroutine: coroutine.close())
            runner.close()
    result: list[int] = []
    thread = threading.Thread(target=lambda: result.append(asyncio.run(asyncio.sleep(0, 5))))
    thread.start()
    thread.join()
    assert result == [5]


def test_trio_is_refused() -> None:
    """Its clock is its own."""
    trio = pytest.importorskip("trio")

    async def main() -> int:
        return 5

    with Simulation(VirtualClock(), 1), pytest.raises(RealIOError, match=r"trio\.run"):
        trio.run(main)
    assert trio.run(main) == 5
