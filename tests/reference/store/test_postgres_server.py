"""A PostgreSQL server of one's own."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from reference_system.errors import StoreError
from reference_system.store import postgres_server as module
from reference_system.store.postgres_server import NoBinariesError, binaries, postgres_server, running_server


@pytest.fixture(autouse=True)
def _installed():
    try:
        binaries()
    except NoBinariesError as error:
        pytest.skip(str(error))


def _runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_ends_with_its_block_also_when_that_fails_and_leaves_nothing():
    """Neither a process nor a file."""
    servers = []

    def fail():
        with running_server() as server:
            servers.append((server.pid, server._directory))
            raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        fail()
    ((pid, directory),) = servers
    assert not _runs(pid)
    assert not directory.exists()


def test_a_port_that_somebody_else_took_meanwhile_is_left_to_them(monkeypatch):
    """Whether it is another PostgreSQL, which would answer in our place, or anything else."""
    with running_server() as other, socket.create_server(("127.0.0.1", 0)) as anything:
        found = module._free_port()
        ports = iter([other.port, anything.getsockname()[1], found])
        monkeypatch.setattr(module, "_free_port", lambda: next(ports))
        with running_server() as server:
            assert server.port == found
            server.create_database("mine")
            with psycopg.connect(other.url()) as connection:
                names = connection.execute("SELECT datname FROM pg_database").fetchall()
    assert ("mine",) not in names


def test_its_address_is_all_that_most_need():
    """A database is there, empty, and the program that psycopg finds there is a real server."""
    with postgres_server() as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("travel",)
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


_STARTER = """
import os, signal
from reference_system.store.postgres_server import running_server

with running_server() as server:
    print(server._directory, flush=True)
    input()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="nothing to wait for a stranger's process with, but on Linux")
def test_it_ends_when_its_starter_is_killed():
    """Not even a kill leaves a server behind: another process watches for the starter's end."""
    with subprocess.Popen(
        [sys.executable, "-c", _STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        directory = Path(starter.stdout.readline().strip())
        children = psutil.Process(starter.pid).children()
        handles = [os.pidfd_open(child.pid) for child in children]
        starter.communicate("now")
    assert starter.returncode == -signal.SIGKILL
    for handle in handles:
        end = select.poll()
        end.register(handle, select.POLLIN)
        assert end.poll(30_000)
        os.close(handle)
    assert len(handles) == 2
    assert not directory.exists()


def test_it_can_be_stopped_and_started_again():
    """What was committed is there again, also after a crash."""
    with running_server() as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept ()")
        server.stop(at_once=True)
        assert server.pid is None
        server.start()
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_machine_without_postgres_is_told_what_to_install(monkeypatch):
    """A test that needs it is skipped with this reason."""
    monkeypatch.setattr(module, "Path", lambda _: Path("/nonexistent"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoBinariesError, match="apt-get install postgresql"):
        binaries()


def test_a_server_that_does_not_start_says_why(monkeypatch):
    """With its own log."""
    monkeypatch.setattr(module, "_SETTINGS", ("no_such_setting=1",))
    with pytest.raises(StoreError, match="no_such_setting"), running_server():
        pass
