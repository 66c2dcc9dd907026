"""Which server stands behind the links, and what is left of it when this process is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.wires.tcp import Link
from pytest_agentchaos.wires.tcp import server as servers
from pytest_agentchaos.wires.tcp.toxiproxy import Toxiproxy

from .conftest import until

PATIENCE_S = 30.0
CONTROLLER = """
import os, sys
from pytest_agentchaos import faults, on
from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.wires.tcp import Link, server

if __name__ == "__main__":
    if sys.argv[2] == "far":
        server.is_loopback = lambda host: False
    link = Link(sys.argv[1], name="a b")
    chaos = Chaos()
    chaos.inject(faults.Refused(), on.tcp())
    with chaos.live():
        ours = server.current()
        print(ours.toxiproxy.url, ours.process["toxiproxy"].pid if ours.process else 0, flush=True)
        sys.stdin.read(1)
"""


@pytest.fixture
def own_servers(monkeypatch):
    """Nothing of what other tests have started; what this one starts is ended."""
    monkeypatch.setattr(servers, "_servers", {})
    monkeypatch.delenv(servers.VARIABLE, raising=False)
    yield
    servers.close()


def runs(process):
    """Whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def controller(echo):
    """Starts a process that has a link with a fault; gives it with the address and the process of its server."""
    started = []

    def start(where="near", **environment):
        process = subprocess.Popen(
            [sys.executable, "-c", CONTROLLER, echo.address, where],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={name: value for name, value in (os.environ | environment).items() if value},
        )
        started.append(process)
        url, server = process.stdout.readline().split()
        return process, url, int(server)

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_one_that_somebody_runs_is_used(toxiproxy, echo, own_servers, monkeypatch):
    """Under names that no other process has; nothing of it is started or ended."""
    monkeypatch.setenv(servers.VARIABLE, toxiproxy.url)
    with Link(echo.address, name="postgres"):
        server = servers.current()
        assert server.toxiproxy.url == toxiproxy.url
        assert server.process is None
        assert not server.embedded
        (name,) = [name for name in toxiproxy.proxies() if name.endswith("-postgres")]
        assert name.startswith(f"{server.prefix}-")
        assert server.prefix not in {"agentchaos", "agentchaos-postgres"}
    assert name not in toxiproxy.proxies()
    left = Link(echo.address, name="left")
    servers.close()
    assert not any("left" in name for name in toxiproxy.proxies())
    left.close()


def test_one_that_does_not_answer_is_an_error(own_servers, monkeypatch):
    """Which names the variable; nothing else is used in its place."""
    monkeypatch.setenv(servers.VARIABLE, "http://127.0.0.1:1")
    with pytest.raises(
        UsageError, match=r"AGENTCHAOS_TOXIPROXY_URL=http://127.0.0.1:1: Toxiproxy at .* does not answer"
    ):
        servers.current()
    monkeypatch.setenv(servers.VARIABLE, "http://elsewhere:8474")
    with pytest.raises(UsageError, match="nobody has allowed it"):
        servers.current()


def _installed(folder, lines):
    program = folder / servers.REAL
    program.write_text(f"#!/bin/sh\n{lines}\n")
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_the_real_one_is_used_where_it_is_installed(echo, own_servers, monkeypatch, tmp_path):
    """Here played by ours: on a port that is free, since it cannot choose one itself."""
    played = f'exec {sys.executable} -m pytest_agentchaos.wires.toxiproxy "$@"'
    monkeypatch.setenv("PATH", _installed(tmp_path, f"echo $@ > {tmp_path}/asked; {played}"))
    free = servers._free_port
    ports = iter([int(echo.address.rpartition(":")[2])])  # somebody else was faster
    monkeypatch.setattr(servers, "_free_port", lambda: next(ports, None) or free())
    server = servers.current()
    assert not server.embedded
    with Link(echo.address, name="postgres"):
        assert set(server.toxiproxy.proxies()) == {"agentchaos-postgres"}
    port = server.toxiproxy.url.rpartition(":")[2]
    assert (tmp_path / "asked").read_text().split() == ["-host", "127.0.0.1", "-port", port]
    process = server.process["toxiproxy"].pid
    servers.close()
    assert not runs(process)


def test_a_real_one_that_does_not_start_says_why(own_servers, monkeypatch, tmp_path):
    """In its own words."""
    monkeypatch.setenv("PATH", _installed(tmp_path, "echo this program is broken; exit 3"))
    with pytest.raises(UsageError, match="this program is broken"):
        servers.current()


def test_the_embedded_one_is_started_once(own_servers, echo, monkeypatch):
    """For all links of this process that may lead to the same places."""
    monkeypatch.setenv("PATH", "/nowhere")
    server = servers.current()
    assert server.embedded
    assert server.toxiproxy.lease(60)
    assert servers.current() is server
    with Link(echo.address, name="a"), Link(echo.address, name="a"):
        assert set(server.toxiproxy.proxies()) == {"agentchaos-a", "agentchaos-a-2"}


def test_a_place_that_was_allowed_is_allowed_to_the_server_too(own_servers, monkeypatch):
    """To no other one of this process."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("AGENTCHAOS_ALLOW", raising=False)
    with Link("db.example:5432", name="far", allow=["db.example"]):
        assert "agentchaos-far" in servers.current(["db.example"]).toxiproxy.proxies()
    with pytest.raises(UsageError, match=r"answers 400: .*db.example"):
        servers.current().put_up("far", "db.example:5432")


def test_an_upstream_that_its_server_refuses_leaves_nothing(toxiproxy, own_servers, monkeypatch):
    """No name that is taken, and no request that would be made in the end."""
    monkeypatch.setenv(servers.VARIABLE, toxiproxy.url)
    server = servers.current()
    monkeypatch.setattr(type(server.toxiproxy), "create", _refuse)
    with pytest.raises(UsageError, match="no"):
        server.put_up("postgres", "127.0.0.1:1")
    assert not server._tokens


def _refuse(*_):
    msg = "no"
    raise UsageError(msg)


def test_a_controller_that_is_killed_leaves_no_server(controller):
    """Nor anything else that runs."""
    process, url, server = controller(**{servers.VARIABLE: "", "PATH": "/nowhere"})
    assert server
    assert runs(server)
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: not runs(server))
    with pytest.raises(UsageError, match="does not answer"):
        Toxiproxy(url).version()


def test_a_controller_that_is_killed_leaves_nothing_on_a_server_of_others(controller, toxiproxy):
    """Its proxy is gone, and what is not its own stays."""
    before = set(toxiproxy.proxies())
    process, _, server = controller(**{servers.VARIABLE: toxiproxy.url})
    assert server == 0
    (name,) = set(toxiproxy.proxies()) - before
    assert not toxiproxy.proxy(name).enabled
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: set(toxiproxy.proxies()) == before)


@pytest.mark.parametrize("where", ["near", "far"])
def test_a_controller_that_ends_leaves_nothing_either(controller, toxiproxy, where):
    """Also if it has not closed its link, and if the server is where no watchdog reaches."""
    before = set(toxiproxy.proxies())
    process, _, _ = controller(where, **{servers.VARIABLE: toxiproxy.url})
    process.communicate("\n", timeout=PATIENCE_S)
    assert process.returncode == 0
    assert set(toxiproxy.proxies()) == before


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # Python 3.12 and later
def test_a_copy_of_this_process_ends_nothing(echo, own_servers):
    """What a fork inherits is not its own."""
    with Link(echo.address, name="a") as link:
        server = servers.current()
        child = os.fork()
        if not child:  # pragma: no cover - the copy, which must not go on with the tests
            try:
                link.close()
                servers.close()
            finally:
                os._exit(0 if not servers._servers else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert server.toxiproxy.proxies()
        assert servers.current() is server
