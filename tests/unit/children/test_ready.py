"""Ready: how it is known that a process can be called, and what is said of one that cannot."""

from __future__ import annotations

import socket

import pytest

from pytest_agentchaos.children import ready
from pytest_agentchaos.errors import UsageError


@pytest.fixture
def free_port():
    """A port that nobody listens on, and that the system gives to nobody else as long as the test runs."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


LISTEN = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        connection, _ = server.accept()
        with connection:
            if b"HTTP" in connection.recv(1000):
                connection.sendall(f"HTTP/1.0 {sys.argv[2]} Well\\r\\n\\r\\n".encode())
"""


def test_a_port_accepts(processes, tools, free_port):
    """Somebody listens there."""
    child = processes.start("api", tools.python(LISTEN, free_port, 200), ready=ready.port(free_port))
    assert child.ready is True


def test_an_address_answers(processes, tools, free_port):
    """Any status will do that does not say that the server is not well."""
    child = processes.start(
        "api", tools.python(LISTEN, free_port, 404), ready=ready.url(f"http://127.0.0.1:{free_port}/health?full=1")
    )
    assert child.ready == 404


def test_an_address_that_answers_that_it_is_not_well_is_not_ready(processes, tools, free_port):
    """It is asked until the patience ends; then the process is killed."""
    with pytest.raises(UsageError, match=r"api: not ready after 0\.2 s, which ready_s= can make longer \(ready: http"):
        processes.start(
            "api",
            tools.python(LISTEN, free_port, 503),
            ready=ready.url(f"http://127.0.0.1:{free_port}/"),
            ready_s=0.2,
        )
    with pytest.raises(ConnectionRefusedError):
        tools.ask(free_port)


def test_a_function_says_so(processes, tools, tmp_path):
    """Whatever else tells that a process is ready."""
    place = tmp_path / "there"
    processes.start("job", tools.shell(f"touch {place}; sleep 1000"), ready=ready.call(place.exists))


def test_one_that_ends_before_is_told_of_at_once(processes, tools):
    """With what it wrote last, and how to see more."""
    with pytest.raises(UsageError) as caught:
        processes.start("api", tools.shell("echo no such database >&2; exit 3"), ready=ready.line("ready"), ready_s=1e6)
    assert str(caught.value) == (
        "api: ended with status 3 before it was ready (ready: it writes a line that matches 'ready'); it wrote:\n"
        "    no such database\n"
        "run it by hand to see more: /bin/sh -c 'echo no such database >&2; exit 3'"
    )
    with pytest.raises(UsageError, match=r"\(nothing\)"):
        processes.start("api", tools.shell("exit 3"), ready=ready.call(lambda: False))


def test_a_port_that_somebody_has_already_is_not_taken_for_its_own(processes, tools):
    """What is left of an earlier session would answer in its place."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=rf"api: somebody listens on 127\.0\.0\.1:{port} already"):
            processes.start("api", tools.shell("sleep 1000"), ready=ready.port(port))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ready.url("https://127.0.0.1/"), "an address of the form http://127.0.0.1:PORT/PATH"),
        (lambda: ready.url("http://api.example/"), "api.example: faults on the way there"),
        (lambda: ready.port(80, "api.example"), "api.example: faults on the way there"),
    ],
)
def test_only_this_machine_is_asked(make, message):
    """What runs elsewhere was not started here."""
    with pytest.raises(UsageError, match=message):
        make()
