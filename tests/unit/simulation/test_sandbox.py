"""A whole simulation: what the facts say about real packages, and that nothing of it stays behind."""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime as dt
import gc
import os
import random
import socket
import ssl
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio._backends._asyncio as anyio_asyncio
import httpx
import httpx2
import mcp
import openai
import openai._base_client as openai_base
import pytest
from mcp.server.mcpserver import MCPServer

from pytest_agentchaos.clock import EPOCH_S, VirtualClock
from pytest_agentchaos.errors import HungError, UsageError
from pytest_agentchaos.simulation import Simulation, sandbox
from pytest_agentchaos.simulation.state import active, here

ROOT = Path(__file__).parents[3]


# Real packages in virtual time


def _retrying_trial(seed: int, library: Any) -> tuple[list[float], str]:
    """An openai client that is told to wait 20 s, then fails three times with its own backoff."""
    clock = VirtualClock()
    times: list[float] = []
    answers = [(429, {"retry-after": "20"}), (500, {}), (503, {}), (502, {}), (200, {})]

    def handler(_: Any) -> Any:
        times.append(clock.now_s())
        status, headers = answers[len(times) - 1]
        return library.Response(status, headers=headers, json={"id": f"resp_{uuid.uuid4()}", "output": []})

    async def agent() -> str:
        http_client = library.AsyncClient(transport=library.MockTransport(handler))
        async with openai.AsyncOpenAI(api_key="x", max_retries=5, http_client=http_client) as client:
            return (await client.responses.create(model="m", input="hi")).id

    with Simulation(clock, seed) as sim:
        return times, sim.run(agent())


@pytest.mark.parametrize("library", [httpx2, httpx])
def test_openai_retries_in_virtual_time_with_one_jitter(library: Any) -> None:
    """``retry-after: 20`` is waited for, and the backoff is the same each time; another seed has another one."""
    times, name = _retrying_trial(5, library)
    assert times[1] == 20.0
    assert 20.0 < times[2] < times[3] < times[4] < 40.0
    assert _retrying_trial(5, library) == (times, name)
    other, other_name = _retrying_trial(6, library)
    assert other[:2] == times[:2]
    assert other[2:] != times[2:]
    assert other_name != name


def test_a_sync_openai_client_is_in_virtual_time() -> None:
    """It sleeps with time.sleep between its tries."""
    clock = VirtualClock()
    times: list[float] = []

    def handler(_: httpx2.Request) -> httpx2.Response:
        times.append(clock.now_s())
        return httpx2.Response(429, headers={"retry-after": "20"}, json={"error": {"message": "slow down"}})

    with (
        Simulation(clock, 1),
        openai.OpenAI(api_key="x", http_client=httpx2.Client(transport=httpx2.MockTransport(handler))) as client,
        pytest.raises(openai.RateLimitError),
    ):
        client.responses.create(model="m", input="hi")
    assert times == [0.0, 20.0, 40.0]


def test_clients_are_built_without_certificates() -> None:
    """Each trial builds its own; none may cost a TLS context."""
    with Simulation(VirtualClock(), 1) as sim:

        async def build() -> str:
            async with openai.AsyncOpenAI(api_key="x") as client:
                return type(client._client._transport._pool._ssl_context).__name__  # type: ignore[attr-defined]

        assert sim.run(build()) == "LazyContext"


@pytest.mark.parametrize(("mode", "late"), [("auto", "done"), ("legacy", "timed out")])
def test_a_sync_mcp_tool_runs_inline_in_virtual_time(mode: Any, late: str) -> None:
    """Twenty of them side by side without a spurious timeout; a late one ends as it does in real time."""
    clock = VirtualClock()
    server = MCPServer("tools")
    idents: set[int] = set()

    @server.tool()
    def slow(seconds: float) -> str:
        idents.add(threading.get_ident())
        time.sleep(seconds)
        return "done"

    async def agent() -> str:
        async with mcp.Client(server, read_timeout_seconds=30, mode=mode) as client:
            results = await asyncio.gather(*(client.call_tool("slow", {"seconds": 4}) for _ in range(20)))
            assert not any(result.is_error for result in results)
            assert clock.now_s() == 4.0
            try:
                return str(await client.call_tool("slow", {"seconds": 45}))
            except mcp.MCPError as error:
                assert clock.now_s() == 34.0
                return str(error)

    with Simulation(clock, 1) as sim:
        assert late in sim.run(agent())
    assert idents == {threading.get_ident()}
    assert clock.now_s() == 49.0


ORDERS = """
import asyncio, sys
sys.path.insert(0, {root!r})
import anyio
from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.simulation import Simulation

order = []

async def job(name):
    try:
        await asyncio.sleep(100)
    finally:
        order.append(name)

async def scoped(name):
    with anyio.CancelScope():
        await job(name)

async def instant(name):
    order.append(name)

async def main():
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(30):
                group.create_task(job(f"group-{{number}}"))
            await asyncio.sleep(1)
            raise ValueError
    except* ValueError:
        pass
    async with anyio.create_task_group() as group:
        for number in range(30):
            group.start_soon(scoped, f"anyio-{{number}}")
        await asyncio.sleep(1)
        group.cancel_scope.cancel()
    done, _ = await asyncio.wait([asyncio.ensure_future(asyncio.sleep(1, number)) for number in range(30)])
    order.extend(task.result() for task in done)
    for each in asyncio.as_completed([instant(f"completed-{{number}}") for number in range(30)]):
        await each
    order.extend(task.get_name() for task in asyncio.all_tasks())

run = (lambda coroutine: Simulation(VirtualClock(), 1).__enter__().run(coroutine)) if {simulated} else asyncio.run
run(main())
print(order)
"""


def _order(hash_seed: str, *, simulated: bool = True) -> str:
    run = subprocess.run(
        [sys.executable, "-c", ORDERS.format(root=str(ROOT), simulated=simulated)],
        env=os.environ | {"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return run.stdout


def test_sets_of_tasks_have_one_order_in_each_process() -> None:
    """Task groups abort, scopes cancel and waits return in the same order under any hash seed."""
    first = _order("1")
    assert first.count("group-") == first.count("anyio-") == 30
    assert {_order(seed) for seed in ("2", "random")} == {first}


# Nothing stays behind


PATCHED = (time, os, random, uuid, socket, ssl, asyncio, asyncio.events, asyncio.tasks, openai_base, anyio_asyncio)
CLASSES = (
    dt.datetime, dt.date, socket.socket, ssl.SSLContext, random.Random, asyncio.BaseEventLoop,
    concurrent.futures.ThreadPoolExecutor, concurrent.futures.Future, anyio_asyncio.AsyncIOBackend,
)  # fmt: skip


def _world() -> dict[str, object]:
    """Everything that a simulation touches, by identity."""
    world: dict[str, object] = {}
    for owner in (*PATCHED, *CLASSES, sys.modules[__name__]):
        world |= {f"{owner.__name__}.{name}": value for name, value in vars(owner).items()}
    world["running loop"] = asyncio._get_running_loop()
    world["asyncgen hooks"] = sys.get_asyncgen_hooks()
    world["random state"] = random.getstate()
    world["simulation"] = active()
    return world


def _same(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """What is no longer what it was."""
    by_value = {"random state", "asyncgen hooks"}
    names = before.keys() | after.keys()
    return [
        name for name in names
        if (before.get(name) != after.get(name) if name in by_value else before.get(name) is not after.get(name))
    ]  # fmt: skip


def _raising(error: BaseException) -> Callable[[Simulation], object]:
    async def agent() -> None:
        await asyncio.sleep(1)
        asyncio.create_task(asyncio.sleep(100))  # noqa: RUF006
        raise error

    return lambda sim: sim.run(agent())


def _raise_outside_of_the_loop(_: Simulation) -> None:
    raise KeyError


async def _endless() -> AsyncIterator[int]:
    while True:
        await asyncio.sleep(1)
        yield 1


def _leave_open(sim: Simulation) -> None:
    def generator() -> Iterator[int]:
        time.sleep(1)
        yield 1

    async def agent() -> None:
        sim.left = [_endless(), generator()]  # type: ignore[attr-defined]
        await anext(sim.left[0])  # type: ignore[attr-defined]
        next(sim.left[1])  # type: ignore[attr-defined]

    sim.run(agent())


def _hang(sim: Simulation) -> None:
    sim.run(asyncio.Event().wait())


def _sync_agent_hangs(_: Simulation) -> None:
    asyncio.run(asyncio.Event().wait())


def _patch_as_well(_: Simulation) -> None:
    time.time = lambda: 5.0
    del random.Random.seed
    asyncio.set_event_loop(asyncio.new_event_loop())
    raise ValueError


def _exit_from_a_thread(sim: Simulation) -> None:
    async def agent() -> None:
        await asyncio.to_thread(sys.exit, 3)

    sim.run(agent())


CRASHES: dict[str, tuple[Callable[[Simulation], object], type[BaseException] | None]] = {
    "none": (lambda sim: sim.run(asyncio.sleep(1)), None),
    "no loop": (lambda _: time.sleep(1), None),
    "exception": (_raising(ValueError()), ValueError),
    "interrupt": (_raising(KeyboardInterrupt()), KeyboardInterrupt),
    "exit": (_raising(SystemExit(2)), SystemExit),
    "exit of a worker": (_exit_from_a_thread, SystemExit),
    "outside": (_raise_outside_of_the_loop, KeyError),
    "hang": (_hang, HungError),
    "hang of a sync agent": (_sync_agent_hangs, HungError),
    "generators left open": (_leave_open, None),
    "own patches": (_patch_as_well, ValueError),
    "cancelled": (_raising(asyncio.CancelledError()), asyncio.CancelledError),
    "generator exit": (_raising(GeneratorExit()), GeneratorExit),
}


@pytest.mark.parametrize("name", CRASHES)
def test_after_each_kind_of_crash_everything_is_as_it_was(name: str) -> None:
    """By identity: clocks, entropy, sockets, dates, loops, policies, pools, anyio, openai."""
    crash, expected = CRASHES[name]
    with Simulation(VirtualClock(), 1):
        """Whatever is created once per process exists now."""
    time_function = time.time
    before = _world()
    caught: type[BaseException] | None = None
    try:
        with Simulation(VirtualClock(), 1) as sim:
            assert _same(before, _world())
            crash(sim)
    except BaseException as error:  # noqa: BLE001
        caught = type(error)
    finally:
        time.time = time_function
    assert caught is expected
    assert _same(before, _world()) == []
    assert abs(time.time() - EPOCH_S) > 1


def test_a_failing_installation_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts that were there already are taken back."""
    with Simulation(VirtualClock(), 1):
        """Whatever is created once per process exists now."""
    monkeypatch.setattr(sandbox._ALIASES, "install", lambda: 1 / 0)
    before = _world()
    with pytest.raises(ZeroDivisionError), Simulation(VirtualClock(), 1):
        pytest.fail("must not run")
    assert _same(before, _world()) == []


def test_restoration_happens_even_when_closing_is_interrupted() -> None:
    """An impatient person presses Ctrl-C twice."""

    async def stubborn() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            raise KeyboardInterrupt

    async def main() -> None:
        asyncio.create_task(stubborn())  # noqa: RUF006
        await asyncio.sleep(0)

    with Simulation(VirtualClock(), 1):
        """Whatever is created once per process exists now."""
    before = _world()
    with pytest.raises(KeyboardInterrupt), Simulation(VirtualClock(), 1) as sim:
        sim.run(main())
    assert _same(before, _world()) == []


def test_only_one_simulation_runs_in_a_process() -> None:
    """The second one says so and does not disturb the first."""
    with Simulation(VirtualClock(), 1) as sim:
        with pytest.raises(UsageError, match="already"), Simulation(VirtualClock(), 2):
            pytest.fail("must not run")
        assert here() is not None
        assert sim.run(asyncio.sleep(1, "fine")) == "fine"
    assert active() is None


def test_a_simulation_that_is_not_running_has_no_loop() -> None:
    """The message says how to start it; leaving it twice does no harm."""
    sim = Simulation(VirtualClock(), 1)
    with pytest.raises(UsageError, match="with Simulation"):
        _ = sim.loop
    with sim:
        assert sim.loop is sim.loop
    sim.__exit__(None, None, None)
    with pytest.raises(UsageError):
        _ = sim.loop


def test_problems_can_be_read_afterwards() -> None:
    """They belong to the simulation, not to its installation."""
    with Simulation(VirtualClock(), 1) as sim, pytest.raises(OSError, match=r"api\.openai\.com:443"):
        socket.create_connection(("api.openai.com", 443))
    assert ["api.openai.com:443" in str(problem) for problem in sim.problems] == [True]


def test_thousands_of_simulations_leave_no_objects() -> None:
    """Memory does not grow with the number of trials."""

    async def agent() -> None:
        await asyncio.to_thread(time.sleep, 1)
        await asyncio.wait([asyncio.ensure_future(asyncio.sleep(1)) for _ in range(3)])

    def trials(count: int) -> int:
        for seed in range(count):
            with Simulation(VirtualClock(), seed) as sim:
                sim.run(agent())
        gc.collect()
        return len(gc.get_objects())

    trials(50)
    before = trials(50)
    assert trials(2_000) - before < 50
