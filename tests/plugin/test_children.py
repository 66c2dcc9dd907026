"""Real processes in tests: they end with their test, or with pytest, however it ends; what they wrote is shown."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest

import pytest_agentchaos.plugin.children  # noqa: F401 - pytester forgets what an inner session imports: this stays loaded

LONG_S = 30.0
"""Only a failure takes so long."""
OURS = "pytest_agentchaos.plugin.hooks"

ALL_KINDS = """
import json, os, sys
from pytest_agentchaos import watchdog
from pytest_agentchaos.children import ready

LISTEN = '''
import socket
server = socket.create_server(("127.0.0.1", 0))
print("port", server.getsockname()[1], flush=True)
server.accept()
'''

def test_it(agentchaos_processes):
    start = agentchaos_processes.start
    shell = lambda line: ["/bin/sh", "-c", line]
    server = start("server", [sys.executable, "-S", "-c", LISTEN], ready=ready.line(r"port (\\d+)"))
    halted = start("halted", shell("sleep 1000"))
    halted.pause()
    stubborn = start("stubborn", shell("trap '' TERM INT HUP; echo on; sleep 1000"), ready=ready.line("on"))
    daemon = start("daemon", shell("setsid sh -c 'echo left $$; exec sleep 1000' & sleep 1000"),
                   ready=ready.line(r"left (\\d+)"))
    pids = [server.pid, halted.pid, stubborn.pid, daemon.pid, int(daemon.ready[1]), watchdog.current().pid]
    with open("told.json", "w") as told:
        json.dump([int(server.ready[1]), pids], told)
    END
"""

SERVER = """
import pathlib, socket, sys

if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1])
    server = socket.create_server(("127.0.0.1", int(place.read_text()) if place.exists() else 0))
    place.write_text(str(server.getsockname()[1]))
    print("port", place.read_text(), flush=True)
    while True:
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
"""


@pytest.fixture
def alone(project, monkeypatch):
    """A project without the plugins of others, which take their time to load."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (project.path / "pytest.ini").write_text("[pytest]\n")
    return project


def nothing_is_left(project, ends):
    """Of what the test has told of."""
    port, pids = json.loads((project.path / "told.json").read_text())
    assert len(set(pids)) == 6
    assert all(ends(pid) for pid in pids)
    socket.create_server(("127.0.0.1", port)).close()


def test_killing_pytest_leaves_nothing_running(alone, ends):
    """No process of whatever kind, and no port."""
    alone.makepyfile(ALL_KINDS.replace("END", "print('all run', flush=True); server.wait()"))
    command = [sys.executable, "-m", "pytest", "-s", "-p", OURS]
    with subprocess.Popen(command, cwd=alone.path, stdout=subprocess.PIPE, start_new_session=True) as process:
        told = next(line for line in process.stdout if b"all run" in line)
        process.kill()
    assert told
    nothing_is_left(alone, ends)


def test_each_xdist_worker_has_a_watchdog_of_its_own(alone, ends):
    """One that is killed leaves nothing, while the session goes on."""
    alone.makepyfile(ALL_KINDS.replace("END", "os.kill(os.getpid(), 9)"))
    result = alone.runpytest_subprocess("-n1", "--max-worker-restart=0", "-p", "xdist", "-p", OURS)
    result.stdout.fnmatch_lines(["*worker 'gw0' crashed while running*test_it*"])
    nothing_is_left(alone, ends)


def test_what_processes_wrote_is_shown_under_a_failure(project):
    """Without secrets, without what a terminal obeys, each under its name; nothing of it under a test that passes."""
    project.makepyfile("""
        def start(processes, line):
            return processes.start("api", ["/bin/sh", "-c", line])

        def test_fails(agentchaos_processes):
            api = start(agentchaos_processes, "printf 'token=hunter2xyz \\\\033[31m no table\\\\n'; exit 3")
            assert api.wait(30) == 0

        def test_passes(agentchaos_processes):
            start(agentchaos_processes, "echo of no interest")
    """)
    result = project.runpytest_inprocess()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*- agentchaos process api ended with status 3 -*",
            "--- started ---",
            "*\\x1b[[]31m no table",
        ]
    )
    result.stdout.no_fnmatch_line("*of no interest*")


def test_processes_of_a_session_serve_all_tests(project):
    """A failure shows what they wrote during that test, and only one that has to do with them does."""
    project.makepyfile("""
        import pytest
        from pytest_agentchaos.children import ready

        @pytest.fixture(scope="session")
        def echo(agentchaos_session_processes):
            line = "trap 'echo asked' HUP; echo on; while :; do sleep 0.01; done"
            return agentchaos_session_processes.start("echo", ["/bin/sh", "-c", line], ready=ready.line("on"))

        def asked(echo, before):
            echo.signal(1)
            while echo.output().count("asked") == before:
                pass
            return echo.pid

        def test_one(echo):
            test_one.pid = asked(echo, 0)

        def test_two(echo):
            assert asked(echo, 1) != test_one.pid, "the same"

        def test_other():
            assert False
    """)
    result = project.runpytest_inprocess()
    result.assert_outcomes(failed=2, passed=1)
    out = result.stdout.str()
    assert out.count("- agentchaos process echo runs as process ") == 1
    assert out.count("\nasked\n") == 1
    assert "\non\n" not in out


def test_a_process_that_does_not_get_ready_is_shown(project):
    """The error of the fixture that starts it says what it wrote."""
    project.makepyfile("""
        import pytest
        from pytest_agentchaos.children import ready

        @pytest.fixture
        def api(agentchaos_processes):
            agentchaos_processes.start("db", ["/bin/sh", "-c", "echo the database is up; sleep 1000"],
                                       ready=ready.line("up"))
            return agentchaos_processes.start("api", ["/bin/sh", "-c", "echo no table; exit 3"], ready=ready.line("on"))

        def test_it(api):
            pass
    """)
    result = project.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "E *UsageError: api: ended with status 3 before it was ready*",
            "E * no table",
            "*- agentchaos process db runs as process * -*",
            "the database is up",
        ]
    )


def test_a_trial_in_real_time_knows_them_and_keeps_what_they_wrote(project):
    """Faults reach them by their names; their output stands in the history before the run's end."""
    project.makepyfile("""
        from pytest_agentchaos.processes import MAIN

        def test_it(agentchaos, agentchaos_processes):
            early = agentchaos_processes.start("early", ["/bin/sh", "-c", "echo password=hunter2xyz; exit 3"])
            early.wait(30)
            named = agentchaos.trial.engine.processes.named
            agentchaos.process(early, "other")
            with agentchaos.live():
                late = agentchaos_processes.start("late", ["/bin/sh", "-c", "echo password=hunter2xyz; exit 4"])
                late.wait(30)
                assert [named(name).handle for name in ("early", "late", "other")] == [early, late, early]
                assert named("nobody") is MAIN
            *_, first, second, end = agentchaos.history
            assert first.data == {"process": "early", "running": False, "returncode": 3}
            assert second.data["returncode"] == 4
            assert second.data["output"] == "--- started ---\\npassword=[hidden]\\n"
            assert end.data == {"outcome": "completed"}
    """)
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_crash_kills_a_process_and_starts_it_again(project):
    """The fault of virtual time is a real one here."""
    project.makepyfile(server=SERVER)
    project.makepyfile("""
        import sys
        import httpx2, pytest, server as program
        from pytest_agentchaos import faults, on
        from pytest_agentchaos.children import ready

        def test_it(agentchaos, agentchaos_processes, tmp_path):
            server = agentchaos_processes.start("api", [sys.executable, "-S", program.__file__, tmp_path / "port"],
                                                ready=ready.line(r"port (\\d+)"))
            first, host = server.pid, f"127.0.0.1:{server.ready[1]}"
            agentchaos.process(server, host)
            agentchaos.inject(faults.Crash(of="callee", down_s=0.0), on.any(nth=1))
            with agentchaos.live(), httpx2.Client() as client:
                with pytest.raises(httpx2.TransportError):
                    client.get(f"http://{host}/")
            assert server.running and server.pid != first
            with httpx2.Client() as client:
                assert client.get(f"http://{host}/").text == "ok"
            assert "--- killed ---" in next(op.data for op in agentchaos.history if "process" in op.data)["output"]
    """)
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1)


def test_a_session_that_stood_still_says_so(project):
    """What its watchdog did meanwhile is no secret."""
    project.makepyfile("""
        from pytest_agentchaos.watchdog import watchdog

        def test_it(agentchaos_processes):
            watchdog._lapses.append("this process stood still")
    """)
    result = project.runpytest_inprocess("-W", "default")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*StoodStillWarning: this process stood still"])
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, errors=1)
