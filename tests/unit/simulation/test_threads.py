"""Worker threads run inline."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.errors import HungError
from pytest_agentchaos.simulation import Simulation, anyio_backend
from pytest_agentchaos.simulation import loop as loop_module


@pytest.fixture
def clock() -> VirtualClock:
    """The clock of the trial."""
    return VirtualClock()


@pytest.fixture
def sim(clock: VirtualClock) -> Iterator[Simulation]:
    """A running simulation."""
    with Simulation(clock, 7) as simulation:
        yield simulation


# Pools


def test_a_pool_runs_its_work_inline(sim: Simulation, clock: VirtualClock) -> None:
    """On this thread; jobs run side by side in virtual time, and a result is there when its thread would be done."""

    def job(seconds: float) -> int:
        time.sleep(seconds)
        return threading.get_ident()

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(job, seconds) for seconds in (3, 1, 2)]
        assert clock.now_s() == 0.0
        assert futures[1].result() == threading.get_ident()
        assert clock.now_s() == 1.0
        assert set(pool.map(job, (5, 5))) == {threading.get_ident()}
        assert clock.now_s() == 6.0
        assert futures[0].exception() is None
        assert clock.now_s() == 6.0
    assert not sim.problems


def test_a_result_that_comes_too_late_is_a_timeout(sim: Simulation, clock: VirtualClock) -> None:
    """At the moment when the caller gives up; later it is there."""
    with ThreadPoolExecutor() as pool:
        future = pool.submit(time.sleep, 10)
        with pytest.raises(TimeoutError):
            future.result(timeout=2)
        assert clock.now_s() == 2.0
        with pytest.raises(TimeoutError):
            future.exception(timeout=1)
        assert future.result(timeout=30) is None
        assert clock.now_s() == 10.0
    assert not sim.problems


@pytest.mark.usefixtures("sim")
def test_finished_futures_come_in_one_order() -> None:
    """Sets of them have the order of their numbers, and each equals itself only."""
    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(int, number) for number in range(20)]
        order = [future.result() for future in concurrent.futures.as_completed(futures)]
        assert order in (list(range(20)), list(reversed(range(20))))
        assert futures[0] != futures[1]
        assert len(set(futures)) == 20


@pytest.mark.usefixtures("sim")
def test_a_pool_treats_errors_as_ever() -> None:
    """An exception belongs to the future, except one that ends the trial."""

    def fail(error: BaseException) -> None:
        raise error

    with ThreadPoolExecutor() as pool:
        assert isinstance(pool.submit(fail, StopIteration(1)).exception(), StopIteration)
        with pytest.raises(SystemExit):
            pool.submit(fail, SystemExit(2)).result()
        with pytest.raises(KeyboardInterrupt):
            pool.submit(fail, KeyboardInterrupt())
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)


@pytest.mark.usefixtures("sim")
def test_a_pool_is_initialized_once() -> None:
    """With the arguments that it was given."""
    calls: list[int] = []
    with ThreadPoolExecutor(initializer=calls.append, initargs=(5,)) as pool:
        pool.submit(int)
        pool.submit(int)
    assert calls == [5]


@pytest.mark.usefixtures("sim")
def test_pools_of_other_threads_have_real_threads() -> None:
    """And real futures."""
    idents: list[int] = []

    def other() -> None:
        with ThreadPoolExecutor() as pool:
            future = pool.submit(threading.get_ident)
            idents.append(future.result())
            assert future.exception() is None

    thread = threading.Thread(target=other)
    thread.start()
    ident = thread.ident
    thread.join()
    assert idents[0] not in (ident, threading.get_ident())


# Waiting for a loop from inside one of its workers


def test_a_worker_may_wait_for_its_own_loop(sim: Simulation, clock: VirtualClock) -> None:
    """The loop goes on beneath it."""

    async def ask() -> float:
        await asyncio.sleep(5)
        return clock.now_s()

    async def main() -> list[float]:
        loop = asyncio.get_running_loop()

        def work() -> float:
            time.sleep(1)
            return asyncio.run_coroutine_threadsafe(ask(), loop).result()

        late = asyncio.create_task(ask())
        return [await asyncio.to_thread(work), await late, clock.now_s()]

    assert sim.run(main()) == [6.0, 5.0, 6.0]


def test_a_worker_may_use_up_what_was_ready(sim: Simulation) -> None:
    """What the loop did beneath it is not done again."""
    order: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def work() -> None:
            asyncio.run_coroutine_threadsafe(asyncio.sleep(1), loop).result()
            order.append("worked")

        job = loop.run_in_executor(None, work)
        for _ in range(5):
            loop.call_soon(order.append, "ready")
        await job

    sim.run(main())
    assert order == ["ready"] * 5 + ["worked"]


def test_a_job_of_a_coroutine_may_wait_for_its_loop_too(sim: Simulation) -> None:
    """Although the coroutine stands on the stack as well."""

    async def ask() -> str:
        await asyncio.sleep(5)
        return asyncio.current_task().get_name()  # type: ignore[union-attr]

    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor() as pool:
            job = pool.submit(lambda: asyncio.run_coroutine_threadsafe(ask(), loop).result(10))
            name = asyncio.current_task().get_name()  # type: ignore[union-attr]
            return [name, await asyncio.wrap_future(job)]

    assert sim.run(main()) == ["Task-1", "Task-2"]


def test_a_worker_waits_no_longer_than_it_said(sim: Simulation, clock: VirtualClock) -> None:
    """In virtual time."""

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def work() -> None:
            future = asyncio.run_coroutine_threadsafe(asyncio.sleep(100), loop)
            with pytest.raises(TimeoutError):
                future.result(7)
            with pytest.raises(TimeoutError):
                future.exception(1)
            future.cancel()

        await asyncio.to_thread(work)

    sim.run(main())
    assert clock.now_s() == 8.0


def test_a_loop_that_ends_while_it_is_waited_for_ends_later(sim: Simulation) -> None:
    """Its main task may finish beneath a worker that still waits."""
    log: list[str] = []

    async def ask() -> str:
        await asyncio.sleep(5)
        return "answer"

    async def main() -> str:
        loop = asyncio.get_running_loop()

        def work() -> None:
            log.append(asyncio.run_coroutine_threadsafe(ask(), loop).result())

        loop.run_in_executor(None, work)
        await asyncio.sleep(1)
        return "main"

    assert sim.run(main()) == "main"
    assert log == ["answer"]


def test_a_wait_for_nobody_is_a_hang(sim: Simulation, clock: VirtualClock) -> None:
    """A future that nothing can complete; with a timeout, it is a timeout."""
    with pytest.raises(TimeoutError):
        Future[int]().result(5)
    assert clock.now_s() == 5.0
    with pytest.raises(HungError, match="nothing can complete"):
        Future[int]().exception()

    async def main() -> None:
        await asyncio.to_thread(Future[int]().result)

    with pytest.raises(HungError):
        sim.run(main())


def test_a_wait_for_a_thread_of_the_agent_is_real(sim: Simulation) -> None:
    """With a loop beneath, and without one."""

    def start(future: Future[int], go: threading.Event) -> threading.Thread:
        def finish() -> None:
            go.wait(10)
            future.set_result(5)

        thread = threading.Thread(target=finish)
        thread.start()
        return thread

    def wait() -> int:
        future, go = Future[int](), threading.Event()
        thread = start(future, go)
        threading.Timer(0.01, go.set).start()
        result = future.result()
        thread.join()
        return result

    async def main() -> int:
        return await asyncio.to_thread(wait)

    assert wait() == 5
    assert sim.run(main()) == 5


def test_coroutines_given_to_as_completed_start_in_order(sim: Simulation) -> None:
    """It puts them into a set, which has the order of their addresses."""
    started: list[int] = []

    async def job(number: int) -> int:
        started.append(number)
        return number

    async def main() -> list[int]:
        single = asyncio.sleep(0)
        with pytest.raises(TypeError):
            list(asyncio.as_completed(single))  # type: ignore[arg-type]
        single.close()
        return [await each for each in asyncio.as_completed([job(number) for number in range(30)], timeout=5)]

    assert sorted(sim.run(main())) == list(range(30))
    assert started == list(range(30))

    async def outside() -> list[int]:
        return sorted([await each for each in asyncio.as_completed([job(1), job(2)])])

    thread_result: list[list[int]] = []
    thread = threading.Thread(target=lambda: thread_result.append(asyncio.run(outside())))
    thread.start()
    thread.join()
    assert thread_result == [[1, 2]]


# anyio


def test_anyio_worker_threads_run_inline(sim: Simulation, clock: VirtualClock) -> None:
    """With a copy of the caller's context, side by side in virtual time, and no running loop."""
    variable = contextvars.ContextVar("variable", default="unset")

    def work() -> tuple[str, int]:
        time.sleep(2)
        seen = variable.get()
        variable.set("changed")
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return seen, threading.get_ident()

    results: list[Any] = []

    async def call() -> None:
        results.append(await anyio.to_thread.run_sync(work))

    async def main() -> str:
        variable.set("set")
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(call)
        return variable.get()

    assert sim.run(main()) == "set"
    assert results == [("set", threading.get_ident())] * 5
    assert clock.now_s() == 2.0


def test_anyio_limits_workers(sim: Simulation, clock: VirtualClock) -> None:
    """Five jobs of 2 s for two workers take 6 s."""

    async def main() -> None:
        limiter = anyio.CapacityLimiter(2)
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(lambda: anyio.to_thread.run_sync(time.sleep, 2, limiter=limiter))

    sim.run(main())
    assert clock.now_s() == 6.0


@pytest.mark.parametrize(("abandon", "moment_s"), [(False, 30.0), (True, 5.0)])
def test_a_timeout_around_a_worker_is_anyios_own(
    sim: Simulation, clock: VirtualClock, *, abandon: bool, moment_s: float
) -> None:
    """A worker that may not be abandoned is waited for; one that may is left behind in time."""

    async def main() -> float:
        with anyio.move_on_after(5) as scope:
            await anyio.to_thread.run_sync(time.sleep, 30, abandon_on_cancel=abandon)
        assert scope.cancel_called
        return clock.now_s()

    assert sim.run(main()) == moment_s


def test_a_worker_may_call_back(sim: Simulation, clock: VirtualClock) -> None:
    """anyio.from_thread finds the loop, also from a worker inside a worker."""

    async def ask(depth: int) -> list[float]:
        await anyio.sleep(1)
        return await anyio.to_thread.run_sync(work, depth - 1) if depth else [clock.now_s()]

    def work(depth: int) -> list[float]:
        anyio.from_thread.check_cancelled()
        inner = anyio.from_thread.run(ask, depth)
        return [*inner, anyio.from_thread.run_sync(clock.now_s)]

    async def main() -> list[float]:
        return await anyio.to_thread.run_sync(work, 2)

    assert sim.run(main()) == [3.0, 3.0, 3.0, 3.0]


def test_errors_of_an_anyio_worker_reach_the_caller(sim: Simulation) -> None:
    """A StopIteration as the error that anyio makes of it."""

    def fail(error: Exception) -> None:
        raise error

    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            await anyio.to_thread.run_sync(fail, ZeroDivisionError())
        with pytest.raises(RuntimeError, match="StopIteration"):
            await anyio.to_thread.run_sync(fail, StopIteration())

    sim.run(main())


def test_anyio_in_other_threads_has_real_workers(sim: Simulation) -> None:
    """And cancel scopes hashed as ever."""
    result: list[tuple[int, int]] = []

    async def main() -> tuple[int, int]:
        assert hash(anyio.CancelScope())
        return threading.get_ident(), await anyio.to_thread.run_sync(threading.get_ident)

    thread = threading.Thread(target=lambda: result.append(anyio.run(main)))
    thread.start()
    thread.join()
    assert result[0][0] != result[0][1]
    assert not sim.problems


def test_cancel_scopes_are_numbered(sim: Simulation) -> None:
    """A scope cancels the scopes inside it in one order."""
    order: list[int] = []

    async def job(number: int) -> None:
        with anyio.CancelScope():
            try:
                await anyio.sleep(100)
            finally:
                order.append(number)

    async def main() -> list[int]:
        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(job, number)
            await anyio.sleep(1)
            group.cancel_scope.cancel()
        return [hash(anyio.CancelScope()) for _ in range(3)]

    hashes = sim.run(main())
    assert hashes == sorted(hashes)
    assert hashes[-1] < 1_000
    assert sorted(order) == list(range(20))


def test_anyio_that_is_imported_during_the_trial_is_patched_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial does not import it, and does not miss it."""
    backend = sys.modules[anyio_backend._BACKEND]
    real = backend.CancelScope
    monkeypatch.delitem(sys.modules, anyio_backend._BACKEND)
    with Simulation(VirtualClock(), 1) as sim:
        sim.run(asyncio.sleep(1))
        assert backend.CancelScope is real
        monkeypatch.setitem(sys.modules, anyio_backend._BACKEND, backend)
        sim.run(asyncio.sleep(1))
        assert backend.CancelScope is not real
    assert backend.CancelScope is real


def test_the_real_wait_beneath_a_worker_is_limited(sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that does not answer is a hang."""
    monkeypatch.setattr(loop_module, "FOREIGN_GRACE_S", 0.01)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, args=(10,))

    def wait() -> None:
        thread.start()
        Future[int]().result()

    async def main() -> None:
        await asyncio.to_thread(wait)

    with pytest.raises(HungError):
        sim.run(main())
    stop.set()
    thread.join()
