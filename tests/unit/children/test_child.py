"""What can be done to a process: all of it is over when the call returns."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from pytest_agentchaos.children import ready
from pytest_agentchaos.errors import UsageError


def port_of(server):
    """The port that it told."""
    return int(server.ready[1])


def test_a_server_is_ready_when_it_is_given(server, tools):
    """What made it ready is at hand: the port that it chose can be read from its line."""
    assert tools.ask(port_of(server)) == b"WORD"
    assert server.running
    assert server.returncode is None
    assert server.state == f"runs as process {server.pid}"


def test_it_is_killed_and_started_again_on_the_same_port(server, tools, ends):
    """Also with a connection open; nothing has to be waited for in between."""
    port, first = port_of(server), server.pid
    with socket.create_connection(("127.0.0.1", port), 30):
        server.kill()
    assert (server.running, server.pid, server.returncode) == (False, None, -signal.SIGKILL)
    assert server.state == "was ended by SIGKILL"
    assert ends(first)
    with pytest.raises(ConnectionRefusedError):
        tools.ask(port)
    server.start()
    assert port_of(server) == port
    assert server.pid != first
    assert tools.ask(port) == b"WORD"


def test_a_restart_asks_it_to_end_first(server, tools):
    """SIGTERM is enough for a server that does not catch it."""
    first = server.pid
    server.restart()
    assert server.pid not in {None, first}
    assert tools.ask(port_of(server)) == b"WORD"
    assert "was ended by SIGTERM" in server.output(last=3)


def test_nobody_answers_while_it_stands_still(server):
    """What was sent to it meanwhile is answered when it goes on."""
    server.pause()
    with socket.create_connection(("127.0.0.1", port_of(server)), 30) as connection:
        connection.sendall(b"word")
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        assert server.running
        server.resume()
        connection.settimeout(30)
        assert connection.recv(100) == b"WORD"
    server.resume()  # one that runs goes on running


def test_one_that_stands_still_can_be_killed_and_stopped(server):
    """A process that stands still hears a SIGTERM when it goes on: stopping has it do so."""
    server.pause()
    server.kill()
    assert server.returncode == -signal.SIGKILL
    server.start()
    server.pause()
    server.stop()
    assert server.returncode == -signal.SIGTERM


def test_what_it_has_started_is_killed_with_it(processes, tools):
    """They are one group, and nothing of it is left when the call returns."""
    child = processes.start("parent", tools.shell("sleep 1000 & echo other $!; wait"), ready=ready.line(r"other (\d+)"))
    other = int(child.ready[1])
    child.kill()
    assert not _runs(other)


def _runs(process):
    """Whether it does, and is not just a name that nobody has crossed out yet."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def test_one_that_does_not_want_to_end_is_killed(processes, tools):
    """After the patience that one has with it."""
    child = processes.start("stubborn", tools.shell("trap '' TERM; echo on; sleep 1000"), ready=ready.line("on"))
    child.stop(patience_s=0.05)
    assert child.returncode == -signal.SIGKILL
    assert "killed, for it did not end within 0.05 s of SIGTERM" in child.output(last=1)


def test_one_that_ends_by_itself_can_be_waited_for_and_started_again(processes, tools):
    """Its status is known, as often as anybody asks."""
    child = processes.start("job", tools.shell("echo done; exit 3"))
    assert (child.wait(30), child.wait(30), child.returncode) == (3, 3, 3)
    assert child.state == "ended with status 3"
    child.start()
    assert child.wait() == 3
    child.kill()
    assert child.output().split("\n") == ["--- started ---", "done", "--- ended with status 3 ---"] * 2 + [""]


def test_waiting_has_an_end(processes, tools):
    """One that goes on running is no reason to wait for ever."""
    child = processes.start("long", tools.shell("sleep 1000"))
    with pytest.raises(TimeoutError, match=r"long still runs after 0\.01 s"):
        child.wait(0.01)


def test_a_signal_reaches_it(processes, tools):
    """One of those that programs give a meaning of their own to."""
    program = "trap 'echo read again; exit 7' HUP; echo on; while :; do sleep 0.01; done"
    child = processes.start("hup", tools.shell(program), ready=ready.line("on"))
    child.signal(signal.SIGHUP)
    assert child.wait(30) == 7
    assert child.output(last=1) == "read again\n"


def test_without_pidfd_an_end_is_found_by_looking(processes, tools, monkeypatch):
    """As on macOS."""
    monkeypatch.delattr("os.pidfd_open")
    child = processes.start("job", tools.shell("exit 4"))
    assert child.wait(30) == 4
    long = processes.start("long", tools.shell("sleep 1000"))
    with pytest.raises(TimeoutError):
        long.wait(0.01)


def test_misuse_is_told(processes, tools):
    """Killing and resuming what is gone is none: it is how faults leave it."""
    child = processes.start("long", tools.shell("sleep 1000"))
    with pytest.raises(UsageError, match=rf"long runs already, as process {child.pid}; kill\(\) or stop\(\) it before"):
        child.start()
    child.kill()
    child.kill()
    child.resume()
    child.stop()
    with pytest.raises(UsageError, match=r"long was ended by SIGKILL: there is nothing to pause; start\(\) it before"):
        child.pause()
    with pytest.raises(UsageError, match="there is nothing to send a signal to"):
        child.signal(signal.SIGHUP)
    assert repr(child) == "<process long: was ended by SIGKILL>"
