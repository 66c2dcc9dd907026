"""Ready: how it is known that a process can be called, and what is said of one that cannot."""

from __future__ import annotations

import socket

import pytest

from pytest_agentchaos.children import Processes, ready
from pytest_agentchaos.children import child as children
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.redaction import redact


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


def test_its_line_is_found_before_whatever_follows(processes, tools, monkeypatch):
    """Also if much more was written than is kept before anybody has looked."""
    output = []

    class Late(children.Life):
        def __init__(self, *given):
            super().__init__(*given)
            while output[0].end < 3_000_000 and not output[0]._full:
                pass

    monkeypatch.setattr(children, "Life", Late)
    monkeypatch.setattr(children, "Output", lambda made=children.Output: output.append(made()) or output[0])
    flooding = tools.shell("echo ready 7; exec yes")
    assert processes.start("api", flooding, ready=ready.line(r"ready (\d)"), ready_s=5.0).ready[1] == "7"


def test_long_lines_are_cut_where_they_are_told_and_hold_no_half_of_a_secret(tools):
    """A process may write a megabyte without an end of a line."""
    key = f"sk-{'a' * 40}"
    long = tools.shell(f"printf '%0990d%s%01000d' 0 ' {key} ' 0")
    with Processes(hide=redact) as hiding, pytest.raises(UsageError) as caught:
        hiding.start("api", long, ready=ready.line("ready"))
    line = str(caught.value).splitlines()[1]
    assert len(line) == 1004
    assert "sk-" not in line


@pytest.mark.parametrize("program", ["/bin/sh", "/no/such/program"])
def test_the_command_that_is_shown_holds_no_secret(program):
    """As a shell has it, quotes stand among quotes."""
    command = [program, "-c", "PASSWORD='hunter2'; exit 3", "--api-key", "hunter2"]
    with Processes(hide=redact) as hiding, pytest.raises(UsageError, match=r"--api-key \S*\[hidden\]") as caught:
        hiding.start("api", command, ready=ready.line("ready"))
    assert "hunter2" not in str(caught.value)


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
