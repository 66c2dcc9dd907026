"""Which event loop the agent gets when it asks asyncio for one."""

from __future__ import annotations

import asyncio
import functools
from typing import Any, Final

from pytest_agentchaos.simulation.aliases import Function
from pytest_agentchaos.simulation.loop import SimLoop
from pytest_agentchaos.simulation.state import SimState, here


class SimPolicy(asyncio.DefaultEventLoopPolicy):
    """A simulated loop in the trial's thread, the usual one in any other."""

    def __init__(self, before: asyncio.AbstractEventLoopPolicy | None) -> None:
        super().__init__()
        self._before = before or asyncio.DefaultEventLoopPolicy()

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """Create an event loop."""
        state = here()
        return self._before.new_event_loop() if state is None else SimLoop(state)

    def get_event_loop(self) -> asyncio.AbstractEventLoop:
        """Return the current event loop, or none in what stands for a worker thread."""
        state = here()
        if state is None:
            return self._before.get_event_loop()
        if state.suspended and self._local._loop in (None, *state.suspended):  # type: ignore[attr-defined]  # noqa: SLF001
            msg = "There is no current event loop in a worker thread."
            raise RuntimeError(msg)
        return super().get_event_loop()

    def set_event_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Set the current event loop."""
        if here() is None:
            self._before.set_event_loop(loop)
        else:
            super().set_event_loop(loop)


_set_policy = asyncio.set_event_loop_policy


@functools.wraps(_set_policy)
def _ignored_policy(policy: Any) -> None:
    # Agents call uvloop.install() and the like when they start; in virtual time the loop is the simulated one.
    if here() is None:
        _set_policy(policy)


REPLACEMENTS: Final[dict[Function, Function]] = {_set_policy: _ignored_policy}


def install(state: SimState) -> None:
    """Let asyncio.run() and its like use the simulated loop."""
    policy = SimPolicy(asyncio.events._event_loop_policy)  # type: ignore[attr-defined]  # noqa: SLF001 - the getter creates one
    state.patches.set(asyncio.events, "_event_loop_policy", policy)
