"""The event loop in virtual time."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import gc
import logging
import math
import threading
import time
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from pytest_agentchaos.clock import VirtualClock, wall_s
from pytest_agentchaos.errors import HungError, RealIOError
from pytest_agentchaos.simulation import SimLoop, Simulation
from pytest_agentchaos.simulation import loop as loop_module
from pytest_agentchaos.simulation import state as state_module


@pytest.fixture
def clock() -> VirtualClock:
    """The clock of the trial."""
    return VirtualClock()


@pytest.fixture
def sim(clock: VirtualClock) -> Iterator[Simulation]:
    """A running simulation."""
    with Simulation(clock, 7) as simulation:
        yield simulation


# Time


def test_waiting_takes_no_real_time(sim: Simulation, clock: VirtualClock) -> None:
    """A day passes at once."""
    began_s = wall_s()
    sim.run(asyncio.sleep(86_400))
    assert clock.now_s() == 86_400.0
    assert wall_s() - began_s < 5.0


def test_jumps_hit_a_moment_that_has_no_exact_float(sim: Simulation) -> None:
    """The loop arrives exactly, so that it never turns again and again just before a timer."""
    turns = 0

    async def sleeper() -> None:
        nonlocal turns
        for _ in range(100):
            await asyncio.sleep(0.1)
            turns += 1

    sim.run(sleeper())
    assert turns == 100
    assert sim.loop.time() == pytest.approx(10.0)


def test_timers_of_one_moment_run_first_come_first_served(sim: Simulation) -> None:
    """A heap alone would mix them up."""
    order: list[int] = []

    async def wait() -> None:
        loop = asyncio.get_running_loop()
        for number in range(50):
            loop.call_at(5.0, order.append, number)
        await asyncio.sleep(6)

    sim.run(wait())
    assert order == list(range(50))


def test_timers_compare_and_hash_like_handles(sim: Simulation) -> None:
    """A timer equals itself only, and can be compared with asyncio's own."""
    loop = sim.loop
    one, other = loop.call_at(1.0, print), loop.call_at(1.0, print)
    foreign = asyncio.TimerHandle(2.0, print, (), loop)
    assert one != other
    assert one < other < foreign
    assert len({one, other, one}) == 2


def test_cancelled_timers_are_dropped(sim: Simulation) -> None:
    """Timeouts of calls that were answered do not pile up, and do not move the clock."""
    loop = sim.loop

    async def calls() -> float:
        kept = loop.call_later(900, int)
        for _ in range(1_000):
            loop.call_later(600, int).cancel()
            await asyncio.sleep(0.001)
        size = len(loop._scheduled)
        kept.cancel()
        return size

    assert sim.run(calls()) < 250
    assert loop.time() < 2.0


def test_a_timer_that_is_cancelled_while_it_is_due_does_not_run(sim: Simulation) -> None:
    """Also when it stands in the queue behind the one that cancels it."""
    loop = sim.loop
    ran: list[str] = []

    async def late() -> None:
        first = loop.call_later(1, ran.append, "first")
        second = loop.call_later(2, ran.append, "second")
        third = loop.call_later(3, ran.append, "third")
        loop.call_later(4, ran.append, "fourth")
        second.cancel()
        loop.call_later(2.5, third.cancel)
        sim.loop.state.clock.wait(10)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert first.when() == 1.0

    sim.run(late())
    assert ran == ["first", "fourth"]


def test_what_the_clock_has_due_counts_as_a_timer(sim: Simulation, clock: VirtualClock) -> None:
    """A callback of the clock can wake a task, at its own moment."""
    event = asyncio.Event()
    clock.at(12.5, event.set)

    async def wait() -> float:
        await event.wait()
        return clock.now_s()

    assert sim.run(wait()) == 12.5
    assert clock.next_due_s() is None


def test_a_sync_wait_inside_a_task_moves_the_time_for_all(sim: Simulation, clock: VirtualClock) -> None:
    """Other timers are late then, as they are in production."""

    async def both() -> list[float]:
        async def other() -> float:
            await asyncio.sleep(1)
            return clock.now_s()

        task = asyncio.ensure_future(other())
        await asyncio.sleep(0)
        clock.wait(5)
        return [clock.now_s(), await task]

    assert sim.run(both()) == [5.0, 5.0]


def test_bad_timers_are_refused(sim: Simulation) -> None:
    """As asyncio refuses them."""
    with pytest.raises(TypeError, match="when"):
        sim.loop.call_at(None, print)  # type: ignore[arg-type]
    sim.loop.set_debug(True)
    with pytest.raises(TypeError, match="coroutines cannot be used"):
        sim.loop.call_at(1.0, asyncio.sleep)
    sim.loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        sim.loop.call_at(1.0, print)


# Order


def test_sets_of_tasks_and_futures_have_the_order_of_creation(sim: Simulation) -> None:
    """Hashes are numbers, not addresses."""

    async def make() -> tuple[list[int], list[int], list[str]]:
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(asyncio.sleep(1)) for _ in range(6)]
        futures = [loop.create_future() for _ in range(6)]
        hashes = [hash(task) for task in tasks], [hash(future) for future in futures]
        done, _ = await asyncio.wait(tasks)
        assert [hash(task) for task in sorted(done, key=hash)] == hashes[0]
        return *hashes, [task.get_name() for task in tasks]

    tasks, futures, names = sim.run(make())
    assert tasks == sorted(tasks)
    assert futures == sorted(futures)
    assert max(*tasks, *futures) < 1_000
    assert names == ["Task-2", "Task-3", "Task-4", "Task-5", "Task-6", "Task-7"]


def test_a_task_factory_of_the_agent_is_used(sim: Simulation) -> None:
    """The loop does not insist on its own tasks."""
    made: list[str] = []

    def factory(loop: Any, coro: Any, **options: Any) -> asyncio.Task[Any]:
        made.append(coro.__qualname__)
        return asyncio.Task(coro, loop=loop, **options)

    sim.loop.set_task_factory(factory)

    async def main() -> str:
        return await asyncio.create_task(asyncio.sleep(1, "done"), name="given")

    assert sim.run(main()) == "done"
    assert made[1:] == ["sleep"]


def test_async_generators_are_closed_in_the_order_in_which_they_began(clock: VirtualClock) -> None:
    """Those that the agent left open have their last word at the end of the trial."""
    order: list[int] = []

    async def stream(number: int) -> AsyncIterator[int]:
        try:
            yield number
        finally:
            order.append(number)

    with Simulation(clock, 1) as sim:
        streams = [stream(number) for number in range(8)]

        async def begin() -> None:
            for each in streams:
                await anext(each)

        sim.run(begin())
    assert order == list(range(8))


def test_a_finished_async_generator_is_forgotten(sim: Simulation) -> None:
    """Only what is still open is closed at the end."""

    async def stream() -> AsyncIterator[int]:
        yield 1

    async def read() -> list[int]:
        result = [item async for item in stream()]
        abandoned = stream()
        await anext(abandoned)
        del abandoned
        gc.collect()
        await asyncio.sleep(0)
        return result

    assert sim.run(read()) == [1]
    assert len(sim.loop._asyncgens) == 0


# Hangs


def test_a_deadlock_names_the_waiting_tasks(sim: Simulation) -> None:
    """With the line that waits; an agent that catches Exception cannot swallow it."""

    async def never() -> str:
        try:
            return await asyncio.Queue[str]().get()
        except Exception:  # noqa: BLE001
            return "swallowed"

    async def main() -> None:
        other = asyncio.create_task(never(), name="flights")
        await other

    with pytest.raises(HungError) as caught:
        sim.run(main())
    text = str(caught.value)
    assert "2 tasks wait" in text
    assert f"'flights' waits at {__file__}:" in text
    assert "return await asyncio.Queue[str]().get()" in text
    assert "[queues.py:" in text
    assert "await other" in text


def test_after_a_deadlock_the_tasks_are_cancelled_and_the_loop_works_on(sim: Simulation) -> None:
    """Their clean-up runs, and the next call starts afresh."""
    cleaned: list[str] = []

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("done")

    with pytest.raises(HungError):
        sim.run(never())
    assert cleaned == ["done"]
    assert not asyncio.all_tasks(sim.loop)
    assert sim.run(asyncio.sleep(1, "fine")) == "fine"


def test_a_hang_inside_a_task_group_is_still_a_hang(sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a group of exceptions around one, and not what the agent made of it."""

    async def spin() -> None:
        while True:
            time.monotonic()

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(spin())

    monkeypatch.setattr(state_module, "SPIN_LIMIT", 1_000)
    with pytest.raises(HungError, match="clock was read"):
        sim.run(main())


def test_a_hang_that_the_agent_swallowed_is_still_a_hang(sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even ``except BaseException`` does not hide the proof."""
    monkeypatch.setattr(state_module, "SPIN_LIMIT", 1_000)

    async def stubborn() -> str:
        try:
            while True:
                time.time()
        except BaseException:  # noqa: BLE001
            return "fine"

    with pytest.raises(HungError, match="clock was read"):
        sim.run(stubborn())


def test_a_loop_that_never_waits_is_a_hang(sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that yields for ever without any time passing would otherwise run for ever."""
    monkeypatch.setattr(loop_module, "SPIN_LIMIT", 1_000)

    async def spin() -> None:
        while sim.loop.time() < 5:  # noqa: ASYNC110 - what it is about
            await asyncio.sleep(0)

    with pytest.raises(HungError, match="turned 1,000 times"):
        sim.run(spin())


def test_an_endless_sleep_is_a_hang(sim: Simulation) -> None:
    """No jump reaches it."""
    with pytest.raises(HungError):
        sim.run(asyncio.sleep(math.inf))


def test_a_task_that_ignores_its_cancellation_is_given_up(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Quietly, and although it sleeps again and again."""

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                continue

    async def mute() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    kept: list[asyncio.Task[None]] = []
    with caplog.at_level(logging.DEBUG, logger="asyncio"), Simulation(clock, 1) as sim:

        async def main() -> None:
            kept.extend([asyncio.create_task(stubborn()), asyncio.create_task(mute())])
            await asyncio.sleep(0)

        sim.run(main())
        loop = sim.loop
    assert loop.is_closed()
    kept.clear()
    gc.collect()
    assert not caplog.records


def test_failures_during_the_clean_up_are_quiet(clock: VirtualClock, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is there any more to be told."""

    async def failing() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            raise ValueError

    async def main() -> None:
        task = asyncio.create_task(failing())
        await asyncio.sleep(0)
        del task

    with caplog.at_level(logging.DEBUG, logger="asyncio"), Simulation(clock, 1) as sim:
        sim.run(main())
    gc.collect()
    assert not caplog.records


def test_a_thread_of_the_agent_itself_can_wake_the_loop(sim: Simulation) -> None:
    """Such a thread works in real time, and nothing is called a deadlock while it may still answer."""
    go = threading.Event()

    async def main() -> str:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        loop.call_soon(go.set)

        def work() -> None:
            go.wait(10)
            loop.call_soon_threadsafe(future.set_result, "woken")

        thread = threading.Thread(target=work)
        thread.start()
        try:
            return str(await future)
        finally:
            thread.join()

    assert sim.run(main()) == "woken"


def test_a_thread_that_never_answers_is_a_hang_after_a_while(sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real wait for it is limited."""
    monkeypatch.setattr(loop_module, "FOREIGN_GRACE_S", 0.01)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, args=(10,))

    async def main() -> None:
        thread.start()
        await asyncio.Event().wait()

    with pytest.raises(HungError):
        sim.run(main())
    stop.set()
    thread.join()


# Functions in executors


def test_executor_work_runs_inline_in_a_context_of_its_own(sim: Simulation) -> None:
    """As in a thread: no running loop, no inherited context; to_thread brings its context along."""
    variable = contextvars.ContextVar("variable", default="unset")

    def look() -> tuple[str, int, bool]:
        return variable.get(), threading.get_ident(), asyncio._get_running_loop() is None

    async def main() -> list[tuple[str, int, bool]]:
        variable.set("set")
        loop = asyncio.get_running_loop()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            return [
                await loop.run_in_executor(None, look),
                await loop.run_in_executor(pool, look),
                await asyncio.to_thread(look),
            ]

    here = threading.get_ident()
    assert sim.run(main()) == [("unset", here, True), ("unset", here, True), ("set", here, True)]


def test_functions_in_threads_run_side_by_side_in_virtual_time(sim: Simulation) -> None:
    """Five that take 2 s take 2 s together, and a caller's timeout fires before a late result."""

    async def main() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 2) for _ in range(5)))
        together = loop.time()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(time.sleep, 30), 5)
        return together, loop.time()

    assert sim.run(main()) == (2.0, 7.0)


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), asyncio.CancelledError()])
def test_an_exception_of_a_function_reaches_its_caller(sim: Simulation, error: BaseException) -> None:
    """Whatever it is, also when it comes late."""

    def fail(delay_s: float) -> None:
        time.sleep(delay_s)
        raise error

    async def main() -> None:
        for delay_s in (0, 3):
            with pytest.raises(type(error)):
                await asyncio.get_running_loop().run_in_executor(None, fail, delay_s)

    sim.run(main())


def test_an_interrupt_inside_a_function_ends_the_run_at_once(sim: Simulation) -> None:
    """Ctrl-C is for the person at the keyboard."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    async def main() -> None:
        with pytest.raises(BaseException):  # noqa: B017, PT011
            await asyncio.to_thread(interrupted)

    with pytest.raises(KeyboardInterrupt):
        sim.run(main())


def test_a_function_whose_caller_is_gone_runs_all_the_same(sim: Simulation) -> None:
    """A thread that has begun cannot be stopped; nobody hears of its result."""
    ran: list[int] = []

    async def main() -> None:
        def late() -> None:
            time.sleep(0.5)
            ran.append(1)

        future = asyncio.get_running_loop().run_in_executor(None, late)
        future.cancel()
        await asyncio.sleep(1)

    sim.run(main())
    assert ran == [1]
    assert not sim.problems


def test_an_executor_that_is_shut_down_or_of_another_kind(sim: Simulation) -> None:
    """The first is refused, the second keeps its own ways."""

    class Own(concurrent.futures.Executor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            future: concurrent.futures.Future[Any] = concurrent.futures.Future()
            future.set_result(("own", fn(*args, **kwargs)))
            return future

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        pool = concurrent.futures.ThreadPoolExecutor()
        pool.shutdown()
        with pytest.raises(RuntimeError, match="after shutdown"):
            loop.run_in_executor(pool, int)
        result = await loop.run_in_executor(Own(), int)
        loop.set_default_executor(concurrent.futures.ThreadPoolExecutor())
        await loop.shutdown_default_executor()
        with pytest.raises(RuntimeError, match="shutdown"):
            loop.run_in_executor(None, int)
        return result

    assert sim.run(main()) == ("own", 0)
    sim.loop._default_executor = None
    sim.run(sim.loop.shutdown_default_executor())


# Real input and output


REFUSED: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "create_connection": ((asyncio.Protocol, "api.openai.com", 443), {}, "a connection to api.openai.com:443"),
    "create_server": ((asyncio.Protocol,), {"host": "127.0.0.1", "port": 80}, "a server at 127.0.0.1:80"),
    "create_unix_connection": ((asyncio.Protocol, "/run/db.sock"), {}, "a connection to /run/db.sock"),
    "create_unix_server": ((asyncio.Protocol, "/run/db.sock"), {}, "a server at /run/db.sock"),
    "create_datagram_endpoint": ((asyncio.Protocol,), {"remote_addr": ("::1", 53)}, "endpoint at ::1:53"),
    "subprocess_exec": ((asyncio.SubprocessProtocol, "npx", "server"), {}, "the process npx server"),
    "subprocess_shell": ((asyncio.SubprocessProtocol, b"ls -l"), {}, "the process ls -l"),
    "getaddrinfo": (("api.openai.com", 443), {}, "the look-up of api.openai.com:443"),
    "connect_read_pipe": ((asyncio.Protocol,), {}, "reading from ?"),
    "sock_connect": (("socket", ("10.0.0.1", 80)), {}, "a connection of socket 10.0.0.1:80"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_real_input_and_output_is_refused_by_name(sim: Simulation, name: str) -> None:
    """The message has the address and the remedy, and the attempt is noted."""
    args, kwargs, expected = REFUSED[name]
    with pytest.raises(RealIOError) as caught:
        sim.run(getattr(sim.loop, name)(*args, **kwargs))
    assert expected in str(caught.value)
    assert "agentchaos.live()" in str(caught.value)
    assert "agentchaos.upstream(URL, ...)" in str(caught.value)
    assert [str(problem) for problem in sim.problems] == [str(caught.value)]
    assert isinstance(caught.value, OSError)


def test_file_descriptors_cannot_be_watched(sim: Simulation) -> None:
    """Registering is refused; removing finds nothing; signals are not supported, as on other platforms."""
    with pytest.raises(RealIOError, match="file descriptor 0"):
        sim.loop.add_reader(0, print)
    with pytest.raises(RealIOError, match="file descriptor 1"):
        sim.loop.add_writer(1, print)
    assert sim.loop.remove_reader(0) is False
    assert sim.loop.remove_writer(1) is False
    with pytest.raises(NotImplementedError):
        sim.loop.add_signal_handler(2, print)


# The end


def test_tasks_outlive_one_run_and_end_with_the_simulation(clock: VirtualClock) -> None:
    """The loop persists over several runs."""
    log: list[str] = []

    async def background() -> None:
        try:
            while True:
                await asyncio.sleep(1)
                log.append("tick")
        finally:
            log.append("end")

    with Simulation(clock, 1) as sim:

        async def start() -> asyncio.Task[None]:
            return asyncio.create_task(background())

        task = sim.run(start())
        sim.run(asyncio.sleep(2.5))
        assert log == ["tick", "tick"]
        assert not task.done()
    assert log == ["tick", "tick", "end"]
    assert task.cancelled()


def test_a_running_loop_cannot_be_closed(sim: Simulation) -> None:
    """As any other."""

    async def main() -> None:
        with pytest.raises(RuntimeError, match="running"):
            sim.loop.close()

    sim.run(main())
    sim.loop.close()
    sim.loop.close()
    assert sim.loop.is_closed()


def test_leftovers_cannot_be_finished_while_another_loop_runs(recwarn: pytest.WarningsRecorder) -> None:
    """A simulation inside a coroutine of a real loop ends without a warning all the same."""

    async def outer() -> None:
        with Simulation(VirtualClock(), 1) as sim:
            sim.loop.create_task(asyncio.sleep(1))
            with pytest.raises(RuntimeError, match="another loop is running"):
                sim.run(asyncio.sleep(1))

    asyncio.run(outer())
    gc.collect()
    assert not [str(warning.message) for warning in recwarn]


def test_a_loop_is_garbage_once_it_is_closed(clock: VirtualClock) -> None:
    """Nothing of the process keeps a trial alive."""
    with Simulation(clock, 1) as sim:
        sim.run(asyncio.sleep(1))
        reference: weakref.ref[SimLoop] = weakref.ref(sim.loop)
    del sim
    gc.collect()
    assert reference() is None
