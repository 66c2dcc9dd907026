"""Systems that do to their process what no system should: each is named as what it is, and its neighbours pass."""

from __future__ import annotations

import asyncio
import atexit
import ctypes
import faulthandler
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from pytest_agentchaos.campaign import Campaign, workers
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.surroundings import settings
from pytest_agentchaos.system import System

HELD = []
"""What ill-behaved systems keep, so that no garbage collection ends it."""


def well(chaos):
    """A system that behaves."""
    return chaos.tool(lambda: "done", name="work")


def raises_on_start(chaos):
    """Raises before there is anything to run."""
    msg = "no database"
    raise RuntimeError(msg)


def exits_on_start(chaos):
    """Calls sys.exit() before there is anything to run."""
    sys.exit(2)


def exits(chaos):
    """Calls sys.exit()."""
    return lambda: sys.exit(3)


def exits_at_once(chaos):
    """Ends its process past everything."""
    return lambda: os._exit(4)


def exits_at_once_in_a_task(chaos):
    """Does so in a task, whose exceptions somebody collects."""

    async def agent():
        async def part():
            os._exit(5)

        await asyncio.gather(part(), asyncio.sleep(60), return_exceptions=True)

    return agent


def spins(chaos):
    """Computes for ever, and catches what it can."""

    def agent():
        while True:
            try:
                while True:
                    pass
            except Exception:  # noqa: BLE001, S112 - that is the point
                continue

    return agent


def cancels_itself(chaos):
    """Raises what is no Exception."""

    async def agent():
        raise asyncio.CancelledError

    return agent


def fails_to_close(chaos):
    """Raises when it is to clear away."""

    class Trip:
        def take(self):
            return "done"

        def close(self):
            msg = "still busy"
            raise RuntimeError(msg)

    return Trip()


def prints(chaos):
    """Writes to both streams, a secret and bytes among it."""

    def agent():
        print("hello", "password=hunter2hunter2")  # noqa: T201 - that is the point
        sys.stderr.write("oh\n")
        sys.stdout.buffer.write(b"bytes\n")

    return agent


def replaces_stdout(chaos):
    """Puts another stream in the place of stdout."""

    def agent():
        sys.stdout = sys.__stderr__

    return agent


def leaves_tasks(chaos):
    """Leaves tasks pending."""

    async def agent():
        async def poll():
            await asyncio.sleep(3600)

        HELD.extend(asyncio.create_task(poll()) for _ in range(2))
        await asyncio.sleep(0)

    return agent


def leaves_a_thread(chaos):
    """Leaves a thread running."""
    thread = threading.Thread(target=threading.Event().wait, name="poller-7", daemon=True)
    return thread.start


def leaves_sockets(chaos):
    """Leaves sockets open."""
    return lambda: HELD.extend(socket.socketpair())


def leaves_a_process(chaos):
    """Leaves a child process running."""
    HELD.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
    return lambda: None


def forks(chaos):
    """Forks, and the child goes on like its parent."""

    def agent():
        if os.fork() == 0:
            return "child"
        os.wait()
        return "parent"

    return agent


def mutates(chaos):
    """Changes whatever a process shares."""

    def agent():
        os.environ["TRIP_MODE"] = "test"
        os.environ.pop("TRIP_HOME", None)
        os.chdir("/")
        sys.path.insert(0, "/nowhere")
        sys.argv.append("--verbose")
        os.umask(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        logging.getLogger().setLevel(1)
        sys.setrecursionlimit(sys.getrecursionlimit() + 1)
        socket.setdefaulttimeout(5)
        sys.excepthook = print

    return agent


def registers(chaos):
    """Registers something for the end of the process."""
    return lambda: atexit.register(int)


INFRASTRUCTURE = [
    (raises_on_start, "the system did not start: RuntimeError: no database"),
    (exits_on_start, "the system did not start: SystemExit: 2"),
    (exits, "the system called sys.exit(3)"),
    (exits_at_once, "the system ended its process (exit code 4)"),
    (exits_at_once_in_a_task, "the system ended its process (exit code 5)"),
    (spins, "stuck: it computed for 0.2 real seconds without an end"),
    (fails_to_close, "the trial broke off: RuntimeError: still busy"),
]
LEFT = [
    (prints, ["printed to stdout: hello password=[hidden]\\nbytes", "printed to stderr: oh"]),
    (replaces_stdout, ["replaced sys.stdout"]),
    (leaves_tasks, ["left 2 tasks pending: leaves_tasks.<locals>.agent.<locals>.poll (2 times)"]),
    (leaves_a_thread, ["left 1 thread running: poller"]),
    (leaves_sockets, ["left 2 sockets open"]),
    (leaves_a_process, ["left 1 child process"]),
    (forks, ["forked 1 time"]),
    (registers, ["left 1 handler for the end of the process"]),
    (
        mutates,
        [
            "changed environment variables: TRIP_HOME, TRIP_MODE",
            "changed the working directory",
            "changed sys.path",
            "changed sys.argv",
            "changed the umask",
            "changed what signals do: SIGTERM",
            "changed the loggers: root",
            "changed the recursion limit",
            "changed the timeout of new sockets",
            "changed what happens to errors that nobody catches: sys.excepthook",
        ],
    ),
]


def named(values):
    """Each as a parameter with the name of its system."""
    return [pytest.param(*value, id=value[0].__name__) for value in values]


def neighbours(system, workers):
    """The results of a trial of the system and of well-behaved ones around it."""
    good = [Plan(System.of(well), seed=seed) for seed in range(3)]
    with Campaign(workers=workers) as campaign:
        return list(campaign.run([good[0], Plan(System.of(system), stuck_s=0.2), *good[1:]]))


@pytest.fixture
def _let_go():
    """End what systems have left."""
    yield
    for held in HELD:
        for end in ("close", "kill", "wait"):
            if callable(method := getattr(held, end, None)) and not isinstance(held, asyncio.Task):
                method()
    HELD.clear()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("system", "why"), named(INFRASTRUCTURE))
def test_no_proper_trial_is_reported_as_what_it_is(system, why, workers):
    """A system that does not start, ends its process or never ends is named, and its neighbours pass."""
    results = neighbours(system, workers)
    assert [result.status for result in results] == ["pass", "infrastructure", "pass", "pass"]
    assert results[1].why.startswith(why)
    assert [result.left for result in results] == [()] * 4


@pytest.mark.usefixtures("_let_go")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("system", "left"), named(LEFT))
def test_what_a_system_leaves_is_told_and_put_back(system, left, workers, monkeypatch):
    """What is left is told in the same words in any process; the next trial finds what the first one found."""
    monkeypatch.setenv("TRIP_HOME", "/home")
    before = settings.read_all()
    results = neighbours(system, workers)
    assert list(results[1].left) == left
    assert [result.status for result in results] == ["pass"] * 4
    assert [results[number].left for number in (0, 2, 3)] == [()] * 3
    assert settings.read_all() == before


def test_a_system_that_cancels_itself_is_judged():
    """What a system raises is a result of the trial, if it is no exception for Python too."""
    results = neighbours(cancels_itself, 1)
    assert [result.status for result in results] == ["pass"] * 4
    assert results[1].ended == "failed"


def crashes(chaos):
    """Makes the interpreter itself crash."""

    def agent():
        faulthandler.disable()  # it would tell of it on the screen
        ctypes.string_at(0)

    return agent


def is_killed(chaos):
    """Dies as somebody does who uses too much memory."""
    return lambda: os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("system", "why"),
    [
        (is_killed, "the system ended its process (SIGKILL; was it out of memory?)"),
        (crashes, "the system ended its process (SIGSEGV)"),
    ],
)
def test_a_worker_that_dies_is_blamed_on_the_trial_that_killed_it(system, why):
    """The trial that ends its process twice is to blame; what waited behind it is run elsewhere."""
    results = neighbours(system, 2)
    assert [(result.status, result.why) for result in results] == [
        ("pass", ""),
        ("infrastructure", why),
        ("pass", ""),
        ("pass", ""),
    ]


def test_an_interruption_is_none_of_a_workers_business():
    """Ctrl-C reaches the workers as well; who decides is the process that began them."""
    results = neighbours(lambda chaos: lambda: os.kill(os.getpid(), signal.SIGINT), 2)
    assert [result.status for result in results] == ["pass"] * 4


def test_a_process_that_dies_once_is_nobodys_fault(tmp_path):
    """Somebody else may have killed it: the trial is run again, and its result counts."""
    mark = tmp_path / "died"

    def unlucky(chaos):
        def agent():
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)

        return agent

    results = neighbours(unlucky, 2)
    assert [result.status for result in results] == ["pass"] * 4
    assert mark.exists()


def test_a_trial_that_holds_back_its_interruption_loses_its_process(monkeypatch):
    """Where even an interruption is caught, in a loop, the process is ended and replaced."""
    monkeypatch.setattr(workers, "GRACE_S", 0.2)
    monkeypatch.setattr(workers, "_LOOK_S", 0.1)

    def immortal(chaos):
        def agent():
            while True:
                try:
                    while True:
                        time.get_clock_info("time")
                except BaseException:  # noqa: BLE001, S112 - that is the point
                    continue

        return agent

    results = neighbours(immortal, 2)
    assert [result.status for result in results] == ["pass", "infrastructure", "pass", "pass"]
    assert "its process was ended" in results[1].why
