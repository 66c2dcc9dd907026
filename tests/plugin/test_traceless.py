"""A test that crashes leaves everything as it was for the next one in the same process."""

from __future__ import annotations

import pytest

SNAPSHOT = '''
import asyncio, contextvars, datetime, gc, os, random, signal, socket, sys, threading, time, uuid
import concurrent.futures, httpx, httpx2
from pytest_agentchaos.agents import agent_path
from pytest_agentchaos.simulation import state
from pytest_agentchaos.wires import active

OWNERS = [time, random, random.Random, uuid, socket, socket.socket, datetime, asyncio, asyncio.events, asyncio.tasks,
          asyncio.BaseEventLoop, threading, threading.Thread, concurrent.futures.ThreadPoolExecutor,
          concurrent.futures.Future, os]
for library in (httpx, httpx2):
    OWNERS += [library, library.HTTPTransport, library.AsyncHTTPTransport, library.MockTransport, library.ASGITransport,
               library.WSGITransport, library.Client, library.AsyncClient]
CHANGING = {"_current_tasks", "_task_name_counter", "_counter", "_active", "_limbo", "_dangling", "_shutdown_locks",
            "__annotations__", "__warningregistry__", "environ", "environb", "_scheduled_tasks", "_all_tasks",
            "_eager_tasks", "_event_loop_policy", "_last_timestamp"}

def snapshot():
    """Identities of everything that a trial may touch."""
    seen = {}
    for owner in OWNERS:
        for name, value in vars(owner).items():
            if name not in CHANGING:
                seen[f"{owner.__name__}.{name}"] = id(value)
    seen["now"] = id(gc.get_referents(datetime.datetime.__dict__)[0]["now"])
    seen["utcnow"] = id(gc.get_referents(datetime.datetime.__dict__)[0]["utcnow"])
    seen["policy"] = id(asyncio.events._event_loop_policy)
    seen["running loop"] = id(asyncio._get_running_loop())
    seen["current tasks"] = len(asyncio.tasks._current_tasks)
    seen["signals"] = {number: id(signal.getsignal(number)) for number in (2, 14, 15)}
    seen["timer"] = signal.getitimer(signal.ITIMER_REAL)
    seen["context"] = {var.name: id(value) for var, value in contextvars.copy_context().items()
                       if var.name != "agentchaos_agent"}
    seen["agent"] = agent_path.get()
    seen["meta path"] = [id(finder) for finder in sys.meta_path]
    seen["active"] = (active.current(), state.active())
    seen["random"] = random.getstate()
    seen["hooks"] = (id(sys.excepthook), id(threading.excepthook), id(sys.unraisablehook), id(sys.gettrace()),
                     sys.get_asyncgen_hooks(), sys.get_coroutine_origin_tracking_depth())
    seen["threads"] = threading.active_count()
    return seen
'''

TESTS = """
import asyncio, contextvars, pytest, random, signal, time, travel
from pytest_agentchaos import faults, on
from pytest_agentchaos.errors import HungError
from snapshot import snapshot

seen = {{}}
mark = contextvars.ContextVar("mark")

def test_before(agentchaos):
    asyncio.events._event_loop_policy or asyncio.get_event_loop_policy()
    with pytest.MonkeyPatch.context(): agentchaos.run(travel.book_async)  # what is loaded once is loaded
    seen.update(snapshot())

{crash}

def test_after():
    now = snapshot()
    both = seen.keys() | now.keys()
    assert {{key: (seen.get(key), now.get(key)) for key in both if seen.get(key) != now.get(key)}} == {{}}
    began = time.monotonic()
    time.sleep(0.01)
    assert time.monotonic() - began >= 0.009 and time.time() > 1_770_000_000
    async def nap():
        loop = asyncio.get_running_loop()
        assert type(loop).__module__.startswith("asyncio")
        await asyncio.sleep(0)
    with asyncio.Runner() as runner: runner.run(nap())

def test_works(agentchaos):
    agentchaos.inject(faults.ErrorStatus(status=500))
    assert agentchaos.run(travel.book) == agentchaos.run(travel.book_async) == 500
    assert agentchaos.history.calls()[0].call.agent == ()
"""

CRASHES = {
    "assertion": "def test_crash(agentchaos):\n    assert agentchaos.run(travel.book) == 0",
    "exception": "def test_crash(agentchaos):\n    agentchaos.run(lambda: 1 / 0)",
    "exception in a task": (
        "async def system():\n"
        "    async with asyncio.TaskGroup() as group:\n"
        "        group.create_task(asyncio.sleep(99))\n"
        "        mark.set(1)\n"
        "        raise KeyError\n"
        "def test_crash(agentchaos):\n    agentchaos.run(system)"
    ),
    "keyboard interrupt": (
        "def interrupt():\n    mark.set(1)\n    travel.book()\n    raise KeyboardInterrupt\n"
        "def test_crash(agentchaos):\n"
        "    with pytest.raises(KeyboardInterrupt): agentchaos.run(interrupt)\n    assert 0"
    ),
    "keyboard interrupt in a task": (
        "async def interrupt():\n    task = asyncio.create_task(asyncio.sleep(99))\n    await asyncio.sleep(1)\n"
        "    raise KeyboardInterrupt\n"
        "def test_crash(agentchaos):\n"
        "    with pytest.raises(KeyboardInterrupt): agentchaos.run(interrupt)\n    assert 0"
    ),
    "system exit": "import sys\ndef test_crash(agentchaos):\n    agentchaos.run(sys.exit, 3)",
    "system exit in a task": (
        "async def leave():\n    await asyncio.sleep(1)\n    raise SystemExit(3)\n"
        "def test_crash(agentchaos):\n    agentchaos.run(leave)"
    ),
    "hang": (
        "async def stuck():\n    mark.set(1)\n    await asyncio.Event().wait()\n"
        "def test_crash(agentchaos):\n    agentchaos.run(stuck)"
    ),
    "hang of a sync client": (
        "def system():\n"
        "    with travel.httpx2.Client(transport=travel.httpx2.MockTransport(travel.answer), timeout=None) as client:\n"
        "        client.get('http://flights.local/')\n"
        "def test_crash(agentchaos):\n    agentchaos.inject(faults.Hang())\n    agentchaos.run(system)"
    ),
    "real input": (
        "import socket\n"
        "def system():\n    socket.create_connection(('127.0.0.1', 9))\n"
        "def test_crash(agentchaos):\n    agentchaos.run(system)"
    ),
    "signal": (
        "def alarm(*_): raise TimeoutError('by a signal')\n"
        # No timer: it might ring inside a callback of the garbage collector, where its exception would be lost.
        "def ring():\n"
        "    travel.book()\n"
        "    signal.raise_signal(signal.SIGALRM)\n"
        "def test_crash(agentchaos):\n"
        "    before = signal.signal(signal.SIGALRM, alarm)\n"
        "    try: agentchaos.run(agentchaos.tool(ring))\n"
        "    finally: signal.signal(signal.SIGALRM, before)"
    ),
    "generators left suspended": (
        "def generator(agentchaos):\n"
        "    with agentchaos.agent('lost'):\n        yield 1\n        yield 2\n"
        "async def agenerator(agentchaos):\n"
        "    with agentchaos.agent('lost'):\n        yield 1\n        yield 2\n"
        "kept = []\n"
        "async def system(agentchaos):\n"
        "    kept.append(agenerator(agentchaos))\n    await anext(kept[-1])\n"
        "    kept.append(generator(agentchaos))\n    next(kept[-1])\n    assert 0\n"
        "def test_crash(agentchaos):\n"
        "    kept.append(generator(agentchaos))\n    next(kept[-1])\n"
        "    agentchaos.run(system, agentchaos)\n"
        "def test_collected():\n    kept.clear()"
    ),
    "live mode left open": (
        "def forget(agentchaos):\n    with agentchaos.live():\n        yield\n"
        "kept = []\n"
        "def test_crash(agentchaos):\n"
        "    kept.append(forget(agentchaos))\n    next(kept[-1])\n    travel.book()\n    assert 0\n"
    ),
    "live mode": "def test_crash(agentchaos):\n    with agentchaos.live():\n        assert travel.book() == 0",
    "fixture teardown": (
        "@pytest.fixture\ndef broken(agentchaos):\n    yield\n"
        "    agentchaos.run(travel.book)\n    agentchaos.run(lambda: 1 / 0)\n"
        "def test_crash(broken): pass"
    ),
    "a fault with a defect": (
        "class Broken(type(faults.Reset())):\n    name = 'broken'\n"
        "    def compile(self, situation): raise ZeroDivisionError\n"
        "def test_crash(agentchaos):\n    agentchaos.inject(Broken())\n    agentchaos.run(travel.book_async)"
    ),
}


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES.keys())
def test_a_following_test_finds_everything_untouched(project, crash):
    """Transports, clocks, chance, sockets, loops, signals and context variables are the very same objects."""
    project.makepyfile(snapshot=SNAPSHOT, test_it=TESTS.format(crash=crash))
    result = project.runpytest_inprocess("-p", "no:unraisableexception" if "signal" in crash else "no:cacheprovider")
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 1, str(result.stdout)
    result.stdout.fnmatch_lines(["replay: *"])
    assert "test_after" not in str(result.stdout)
    assert outcomes["passed"] >= 3


def test_an_interrupted_session_leaves_the_process_as_it_was(project):
    """KeyboardInterrupt in an agent ends the session; another session of the same process works."""
    project.makepyfile(test_it="def stop(): raise KeyboardInterrupt\ndef test_it(agentchaos): agentchaos.run(stop)")
    first = project.runpytest_inprocess(no_reraise_ctrlc=True)
    assert first.ret == pytest.ExitCode.INTERRUPTED
    project.makepyfile(
        snapshot=SNAPSHOT,
        test_it=TESTS.format(crash="def test_crash(agentchaos): assert agentchaos.run(travel.book) == 0"),
    )
    project.runpytest_inprocess().assert_outcomes(passed=3, failed=1)
