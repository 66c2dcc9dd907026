"""The watchdog: what it does when the process that it guards ends, is killed, stands still, or is copied."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from pytest_agentchaos import watchdog
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.loopback import LoopbackServer
from pytest_agentchaos.watchdog import Watchdog, guard

LONG_S = 30.0
"""Only a failure takes so long."""
NEVER_S = 10_000.0
SLEEPER = ["/bin/sh", "-c", "sleep 1000"]

CONTROLLER = """
import json, os, subprocess, sys
from pytest_agentchaos import watchdog
from pytest_agentchaos.watchdog import Watchdog, watchdog as own

own._current = dog = Watchdog(silence_s=float(sys.argv[1]))
def sleeper(marker):
    return subprocess.Popen(["/bin/sh", "-c", "sleep 1000"], start_new_session=True,
                            env={"PATH": os.environ["PATH"], "AGENTCHAOS_RUN": marker})
watched, marked = sleeper("none"), sleeper(dog.mark())
dog.watch(watched.pid)
copy = os.fork() if "fork" in sys.argv else 0
if "fork" in sys.argv and copy == 0:
    os.close(1)
    sys.stdin.read()  # a copy that goes on, with all that was open when it was made
    os._exit(0)
print(json.dumps([watched.pid, marked.pid, copy]), flush=True)
sys.stdin.readline()
print(json.dumps(watchdog.lapses()), flush=True)
watched.wait(), marked.wait()
"""


@pytest.fixture
def started():
    """Starts sleepers, each in a group of its own, and ends what is left of them."""
    processes = []

    def start(**environment):
        env = {"PATH": os.environ["PATH"], **environment}
        processes.append(subprocess.Popen(SLEEPER, start_new_session=True, env=env))
        return processes[-1]

    yield start
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def dog():
    """A watchdog of the test's own, which nothing makes impatient."""
    watching = Watchdog(silence_s=NEVER_S)
    yield watching
    watching.close()


@pytest.fixture
def controller():
    """Starts a process that has a watchdog and two children, and tells their numbers."""
    running = []

    def start(silence_s, *extra):
        process = subprocess.Popen(
            [sys.executable, "-c", CONTROLLER, str(silence_s), *extra],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        running.append(process)
        return process, json.loads(process.stdout.readline())

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


class Asked(BaseHTTPRequestHandler):
    """Remembers what it was asked."""

    requests: list[tuple[str, str, bytes]]

    def _remember(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.requests.append((self.command, self.path, body))
        self.send_response(204)
        self.end_headers()

    do_DELETE = do_POST = _remember  # noqa: N815 - the names of the base class

    def log_message(self, *args):
        """No word of it."""


@pytest.fixture
def asked():
    """A server, as its address and what it was asked."""
    handler = type("Handler", (Asked,), {"requests": []})
    server = LoopbackServer(handler, "asked")
    server.begin()
    yield f"http://127.0.0.1:{server.port}", handler.requests
    server.end()


def test_groups_are_killed_in_the_end_unless_they_are_forgotten(dog, started):
    """A group that has ended is somebody else's number later, so it can be withdrawn."""
    watched, forgotten = started(), started()
    dog.watch(watched.pid)
    dog.watch(forgotten.pid)
    dog.forget(forgotten.pid)
    dog.close()
    assert watched.wait(LONG_S) == -signal.SIGKILL
    assert forgotten.poll() is None


def test_a_process_that_left_its_group_is_found_by_its_environment(dog, started):
    """One of another set of processes of the same owner too, and none of anybody else's."""
    ours, others = started(AGENTCHAOS_RUN=dog.mark()), started(AGENTCHAOS_RUN=f"{dog.marker}0/1/")
    dog.close()
    assert ours.wait(LONG_S) == -signal.SIGKILL
    assert others.poll() is None


def test_one_set_of_processes_is_not_another(dog, started):
    """Number 1 does not stand for number 11."""
    marks = [dog.mark() for _ in range(11)]
    first, eleventh = started(AGENTCHAOS_RUN=marks[0]), started(AGENTCHAOS_RUN=marks[10])
    guard.end_marked(marks[0])
    assert first.wait(LONG_S) == -signal.SIGKILL
    assert eleventh.poll() is None


def test_a_process_that_is_becoming_another_program_is_found_when_it_has(dog, monkeypatch):
    """It shows no environment meanwhile. What never shows one is not waited for."""
    mark, looks = dog.mark(), itertools.count()
    with subprocess.Popen(["/bin/sleep", "1000"]) as process:
        monkeypatch.setattr(guard, "_carries", lambda of, _: int(of) == process.pid and (next(looks) > 2 or None))
        try:
            guard.end_marked(mark)
            assert process.wait(LONG_S) == -signal.SIGKILL
        finally:
            process.kill()
    monkeypatch.setattr(guard, "_carries", lambda *_: None)
    guard.end_marked(mark)


@pytest.mark.skipif(sys.platform != "linux", reason="nobody else shows the environment of others")
def test_becoming_another_program_is_told_from_having_ended(tmp_path):
    """Neither shows an environment."""
    again = tmp_path / "again.sh"
    again.write_text(f"exec /bin/sh {again}\n", encoding="utf-8")
    env = {"PATH": os.environ["PATH"], guard.VARIABLE: "some/1/"}
    with subprocess.Popen(["/bin/sh", again], env=env) as process:
        seen, until_s = set(), wall_s() + LONG_S
        while not seen >= {True, None} and wall_s() < until_s:
            seen.add(guard._carries(process.pid, "some/"))
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert seen - {False} == {True, None}  # before it is there it carries nothing
        assert guard._carries(process.pid, "some/") is False


def test_what_was_broken_is_healed_unless_it_was_already(dog, asked):
    """Each request is made as it was given."""
    url, requests = asked
    dog.heal("DELETE", f"{url}/proxies/db/toxics/slow?now=1")
    dog.heal("POST", f"{url}/reset", '{"ü": 1}')
    dog.healed(dog.heal("DELETE", f"{url}/never"))
    dog.close()
    assert sorted(requests) == [
        ("DELETE", "/proxies/db/toxics/slow?now=1", b""),
        ("POST", "/reset", '{"ü": 1}'.encode()),
    ]


def test_a_server_that_does_not_answer_keeps_nobody_from_being_healed(dog, asked, monkeypatch):
    """It is asked once, and not again; one that is gone as well."""
    url, requests = asked
    silent = socket.create_server(("127.0.0.1", 0))
    closed = socket.create_server(("127.0.0.1", 0))
    where, gone = f"http://127.0.0.1:{silent.getsockname()[1]}", f"http://127.0.0.1:{closed.getsockname()[1]}"
    closed.close()
    for address in (where, where, gone, url):
        dog.heal("POST", f"{address}/reset")
    monkeypatch.setattr(guard, "_HEAL_S", 0.05)
    charge = guard.Charge("nobody-has-this")
    for told in list(dog._charge.values()):
        charge.hear(json.dumps(told).encode())
        dog.healed(told["heal"])
    with silent:
        charge.clear_away()
        silent.settimeout(LONG_S)
        silent.accept()[0].close()
        silent.settimeout(0)
        with pytest.raises(BlockingIOError):
            silent.accept()
    assert requests == [("POST", "/reset", b"")]


def test_folders_are_removed_unless_they_are_kept(dog, tmp_path):
    """With all that is in them."""
    removed, kept = tmp_path / "removed", tmp_path / "kept"
    for folder in (removed, kept):
        folder.mkdir()
        (folder / "file").touch()
        dog.remove(folder)
    dog.keep(kept)
    dog.close()
    assert (removed.exists(), kept.exists()) == (False, True)


def test_another_takes_the_place_of_a_guard_that_was_killed(dog, started, ends):
    """It knows all that the first one knew."""
    watched, later = started(), started()
    dog.watch(watched.pid)
    first = dog.pid
    os.kill(first, signal.SIGKILL)
    assert ends(first)
    dog.watch(later.pid)
    assert dog.pid != first
    dog.close()
    assert (watched.wait(LONG_S), later.wait(LONG_S)) == (-signal.SIGKILL, -signal.SIGKILL)
    assert watchdog.lapses() == ()


def test_the_guard_heeds_no_signal_that_is_meant_for_others(dog, started):
    """An interrupt at the keyboard, the end of a terminal, a polite request to end."""
    watched, first = started(), dog.pid
    dog.watch(watched.pid)
    _ignores_signals(first)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(first, number)
    assert watched.poll() is None
    dog.beat()
    assert dog.pid == first
    dog.close()
    assert watched.wait(LONG_S) == -signal.SIGKILL


def _ignores_signals(process):
    """Wait until a process that has just been started says so to the system."""
    wanted = sum(1 << (number - 1) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    until_s = wall_s() + LONG_S
    while wall_s() < until_s:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
        ignored = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigIgn"))
        if ignored & wanted == wanted:
            return
    pytest.fail("it heeds signals")


def test_a_guard_outlives_the_processes_of_whoever_has_started_its_own(monkeypatch):
    """A test that is itself a process of another test is killed by its marker; what it has started is not, but so."""
    monkeypatch.setenv("AGENTCHAOS_RUN", "outer/1/")
    inner = Watchdog(silence_s=NEVER_S)
    _ignores_signals(inner.pid)
    environment = Path(f"/proc/{inner.pid}/environ").read_bytes()
    assert b"PATH=" in environment
    assert b"AGENTCHAOS_RUN" not in environment
    inner.close()


def test_a_system_without_signals_is_told_so(monkeypatch):
    """In a word that says what to do."""
    with monkeypatch.context() as windows:
        windows.setattr("os.name", "nt")
        with pytest.raises(UsageError, match="which real processes need; use WSL"):
            Watchdog()


def test_nothing_is_left_after_kill_9(controller, ends):
    """The end of the process is the end of the socket."""
    process, (watched, marked, _) = controller(NEVER_S)
    process.kill()
    assert ends(watched)
    assert ends(marked)


def test_a_copy_of_the_process_does_not_keep_the_guard_from_noticing(controller, ends):
    """A forked worker inherits everything that is open, and may live longer."""
    process, (watched, marked, copy) = controller(NEVER_S, "fork")
    process.kill()
    assert ends(watched)
    assert ends(marked)
    os.kill(copy, 0)  # it still runs
    os.kill(copy, signal.SIGKILL)


def test_a_process_that_stands_still_is_taken_for_gone_and_told_so(controller, ends):
    """Whoever comes back has to know that what it had started was ended meanwhile."""
    process, (watched, marked, _) = controller(1.0)
    process.send_signal(signal.SIGSTOP)
    # Its children are not waited for while it stands still: they have ended, and are there as zombies.
    assert ends(watched)
    assert ends(marked)
    process.send_signal(signal.SIGCONT)
    process.stdin.write(b"\n")
    process.stdin.flush()
    lapse, *_ = json.loads(process.stdout.readline())
    assert "stood still for more than 1 s" in lapse
    assert "groups of processes to kill: 1" in lapse


def test_each_process_has_one(monkeypatch):
    """It is started when it is asked for first; a copy that is forked has its own."""
    first = watchdog.current()
    assert watchdog.current() is first
    read, write = os.pipe()
    copy = os.fork()
    if copy == 0:
        own = watchdog.current()
        os.write(write, b"another" if own.pid != first.pid and own.marker != first.marker else b"the same")
        os._exit(0)
    os.waitpid(copy, 0)
    assert os.read(read, 100) == b"another"
    os.close(read)
    os.close(write)
    assert watchdog.current() is first


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda dog: dog.watch(1), "process group 1: not one that this process has started"),
        (lambda dog: dog.heal("GET", "http://db.example/reset"), "heals on this machine, over http, and nowhere else"),
        (lambda dog: dog.heal("GET", "https://127.0.0.1/"), "heals on this machine, over http, and nowhere else"),
        (lambda dog: dog.heal("GET /\r\nX: y", "http://127.0.0.1/"), "not a request of one line"),
        (lambda dog: dog.heal("GET", "http://127.0.0.1/", "x" * 70_000), "a body of 65536 bytes at most"),
        (lambda dog: dog.remove("data"), "give the whole path of a folder"),
        (lambda dog: dog.remove("/"), "give the whole path of a folder"),
    ],
)
def test_what_cannot_be_meant_is_refused(dog, wrong, message):
    """A watchdog kills, removes and sends: it says what it does not."""
    with pytest.raises(UsageError, match=message):
        wrong(dog)


def test_one_that_was_closed_guards_nothing(dog, started):
    """And says so; closing it twice does no harm."""
    dog.close()
    dog.close()
    assert dog.pid is None
    with pytest.raises(UsageError, match="has been closed"):
        dog.watch(started().pid)


def test_the_guard_hears_to_the_end_and_survives_what_it_cannot_read():
    """Half a line is none; a line that is no JSON is skipped."""
    ours, theirs = socket.socketpair()
    charge = guard.Charge("nobody-has-this")
    with ours, theirs:
        ours.sendall(b'{"watch": 12345678}\n{"watch": 1234567')
        ours.sendall(b'}\n{no json}\n{"beat": 1}\n{"forget": 12345678}\n{"remove": "/a"}\n{"keep": "/a"}\n{"watch": 7')
        ours.shutdown(socket.SHUT_WR)
        assert guard.listen(theirs.fileno(), charge, NEVER_S) is False
        assert (charge.groups, charge.folders) == ({1234567}, set())


def test_silence_is_counted_until_somebody_speaks():
    """Nobody speaks: it ends in silence."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert guard.listen(theirs.fileno(), guard.Charge("nobody-has-this"), 0.01) is True
