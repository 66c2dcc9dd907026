"""The end of processes that were killed in a trial: their code must not be heard of again.

A coroutine cannot be dropped while it waits: Python closes it, and its ``finally`` blocks run. So that happens when the
trial is over, in virtual time that belongs to nobody, where no wire leads anywhere, and in silence.
"""

from __future__ import annotations

import atexit
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.simulation.loop import SimLoop
from pytest_agentchaos.simulation.sandbox import Simulation

_entrusted: list[list[SimLoop]] = []
"""Of trials that nobody has closed so far."""


def entrust(graves: list[SimLoop]) -> None:
    """If nobody closes their trial, these are buried before another one begins, or when Python ends.

    Else Python would let go of them at any moment, also in the middle of another trial, and complain of each.
    """
    if not any(known is graves for known in _entrusted):
        _entrusted.append(graves)


@atexit.register
def bury_forgotten() -> None:
    """What trials have left that nobody has closed."""
    while _entrusted:
        bury(_entrusted.pop())


def bury(graves: list[SimLoop]) -> None:
    """Let go of all that these loops still hold."""
    if not graves:
        return
    with Simulation(VirtualClock(), 0), _silence():
        while graves:
            graves.pop().bury()


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing is logged, warned of or complained about."""
    manager = logging.root.manager
    disabled, manager.disable = manager.disable, logging.CRITICAL
    hook, sys.unraisablehook = sys.unraisablehook, _ignored
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.unraisablehook = hook
        manager.disable = disabled


def _ignored(_unraisable: object) -> None:
    """A process that is gone complains to nobody."""
