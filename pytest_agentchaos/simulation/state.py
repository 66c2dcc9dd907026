"""What the parts of one simulation share, and how a replaced function finds it."""

from __future__ import annotations

import itertools
import random
import threading
from _thread import get_ident
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pytest_agentchaos import rng
from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.errors import HungError, RealIOError
from pytest_agentchaos.processes import GONE, MAIN, CrashedError, Process
from pytest_agentchaos.simulation.patches import Patches

if TYPE_CHECKING:
    from pytest_agentchaos.simulation.loop import SimLoop

SPIN_LIMIT: Final = 1_000_000
"""So many looks at the clock, or turns of the loop, without any time passing are a loop that never waits."""

FOREIGN_GRACE_S: Final = 5.0
"""How long (really) to wait for a thread that the agent started itself, when nothing else can go on."""

REMEDY: Final = (
    "use `async with agentchaos.live():` / `with agentchaos.live():` for real input and output, "
    "or declare what stands behind it: agentchaos.upstream(URL, ...)"
)


class SimState:
    """One simulation, as its parts see it."""

    __slots__ = (
        "_entropy",
        "_initial_threads",
        "_numbers",
        "_read_at_s",
        "_reads",
        "began_importing",
        "clock",
        "crashed",
        "graves",
        "hung",
        "late_patches",
        "loops",
        "patches",
        "problems",
        "pumps",
        "seed",
        "suspended",
        "thread_id",
    )

    def __init__(self, clock: VirtualClock, seed: int) -> None:
        self.clock = clock
        self.seed = seed
        self.thread_id = get_ident()
        self.patches = Patches()
        self.problems: list[Exception] = []
        self.hung: HungError | CrashedError | None = None
        # Whether the trial itself is run by a module that is being imported.
        self.began_importing = False
        # Loops that are open, oldest first (a dictionary for its order).
        self.loops: dict[SimLoop, None] = {}
        # Loops that are over, with work of processes that are gone.
        self.graves: list[SimLoop] = []
        # Whether the system itself is gone.
        self.crashed = False
        # Loops whose thread is, as far as the function on top of the stack can tell, another one.
        self.suspended: list[SimLoop] = []
        # How often such a loop went on meanwhile.
        self.pumps = 0
        # Packages that appear during the trial and have to be patched then; each is asked until it is done.
        self.late_patches: list[Callable[[SimState], bool]] = []
        self._entropy: dict[str, random.Random] = {}
        self._numbers = itertools.count(1)
        self._initial_threads = frozenset(threading._active)  # type: ignore[attr-defined]  # noqa: SLF001 - enumerate() locks
        self._read_at_s = -1.0
        self._reads = 0

    def now_s(self) -> float:
        """The time, for somebody who looks at a clock; too many looks without a pause are a hang."""
        now_s = self.clock.now_s()
        if now_s != self._read_at_s:
            self._read_at_s = now_s
            self._reads = 0
        self._reads += 1
        if self._reads > SPIN_LIMIT:
            msg = f"the clock was read {SPIN_LIMIT:,} times without any time passing (at {now_s:g} virtual seconds)"
            raise self.hang(msg + ": something waits in a loop that never sleeps")
        return now_s

    def next_number(self) -> int:
        """1, 2, 3 ...: an identity that does not depend on addresses."""
        return next(self._numbers)

    def entropy(self, purpose: str) -> random.Random:
        """The stream of random numbers for a purpose."""
        if purpose not in self._entropy:
            self._entropy[purpose] = rng.stream(self.seed, purpose)
        return self._entropy[purpose]

    def refuse(self, what: str) -> RealIOError:
        """Note an attempt at real input or output, and return the error to raise for it."""
        error = RealIOError(f"{what} is real input or output, and time is virtual here; {REMEDY}")
        # The agent gets an equal error of its own: the evidence must not keep the agent's frames alive.
        self.problems.append(RealIOError(*error.args))
        return error

    def hang(self, message: str) -> HungError:
        """Note that nothing can go on, and return the error to raise for it."""
        error = self.hung = HungError(message)
        return error

    def hold(self, process: Process, seconds: float | None) -> None:
        """Have a process stand still: for so long or (None) for ever."""
        for loop in self.loops:
            loop.hold(process, seconds)
        if process is MAIN and seconds is None:
            self.crashed = True
            self.hung = CrashedError(GONE)

    def foreign_threads(self) -> bool:
        """Whether a thread lives that was started since the trial began."""
        return not self._initial_threads.issuperset(threading._active)  # type: ignore[attr-defined]  # noqa: SLF001

    def patch_late(self) -> None:
        """Patch what has been imported since."""
        self.late_patches = [patch for patch in self.late_patches if not patch(self)]


_active: SimState | None = None


def here() -> SimState | None:
    """The simulation that the calling thread is in."""
    state = _active
    return state if state is not None and state.thread_id == get_ident() else None


def active() -> SimState | None:
    """The simulation of this process, whichever thread asks."""
    return _active


def activate(state: SimState | None) -> None:
    """Make a simulation the one of this process, or end it."""
    global _active  # noqa: PLW0603 - replaced functions are process-wide, and so is what they ask
    _active = state
