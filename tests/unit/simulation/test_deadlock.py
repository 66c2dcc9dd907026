"""The list of those who wait when nothing can go on."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator, Generator
from typing import Any

import pytest

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.errors import HungError
from pytest_agentchaos.simulation import Simulation
from pytest_agentchaos.simulation.deadlock import describe


def _hang(main: Any) -> str:
    with Simulation(VirtualClock(), 1) as sim, pytest.raises(HungError) as caught:
        sim.run(main)
    return str(caught.value)


def test_a_wait_inside_an_async_generator_is_found() -> None:
    """The chain of awaits goes through it."""

    async def stream() -> AsyncIterator[int]:
        yield 1
        await asyncio.Event().wait()  # the place

    async def main() -> None:
        async for _ in stream():
            pass

    assert "await asyncio.Event().wait()  # the place" in _hang(main())


def test_a_wait_inside_an_old_style_coroutine_is_found() -> None:
    """Generators count too, as frameworks still use them."""

    @types.coroutine
    def old() -> Generator[Any, None, None]:
        yield from asyncio.get_running_loop().create_future()  # the place

    async def main() -> None:
        await old()

    assert "# the place" in _hang(main())


def test_many_tasks_are_counted_not_listed() -> None:
    """Twenty lines are enough."""

    async def main() -> None:
        await asyncio.gather(*(asyncio.Event().wait() for _ in range(30)))

    text = _hang(main())
    assert "31 tasks wait" in text
    assert text.count(" waits at ") == 20
    assert text.endswith("and 11 more")


def test_a_wait_in_asyncio_alone_shows_that_line() -> None:
    """There is no line of the agent's own to show."""
    text = _hang(asyncio.Event().wait())
    assert "1 task waits" in text
    assert "locks.py:" in text


def test_a_task_without_a_frame_is_listed_all_the_same() -> None:
    """For example one whose coroutine is compiled code."""

    class Compiled:
        def get_coro(self) -> object:
            return object()

        def get_name(self) -> str:
            return "compiled"

    assert "'compiled' waits at an unknown place" in describe([Compiled()], 1.0)  # type: ignore[list-item]


def test_code_without_a_file_is_listed_without_its_source() -> None:
    """Generated code has no lines to show."""
    namespace: dict[str, Any] = {"asyncio": asyncio}
    exec("async def main():\n    await asyncio.Event().wait()", namespace)  # noqa: S102
    assert "<string>:2 in main: (no source)" in _hang(namespace["main"]())
