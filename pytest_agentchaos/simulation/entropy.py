"""Chance, seeded: ``random``, ``os.urandom`` and what is built on it, ``uuid``, and numpy if it is there."""

from __future__ import annotations

import functools
import os
import random
import sys
import uuid
from types import FrameType
from typing import Any, Final

from pytest_agentchaos import rng
from pytest_agentchaos.simulation.aliases import Function
from pytest_agentchaos.simulation.state import SimState, here

_urandom = os.urandom
_global_seed = random.seed
_seed = random.Random.seed
_import_locks: Final[Any] = getattr(sys.modules["_frozen_importlib"], "_module_locks", True)
"""By the names of the modules that some thread is importing right now."""
_IMPORTER: Final = "<frozen importlib._bootstrap>"
"""The file, so to speak, of the functions that import modules."""
_GIVEN: Final = {"_generate_time_safe": None, "_last_timestamp": None}


def _stream(state: SimState, name: str) -> random.Random:
    """Modules that are imported draw from a stream of their own.

    Only the first trial of a process imports them: what they drew would be missing from the others.
    """
    return state.entropy(f"{name} of imports" if _importing() and not state.began_importing else name)


def _importing() -> bool:
    if not _import_locks:
        return False  # nobody imports anything: nearly always, and much quicker than looking at each frame
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - traceback.walk_stack() is slower
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTER:
            return True
        frame = frame.f_back
    return False


@functools.wraps(_urandom)
def _virtual_urandom(size: int, /) -> bytes:
    state = here()
    if state is None or size < 0:
        return _urandom(size)
    return _stream(state, "urandom").randbytes(size)


def _from_here(a: Any) -> Any:
    state = here()
    return _stream(state, "unseeded").getrandbits(128) if a is None and state is not None else a


@functools.wraps(_seed)
def _virtual_seed(self: random.Random, a: Any = None, version: int = 2) -> None:
    _seed(self, _from_here(a), version)


@functools.wraps(_global_seed)
def _virtual_global_seed(a: Any = None, version: int = 2) -> None:
    _global_seed(_from_here(a), version)


REPLACEMENTS: Final[dict[Function, Function]] = {_urandom: _virtual_urandom, _global_seed: _virtual_global_seed}

if sys.platform == "linux":  # pragma: no branch - other systems have no such function
    _getrandom = os.getrandom

    @functools.wraps(_getrandom)
    def _virtual_getrandom(size: int, flags: int = 0) -> bytes:
        return _getrandom(size, flags) if here() is None else _virtual_urandom(size)

    REPLACEMENTS[_getrandom] = _virtual_getrandom


def install(state: SimState) -> None:
    """Seed what is global, and keep what it was."""
    patches = state.patches
    state.began_importing = _importing()
    patches.on_restore(functools.partial(random.setstate, random.getstate()))
    _global_seed(rng.derive(state.seed, "random"))
    patches.set(random.Random, "seed", _virtual_seed)
    # Without these, uuid1() asks a system library for the time, and this machine for its address.
    for name, value in _GIVEN.items():
        patches.set(uuid, name, value)
    # The multicast bit says that it is no real address.
    patches.set(uuid, "_node", rng.derive(state.seed, "node") | 1 << 40)
    mtrand: Any = sys.modules.get("numpy.random.mtrand")
    if mtrand is not None:
        numbers = mtrand._rand  # noqa: SLF001 - numpy.random.seed() and its like are its bound methods
        patches.on_restore(functools.partial(numbers.set_state, numbers.get_state(legacy=False)))
        numbers.seed(rng.derive(state.seed, "numpy"))


def hash_seed() -> str:
    """What orders the sets of strings of this process: a number (PYTHONHASHSEED), or "random" from run to run."""
    if not sys.flags.hash_randomization:
        return "0"
    given = "" if sys.flags.ignore_environment else os.environ.get("PYTHONHASHSEED", "")
    return given if given.isdigit() else "random"
