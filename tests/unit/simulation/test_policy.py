"""Which event loop an agent gets when it asks asyncio for one."""

from __future__ import annotations

import asyncio
import threading
import time
import warnings

import pytest

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.simulation import SimLoop, Simulation, policy


async def _work() -> float:
    await asyncio.sleep(100)
    return time.monotonic()


def test_a_sync_agent_with_its_own_asyncio_run_is_in_virtual_time() -> None:
    """Each of its loops is a simulated one."""
    with Simulation(VirtualClock(), 1):
        assert asyncio.run(_work()) == 100.0
        assert asyncio.run(_work()) == 200.0


def test_an_agent_that_manages_a_loop_itself_is_in_virtual_time() -> None:
    """And need not even close it."""
    with Simulation(VirtualClock(), 1), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        assert asyncio.get_event_loop() is loop
        assert loop.run_until_complete(_work()) == 100.0
        assert isinstance(loop, SimLoop)
        asyncio.set_event_loop(None)
    assert loop.is_closed()


def test_an_agent_in_a_worker_thread_may_run_its_own_loop() -> None:
    """Inline, that loop runs on the stack of the first one; it has no current loop by itself."""

    def sync_tool() -> float:
        with pytest.raises(RuntimeError, match="no current event loop"):
            asyncio.get_event_loop()
        return asyncio.run(_work())

    async def main() -> tuple[float, float]:
        return await asyncio.to_thread(sync_tool), asyncio.get_running_loop().time()

    with Simulation(VirtualClock(), 1):
        assert asyncio.run(main()) == (100.0, 100.0)


def test_other_threads_get_real_loops() -> None:
    """They are not part of the trial."""
    seen: list[object] = []

    def other() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        seen.extend([type(loop), asyncio.get_event_loop_policy().get_event_loop() is loop])
        asyncio.set_event_loop(None)
        loop.close()

    with Simulation(VirtualClock(), 1):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert not issubclass(seen[0], SimLoop)  # type: ignore[arg-type]
    assert seen[1] is True


def test_a_policy_that_the_agent_installs_does_not_matter() -> None:
    """Agents install uvloop when they start; in virtual time there is one loop only."""
    before = asyncio.events._event_loop_policy  # type: ignore[attr-defined]
    own = asyncio.DefaultEventLoopPolicy()
    with Simulation(VirtualClock(), 1):
        asyncio.set_event_loop_policy(own)
        assert asyncio.run(_work()) == 100.0
    assert asyncio.events._event_loop_policy is before  # type: ignore[attr-defined]
    # Whoever imported the name during the trial has the replacement; it does what it should.
    policy.REPLACEMENTS[asyncio.set_event_loop_policy](own)
    assert asyncio.events._event_loop_policy is own  # type: ignore[attr-defined]
    asyncio.set_event_loop_policy(before)
