"""A set of processes: what they are given, and that nothing of them is left."""

from __future__ import annotations

import os
import signal
import socket

import pytest

from pytest_agentchaos.children import Processes, ready
from pytest_agentchaos.errors import UnknownNameError, UsageError

LISTENING = """
import socket, sys
server = socket.socket(fileno=int(sys.argv[1]))
while True:
    connection, _ = server.accept()
    with connection:
        connection.sendall(connection.recv(100).upper())
"""


def test_the_environment_is_changed_by_what_is_given(processes, tools, monkeypatch):
    """Added to that of this process; None takes away."""
    monkeypatch.setenv("T5_TAKEN", "x")
    monkeypatch.setenv("T5_KEPT", "y")
    child = processes.start(
        "env", tools.shell("echo $T5_TAKEN$T5_KEPT$T5_NEW from $PWD"), env={"T5_TAKEN": None, "T5_NEW": "z"}, cwd="/"
    )
    assert child.wait(30) == 0
    assert child.output(last=1) == "yz from /\n"


def test_a_socket_outlives_the_process(processes, tools):
    """Whoever calls while it is down waits, and is answered by the next."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        child = processes.start("api", tools.python(LISTENING, "{fd}"), sockets={"fd": listening})
        port = listening.getsockname()[1]
        assert tools.ask(port) == b"WORD"
        child.kill()
        with socket.create_connection(("127.0.0.1", port), 30) as connection:
            connection.sendall(b"later")
            child.start()
            assert connection.recv(100) == b"LATER"
        child.kill()


def test_nothing_is_left_when_the_block_ends(tools, ends):
    """Not one that stands still, none that heeds no SIGTERM, none that has left its group."""
    with Processes() as processes:
        plain = processes.start("plain", tools.shell("sleep 1000"))
        halted = processes.start("halted", tools.shell("sleep 1000"))
        halted.pause()
        stubborn = processes.start("stubborn", tools.shell("trap '' TERM; echo on; sleep 1000"), ready=ready.line("on"))
        daemon = processes.start("daemon", tools.shell("setsid sh -c 'echo left $$; exec sleep 1000' & exit 0"),
                                 ready=None)  # fmt: skip
        assert daemon.wait(30) == 0
        number = _number(daemon)
        left = [plain.pid, halted.pid, stubborn.pid, number]
        os.kill(number, 0)
        processes.close(patience_s=0.1)
    assert all(ends(process) for process in left)
    assert [child.returncode for child in processes] == [-signal.SIGTERM, -signal.SIGTERM, -signal.SIGKILL, 0]
    assert "left" in processes["daemon"].output()
    with pytest.raises(UsageError, match="these processes were ended already"):
        processes.start("late", tools.shell("true"))


def _number(child):
    """What a process that has left the group of the child has told of itself."""
    while "left " not in child.output():
        assert child._output.news.wait(30)
        child._output.news.clear()
    return int(child.output().partition("left ")[2].split()[0])


def test_a_copy_of_this_process_ends_none_of_them(processes, tools):
    """They are not its own."""
    child = processes.start("long", tools.shell("sleep 1000"))
    copy = os.fork()
    if copy == 0:
        processes.close()
        os._exit(0)
    os.waitpid(copy, 0)
    assert child.running


def test_names_are_told_apart(processes, tools):
    """A name that is not there is met with the nearest that is."""
    child = processes.start("flights", tools.shell("sleep 1000"))
    assert processes["flights"] is child
    assert list(processes) == [child]
    assert len(processes) == 1
    with pytest.raises(UnknownNameError, match="did you mean 'flights'"):
        processes["flight"]
    with pytest.raises(UsageError, match=r"there is a process of this name already.*processes\['flights'\]\.start\(\)"):
        processes.start("flights", tools.shell("sleep 1000"))


@pytest.mark.parametrize(
    ("command", "given", "message"),
    [
        ("sleep 1", {}, r"start\('it', 'sleep 1'\): a list of the program and its arguments"),
        ([], {}, "a list of the program and its arguments"),
        (["/no/such/program", "x"], {}, "it cannot be started: /no/such/program x: No such file or directory"),
        (["/bin/sh"], {"cwd": "/no/such/folder"}, "it cannot be started in /no/such/folder: "),
        (["/bin/sh"], {"env": {"PORT": 80}}, r"env=\{'PORT': 80\}: the value of a variable is a text"),
    ],
)
def test_what_cannot_be_started_is_told_of(processes, command, given, message):
    """And its name is free again."""
    with pytest.raises(UsageError, match=message):
        processes.start("it", command, **given)
    assert len(processes) == 0


def test_errors_hide_what_they_are_told_to(tools):
    """What a process wrote may be a secret."""
    with (
        Processes(hide=lambda text: text.replace("secret", "[hidden]")) as processes,
        pytest.raises(UsageError, match=r"    \[hidden\]\n.*echo \[hidden\]"),
    ):
        processes.start("it", tools.shell("echo secret"), ready=ready.call(lambda: None))
